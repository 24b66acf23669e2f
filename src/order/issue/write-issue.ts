import type { Prisma } from "../../platform/db.ts";
import type { OrderChange } from "../order.store.ts";
import type { Issue } from "../order-aggregate.ts";

/** The fields that an issue shares with the movement of the points it takes: both are one call. */
type Shared = Partial<Pick<Issue, "state" | "attempts" | "sentAt" | "lastError">> & { settledAt?: Date };

/** Writes a change to a unit's issue and to the movement of its points. */
export async function writeIssue(
  { tx }: OrderChange,
  unitId: string,
  shared: Shared,
  own: Prisma.UnitIssueUncheckedUpdateInput = {},
): Promise<void> {
  await tx.unitIssue.update({ where: { unitId }, data: { ...shared, ...own } });
  await tx.pointsMovement.updateMany({ where: { unitId, kind: "TAKEN", state: { not: "REFUSED" } }, data: shared });
}

/** Closes the issues of units that were never requested from Capillary and will not be. */
export async function dropIssues({ tx, now }: OrderChange, unitIds: readonly string[], why: string): Promise<void> {
  const data = { state: "REFUSED" as const, settledAt: now, lastError: why };
  const open = { unitId: { in: [...unitIds] }, state: "PENDING" as const };
  await tx.unitIssue.updateMany({ where: open, data });
  await tx.pointsMovement.updateMany({ where: { ...open, kind: "TAKEN" }, data });
}
