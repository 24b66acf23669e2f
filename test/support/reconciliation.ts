import { setImmediate } from "node:timers/promises";
import type { BreakClass, BreakState } from "../../src/platform/generated/prisma/enums.ts";
import type { TestGateway } from "./gateway.ts";

export interface SeenBreak {
  id: string;
  class: BreakClass;
  state: BreakState;
  repair: string;
  ageSeconds: number;
  customerId: string | null;
  orderNumber: string | null;
  pointsOwed: number | null;
  pointsOver: number | null;
  evidence: string;
  lastError: string | null;
  resolvedBy: string | null;
}

export interface SeenRun {
  id: string;
  finishedAt: string | null;
  compared: { kind: string; count: number }[];
  skipped: string[];
  breaksFound: number;
  breaksNew: number;
}

export const withStatement = { CLIENT_STATEMENT_PATH: "/__sandbox/client/statement" };

/** Runs a reconciliation up to the present, and resolves when it has ended. */
export async function reconcile(
  gateway: TestGateway,
  input: { from?: Date; to?: Date; everyCustomer?: boolean; statementImported?: boolean } = {},
): Promise<SeenRun> {
  // The end is not included: the millisecond of the last entry must be over.
  for (const last = Date.now(); Date.now() === last; ) await setImmediate();
  const { runReconciliation } = await gateway.operator.ok<{ runReconciliation: { run: { id: string } | null } }>(
    `mutation ($input: RunReconciliationInput!) {
      runReconciliation(input: $input) { run { id } userErrors { message } } }`,
    { input: { from: new Date(Date.now() - 3_600_000), to: new Date(), ...input } },
  );
  return runEnded(gateway, runReconciliation.run?.id ?? "");
}

export async function runEnded(gateway: TestGateway, id: string): Promise<SeenRun> {
  let run: SeenRun | undefined;
  await gateway.until(async () => {
    const { reconciliationRun } = await gateway.operator.ok<{ reconciliationRun: SeenRun }>(
      `query ($id: ID!) { reconciliationRun(id: $id) {
        id finishedAt compared { kind count } skipped breaksFound breaksNew } }`,
      { id },
    );
    run = reconciliationRun;
    return reconciliationRun.finishedAt !== null;
  });
  return run as SeenRun;
}

export async function breaksOf(
  gateway: TestGateway,
  filter: object = { states: ["OPEN", "REPAIRING"] },
): Promise<SeenBreak[]> {
  const { reconciliationBreaks } = await gateway.operator.ok<{ reconciliationBreaks: { nodes: SeenBreak[] } }>(
    `query ($filter: ReconciliationBreakFilter) { reconciliationBreaks(first: 100, filter: $filter) {
      nodes { id class state repair ageSeconds customerId orderNumber pointsOwed pointsOver evidence lastError resolvedBy } } }`,
    { filter },
  );
  return reconciliationBreaks.nodes;
}

export async function repair(
  gateway: TestGateway,
  found: Pick<SeenBreak, "id">,
  action: "REPAIR" | "WRITE_OFF" = "REPAIR",
): Promise<{ break: SeenBreak; userErrors: { code: string; message: string }[] }> {
  const { data, errors } = await gateway.operator.send<{ repairBreak: Awaited<ReturnType<typeof repair>> }>(
    `mutation ($input: RepairBreakInput!) { repairBreak(input: $input) {
      break { id class state repair lastError resolvedBy } userErrors { code message } } }`,
    { input: { breakId: found.id, action, note: "for the test" } },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.repairBreak;
}

/** Repairs every open break, and writes off those that need no call. */
export async function repairAll(gateway: TestGateway): Promise<void> {
  for (const found of await breaksOf(gateway)) {
    const answer = await repair(gateway, found, found.repair === "WRITE_OFF" ? "WRITE_OFF" : "REPAIR");
    if (answer.userErrors.length > 0) {
      throw new Error(`${found.class} ${found.evidence}: ${answer.userErrors.map(({ message }) => message).join(" ")}`);
    }
  }
}
