import type { MovementKind } from "../../platform/generated/prisma/enums.ts";
import type { Logger } from "../../platform/logger.ts";
import type { OrderChange } from "../order.store.ts";
import { find } from "../order-aggregate.ts";

/** Opens a discrepancy for operators: our record of a unit contradicts Capillary's, or may. */
export async function reportDiscrepancy(
  change: OrderChange,
  log: Logger,
  { unitId, kind, message }: { unitId: string; kind: MovementKind; message: string },
): Promise<void> {
  const { line, unit } = find(change, unitId);
  const movement = change.order.movements.find(
    (each) => each.unitId === unitId && each.kind === kind && each.state !== "REFUSED",
  );
  await change.tx.discrepancy.create({
    data: { orderId: change.order.id, unitId, movementId: movement?.id ?? null, message, foundAt: change.now },
  });
  const { transactionNumber } = unit.issue;
  log.error(
    { order: change.order.number, line: line.position, issue: transactionNumber, reason: message },
    "Capillary's record of a unit needs attention",
  );
}
