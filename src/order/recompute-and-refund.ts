import { restoreCart } from "../cart/index.ts";
import type { ReversalReason } from "../domain/generated/words.ts";
import { Prisma, type Tx } from "../platform/db.ts";
import { dropIssues } from "./issue/write-issue.ts";
import { insertReturns } from "./movement/insert-returns.ts";
import type { OrderChange } from "./order.store.ts";
import type { Movement } from "./order.ts";
import type { AggregateLine, OrderAggregate } from "./order-aggregate.ts";
import { isOpen, isUnfulfilled, statusOfUnits } from "./unit-states.ts";

/** Inserts the job that returns a movement's points. It starts when the transaction commits. */
export type StartReturn = (tx: Tx, movement: { id: string; orderId: string }) => Promise<void>;

/** @param current the order as it is now, if the caller knows it; else it is read */
export type RecomputeAndRefund = (
  change: OrderChange,
  step: { reason: ReversalReason; message?: string; lineId?: string },
  current?: OrderAggregate,
) => Promise<void>;

/**
 * Recomputes the status of each line and of the order from the units. If more points were taken than the units cost
 * that are or will be fulfilled, inserts the movement that returns exactly the difference. Runs in the transaction that
 * changed the units, so a failure and the return of its points are atomic.
 */
export function makeRecomputeAndRefund(startReturn: StartReturn): RecomputeAndRefund {
  return async (change, { reason, message, lineId }, current) => {
    const { tx } = change;
    const order = current ?? (await change.read());
    const deductions = order.movements.filter(({ ledger, kind }) => ledger === "CLIENT" && kind === "TAKEN");
    const deduction = deductions.find((movement) => movement.state !== "REFUSED");
    const wasNeeded = deductions.length > 0;
    const arePointsTaken = deduction ? deduction.state === "CONFIRMED" : !wasNeeded;

    for (const line of order.lines) {
      const states = line.units.map((unit) => unit.state);
      const status = statusOfUnits(states, arePointsTaken);
      const fulfilled = states.filter((state) => state === "FULFILLED").length;
      if (status === line.status && fulfilled === line.fulfilledQuantity) continue;
      await change.defer(
        `line ${line.id}`,
        Prisma.sql`update order_lines set status = ${status}::order_status, fulfilled_quantity = ${fulfilled}
          where id = ${line.id}::uuid`,
      );
    }

    const owed = deduction?.state === "CONFIRMED" ? stillOwed(order, deduction) : null;
    if (owed) {
      const { points, lineIds } = owed;
      const wanted = { ledger: "CLIENT" as const, payWith: "INDIVIDUAL" as const, groupId: null, unitId: null, points };
      const returns = await insertReturns(change, order, reason, [{ ...wanted, lineIds: lineId ? [lineId] : lineIds }]);
      for (const movement of returns) await startReturn(tx, movement);
      order.movements.push(...returns);
    }

    const states = order.lines.flatMap((line) => line.units.map((unit) => unit.state));
    const status = statusOfUnits(states, arePointsTaken);
    const wasCharged = order.movements.some(({ kind, state }) => kind === "TAKEN" && state === "CONFIRMED");
    if (status === "FAILED" && order.status !== "FAILED" && !wasCharged) await restoreCart(tx, order);
    await change.appendEvent({ status, ...(lineId && { lineId }), ...(message && { message }) }, order);
  };
}

interface Owed {
  points: number;
  lineIds: string[];
}

/**
 * The points provider's points of unfulfilled units, less the returns in flight or confirmed; null if the result is 0.
 */
function stillOwed(order: OrderAggregate, deduction: Movement): Owed | null {
  const returns = order.movements.filter(
    (movement) => movement.kind === "RETURNED" && movement.ledger === "CLIENT" && movement.state !== "REFUSED",
  );
  const unfulfilledUnits = (line: AggregateLine) => line.units.filter((unit) => isUnfulfilled(unit.state)).length;
  const unfulfilled = order.lines.filter((line) => deduction.lineIds.includes(line.id) && unfulfilledUnits(line) > 0);
  const points =
    unfulfilled.reduce((sum, line) => sum + line.unitPoints * unfulfilledUnits(line), 0) -
    returns.reduce((sum, movement) => sum + movement.points, 0);
  if (points <= 0) return null;
  const alreadyReturned = new Set(returns.flatMap((movement) => movement.lineIds));
  const fresh = unfulfilled.filter((line) => !alreadyReturned.has(line.id));
  return { points, lineIds: (fresh.length > 0 ? fresh : unfulfilled).map((line) => line.id) };
}

/** Fails all open units of the order for the same reason. */
export async function failOpenUnits(change: OrderChange, failure: { reason: string; message: string }): Promise<void> {
  const { tx, order } = change;
  const open = order.lines.flatMap((line) => line.units.filter((unit) => isOpen(unit.state)));
  await dropIssues(
    change,
    open.map(({ id }) => id),
    failure.message,
  );
  await tx.orderUnit.updateMany({
    where: { line: { orderId: order.id }, state: { in: ["PENDING", "PREPARING"] } },
    data: { state: "FAILED" },
  });
  await tx.orderLine.updateMany({
    where: { orderId: order.id },
    data: { failureReason: failure.reason, failureMessage: failure.message },
  });
}
