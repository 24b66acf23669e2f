import { reconciliationResolvers } from "./reconciliation.resolvers.ts";
import { makeReconciliationStore } from "./reconciliation.store.ts";
import { makeRepairBreak, type RepairBreakDeps } from "./repair-break.ts";
import { makeReconciliation, type ReconciliationDeps } from "./run-reconciliation.ts";

export type OpenReconciliationDeps = Omit<RepairBreakDeps & ReconciliationDeps, "store" | "quietMs">;

/** Binds together the comparison with other systems, and the repairs of the differences that it finds. */
export function openReconciliation(deps: OpenReconciliationDeps) {
  const { db, timeZone, clock, timeoutMs, settleMs } = deps;
  const store = makeReconciliationStore(db);
  const reconciliation = makeReconciliation({ ...deps, store, quietMs: timeoutMs + settleMs });
  const repairBreak = makeRepairBreak({ ...deps, store });
  return {
    requestNightly: reconciliation.requestNightly,
    resolvers: reconciliationResolvers({ db, store, reconciliation, repairBreak, timeZone, clock }),
  };
}
