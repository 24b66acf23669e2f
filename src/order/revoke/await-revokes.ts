import { type Refusal, refusal } from "../../domain/refusal.ts";
import { orderTopic } from "../../domain/topics.ts";
import { type Bus, listen } from "../../platform/events.ts";
import type { OrderStore } from "../order.store.ts";
import { type AggregateUnit, isRevokeOpen, type OrderAggregate } from "../order-aggregate.ts";

const POLL_MS = 1_000;

/**
 * Waits briefly for the outcome of these revokes, so that the answer to the mutation can include Capillary's refusals.
 * @returns a refusal for each line with a refused revoke; none for revokes without an outcome yet
 */
export type AwaitRevokes = (orderId: string, unitIds: readonly string[]) => Promise<Refusal[]>;

export function makeAwaitRevokes(deps: { orders: OrderStore; bus: Bus; waitMs: number }): AwaitRevokes {
  const { orders, bus, waitMs } = deps;
  return async (orderId, unitIds) => {
    if (unitIds.length === 0) return [];
    using listener = listen(bus, orderTopic(orderId));
    const timeout = AbortSignal.timeout(waitMs);
    for (;;) {
      const order = await orders.aggregate(orderId);
      if (!order) return [];
      if (timeout.aborted || !unitsOf(order, unitIds).some(isInFlight)) return refusals(order, unitIds);
      await listener.wait(POLL_MS, timeout);
    }
  };
}

const isInFlight = ({ issue }: AggregateUnit) => issue !== null && isRevokeOpen(issue);
const unitsOf = (order: OrderAggregate, unitIds: readonly string[]) =>
  order.lines.flatMap(({ units }) => units.filter(({ id }) => unitIds.includes(id)));

function refusals(order: OrderAggregate, unitIds: readonly string[]): Refusal[] {
  return order.lines.flatMap(({ name, units }) => {
    const kept = units.find(({ id, issue }) => unitIds.includes(id) && issue?.revokeState === "REFUSED");
    return kept
      ? [refusal("NOT_REVERSIBLE", `${name} cannot be reversed: ${kept.issue?.revokeError}.`, ["input", "orderId"])]
      : [];
  });
}
