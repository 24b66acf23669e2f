import type { ReversalReason } from "../graphql/generated/resolvers.ts";
import type { Tx } from "../platform/db.ts";
import type { OrderChange } from "./order.store.ts";
import { isUngiven, statusOfUnits } from "./unit-states.ts";

/** Starts the saga that gives a movement's points back, when the transaction commits. */
export type StartReturn = (tx: Tx, movement: { id: string; orderId: string }) => Promise<void>;

export type SettleLines = (
  change: OrderChange,
  step: { reason: ReversalReason; message?: string; lineId?: string },
) => Promise<void>;

const reasonWords: Record<ReversalReason, string> = {
  FULFILMENT_FAILURE: "Fulfilment failure",
  VENDOR_REJECTION: "Vendor rejection",
  CANCELLATION: "Order cancellation",
  INVENTORY_UNAVAILABLE: "Inventory unavailable",
};

/**
 * Draws the conclusions of what has become of the units: the status of each line and of the order, and, when more points
 * were taken than units will be given for, the movement that returns exactly those. Called in the transaction that
 * changed the units, so a failure and the intent to pay it back are one.
 */
export function makeSettleLines(startReturn: StartReturn): SettleLines {
  return async (change, { reason, message, lineId }) => {
    const { tx, order } = change;
    const lines = await tx.orderLine.findMany({
      where: { orderId: order.id },
      include: { units: true },
      orderBy: { position: "asc" },
    });
    const movements = await tx.pointsMovement.findMany({ where: { orderId: order.id, payWith: "INDIVIDUAL" } });
    const deduction = movements.find((movement) => movement.kind === "TAKEN" && movement.state !== "REFUSED");
    const wasNeeded = movements.some((movement) => movement.kind === "TAKEN");
    const arePointsTaken = deduction ? deduction.state === "CONFIRMED" : !wasNeeded;

    for (const line of lines) {
      const states = line.units.map((unit) => unit.state);
      const status = statusOfUnits(states, arePointsTaken);
      const fulfilledQuantity = states.filter((state) => state === "FULFILLED").length;
      if (status !== line.status || fulfilledQuantity !== line.fulfilledQuantity) {
        await tx.orderLine.update({ where: { id: line.id }, data: { status, fulfilledQuantity } });
      }
    }

    if (deduction?.state === "CONFIRMED") {
      const returns = movements.filter((movement) => movement.kind === "RETURNED");
      const ungiven = lines
        .filter((line) => line.payWith === "INDIVIDUAL")
        .map((line) => ({ ...line, ungivenUnits: line.units.filter((unit) => isUngiven(unit.state)).length }))
        .filter((line) => line.ungivenUnits > 0);
      const toReturn = ungiven.reduce((sum, line) => sum + line.unitPoints * BigInt(line.ungivenUnits), 0n);
      const onItsWay = returns
        .filter((movement) => movement.state !== "REFUSED")
        .reduce((sum, movement) => sum + movement.points, 0n);
      if (toReturn > onItsWay) {
        const number = returns.length + 1;
        const reference = `${order.number}/R${number}`;
        const alreadyReturned = new Set(returns.filter((m) => m.state !== "REFUSED").flatMap((m) => m.lineIds));
        const fresh = ungiven.filter((line) => !alreadyReturned.has(line.id));
        const movement = await tx.pointsMovement.create({
          data: {
            orderId: order.id,
            customerId: order.customerId,
            kind: "RETURNED",
            number,
            payWith: "INDIVIDUAL",
            points: toReturn - onItsWay,
            lineIds: lineId ? [lineId] : (fresh.length > 0 ? fresh : ungiven).map((line) => line.id),
            reason,
            reasonText: `${reasonWords[reason]} (${reference})`,
            reference,
            requestedAt: change.now,
          },
        });
        await startReturn(tx, movement);
      }
    }

    const status = statusOfUnits(
      lines.flatMap((line) => line.units.map((unit) => unit.state)),
      arePointsTaken,
    );
    await change.advance({ status, ...(lineId && { lineId }), ...(message && { message }) });
  };
}

/** Marks every unit of the order that is still open as failed, for the same reason. */
export async function failOpenUnits(
  { tx, order }: OrderChange,
  failure: { reason: string; message: string },
): Promise<void> {
  await tx.orderUnit.updateMany({
    where: { line: { orderId: order.id }, state: { in: ["PENDING", "PREPARING"] } },
    data: { state: "FAILED" },
  });
  await tx.orderLine.updateMany({
    where: { orderId: order.id },
    data: { failureReason: failure.reason, failureMessage: failure.message },
  });
}
