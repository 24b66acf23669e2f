import type { RestOrderDeps } from "./index.ts";
import { documentedStatuses } from "./order-answer.ts";
import { ORDER_ID_RULE, orderIdShape } from "./order-request.ts";
import type { RestCustomer } from "./place-order.ts";
import { type RestAnswer, restError, validationFailed } from "./problem.ts";

/**
 * The status of the customer's order with the integrator's `order_id`. A displayed order number, such as
 * `ORD-261122-7K3MQ9XZ4T`, also finds orders of the storefront.
 */
export type ReadStatus = (customer: RestCustomer, orderId: unknown) => Promise<RestAnswer>;

export function makeReadStatus({ carts, orders }: RestOrderDeps): ReadStatus {
  return async ({ customerId }, given) => {
    const parsed = orderIdShape.safeParse(given);
    if (!parsed.success) return validationFailed([{ field: "order_id", message: ORDER_ID_RULE }]);
    const reference = parsed.data;
    const cart = await carts.find(customerId, reference);
    const [order] = cart ? await orders.byCarts([cart.id]) : await orders.byNumbers([reference]);
    if (order?.customerId !== customerId) {
      return restError(404, "ORDER_NOT_FOUND", `The customer has no order ${reference}.`);
    }
    const [lines, update] = await Promise.all([orders.linesOf([order.id]), orders.readUpdate(order.id, null, 1)]);
    const isFulfilled = order.status === "FULFILLED" || order.status === "PARTIALLY_FULFILLED";
    return {
      status: 200,
      body: {
        order_id: reference,
        status: documentedStatuses[order.status],
        reward_name: lines.map(({ name, quantity }) => (quantity > 1 ? `${quantity} × ${name}` : name)).join(", "),
        fulfilled_date: isFulfilled ? (update?.events[0]?.at.toISOString() ?? null) : null,
      },
    };
  };
}
