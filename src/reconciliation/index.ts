import type { Config } from "../config/config.ts";
import { monthResolvers } from "./month.resolvers.ts";
import { reconciliationResolvers } from "./reconciliation.resolvers.ts";
import { makeReconciliationStore } from "./reconciliation.store.ts";
import { makeRepairBreak, type RepairBreakDeps } from "./repair-break.ts";
import { makeReconciliation, type ReconciliationDeps } from "./run-reconciliation.ts";

export { type FetchStatement, makeFetchStatement } from "./ledger-statement.ts";

type Derived = "store" | "quietMs" | "timeZone" | "timeoutMs" | "nightlyAtMinute" | "settleMs";
export type ReconciliationPorts = Omit<RepairBreakDeps & ReconciliationDeps, Derived> & { config: Config };

/** Compares our records with other systems, and repairs the differences. */
export function openReconciliation({ config, ...ports }: ReconciliationPorts) {
  const { db, clock } = ports;
  const { programTimeZone: timeZone, upstreamTimeoutMs: timeoutMs, reconcileAtMinute: nightlyAtMinute } = config;
  const { settleMs } = config.client;
  const store = makeReconciliationStore(db);
  const deps = { ...ports, store, timeZone, timeoutMs, settleMs, nightlyAtMinute, quietMs: timeoutMs + settleMs };
  const reconciliation = makeReconciliation(deps);
  return {
    requestNightly: reconciliation.requestNightly,
    resolvers: [
      reconciliationResolvers({ db, store, reconciliation, repairBreak: makeRepairBreak(deps), timeZone, clock }),
      monthResolvers({ db, timeZone, clock }),
    ],
  };
}
