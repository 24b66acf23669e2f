import type { Prisma } from "../../platform/db.ts";
import type { OrderChange } from "../order.store.ts";
import type { Issue } from "../order-aggregate.ts";

/** What the record of an issue shares with that of the points it takes: they are one call. */
type Shared = Partial<Pick<Issue, "state" | "attempts" | "sentAt" | "lastError">> & { settledAt?: Date };

/** Writes what became known of a unit's issue, to it and to the movement of its points. */
export async function writeIssue(
  { tx }: OrderChange,
  unitId: string,
  shared: Shared,
  own: Prisma.UnitIssueUncheckedUpdateInput = {},
): Promise<void> {
  await tx.unitIssue.update({ where: { unitId }, data: { ...shared, ...own } });
  await tx.pointsMovement.updateMany({ where: { unitId, kind: "TAKEN", state: { not: "REFUSED" } }, data: shared });
}

/** Units that Capillary will not be asked for any more, and never was. */
export async function dropIssues({ tx, now }: OrderChange, unitIds: readonly string[], why: string): Promise<void> {
  const data = { state: "REFUSED" as const, settledAt: now, lastError: why };
  const open = { unitId: { in: [...unitIds] }, state: "PENDING" as const };
  await tx.unitIssue.updateMany({ where: open, data });
  await tx.pointsMovement.updateMany({ where: { ...open, kind: "TAKEN" }, data });
}
