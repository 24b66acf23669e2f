import type { ReferencedCart } from "../cart/index.ts";
import { isRefused } from "../domain/refusal.ts";
import { isFinal } from "../order/index.ts";
import type { RestOrderDeps } from "./index.ts";
import { makeReadOrderAnswer } from "./order-answer.ts";
import { type OrderRequest, readOrderRequest } from "./order-request.ts";
import { type RestAnswer, type RestProblem, refusedAnswer, restError, validationFailed } from "./problem.ts";

export interface RestCustomer {
  customerId: string;
  sessionId: string;
}

/**
 * Places an order as `POST /api/v1/orders` describes it, and waits until the order is fulfilled, with the warehouse, or
 * failed.
 *
 * The integrator's `order_id` identifies one order of the customer, however often it is sent: it names a cart of its
 * own, and a cart is ordered once. The wait ends early, with the order in processing, at the time limit or when `gone`
 * aborts.
 */
export type RestPlaceOrder = (customer: RestCustomer, rawBody: Buffer, gone: AbortSignal) => Promise<RestAnswer>;

/**
 * The number of concurrently waiting requests of a process; further ones are answered at once with an order in
 * processing.
 */
const MAX_WAITING = 500;

export function makeRestPlaceOrder(deps: RestOrderDeps): RestPlaceOrder {
  const { carts, orders, placeOrder, watchOrder, clientToken, rewardsBySkus, waitMs } = deps;
  const readAnswer = makeReadOrderAnswer(deps);
  let waiting = 0;

  return async (customer, rawBody, gone) => {
    const { customerId } = customer;
    const request = readOrderRequest(rawBody);
    if (Array.isArray(request)) return validationFailed(request);
    const known = await carts.find(customerId, request.orderId);
    const cart = known ?? (await cartOf(customerId, request));
    if (!("id" in cart)) return validationFailed(cart);
    if (!(await isSameOrder(cart, request))) {
      const message = `order_id ${request.orderId} was used for other items. Make a new order_id for each order.`;
      return restError(409, "ORDER_ID_REUSED", message);
    }
    let orderId = (await orders.byCarts([cart.id]))[0]?.id;
    if (orderId === undefined) {
      const token = await clientToken(customer.sessionId);
      if (token === null)
        return restError(401, "UNAUTHENTICATED", "The session has ended. Sign the customer in again.");
      const unpaid = known && (await totalProblem(request));
      if (unpaid) return validationFailed([unpaid], "PRICE_CHANGED");
      const { shippingAddress } = request;
      const placed = await placeOrder(
        { customerId, clientToken: token },
        { idempotencyKey: `rest:${cart.id}`, cartId: cart.id, shippingAddress },
      );
      if (isRefused(placed)) return refusedAnswer(placed);
      if (placed.kind === "preview") throw new Error("an order of the REST face was only previewed");
      orderId = placed.orderId;
    }
    if (waiting < MAX_WAITING) {
      waiting += 1;
      try {
        await untilFulfilled(orderId, customerId, gone);
      } finally {
        waiting -= 1;
      }
    }
    const { number, reference } = cart;
    return readAnswer({ number, reference, orderId, customer });
  };

  /**
   * The cart of a new order, or the reason against it. Checks that depend on the customer follow when the order is
   * placed.
   */
  async function cartOf(customerId: string, request: OrderRequest): Promise<ReferencedCart | RestProblem[]> {
    const { lines, orderId, total } = request;
    const priced = await pricesOf(request);
    const unknown = lines.filter(({ sku }) => !priced.has(sku));
    if (unknown.length > 0) {
      return unknown.map(({ sku, field }) => ({ field, message: `there is no ${sku} in the catalogue` }));
    }
    const problem = differingTotal(total, lines, priced);
    if (problem) return [problem];
    const rows = lines.flatMap(({ sku, quantity }) => {
      const reward = priced.get(sku);
      return reward ? [{ rewardId: reward.id, quantity, seenPoints: reward.points }] : [];
    });
    return carts.create(customerId, orderId, rows);
  }

  async function totalProblem(request: OrderRequest): Promise<RestProblem | null> {
    return differingTotal(request.total, request.lines, await pricesOf(request));
  }

  async function pricesOf({ lines }: OrderRequest) {
    return new Map((await rewardsBySkus(lines.map(({ sku }) => sku))).map((reward) => [reward.sku, reward]));
  }

  async function isSameOrder(cart: ReferencedCart, { lines }: OrderRequest): Promise<boolean> {
    const rewards = await rewardsBySkus(lines.map(({ sku }) => sku));
    const quantities = new Map(cart.lines.map(({ rewardId, quantity }) => [rewardId, quantity]));
    return (
      lines.length === cart.lines.length &&
      lines.every(({ sku, quantity }) => {
        const reward = rewards.find((each) => each.sku === sku);
        return reward !== undefined && quantities.get(reward.id) === quantity;
      })
    );
  }

  /** Resolves once only the warehouse's work is left, or when the wait is over. */
  async function untilFulfilled(orderId: string, customerId: string, gone: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([gone, AbortSignal.timeout(waitMs)]);
    const maySee = (owner: string) => owner === customerId;
    const events = await watchOrder({ orderId, afterSeq: undefined, signal, maySee, authorise: async () => {} });
    if (!events) return;
    for await (const { status } of events) {
      if (isFinal(status)) return;
      if (status !== "PROCESSING") continue;
      const order = await orders.aggregate(orderId);
      const states = order?.lines.flatMap(({ units }) => units.map(({ state }) => state)) ?? [];
      if (!states.includes("PENDING")) return;
    }
  }
}

function differingTotal(
  total: number,
  lines: OrderRequest["lines"],
  priced: ReadonlyMap<string, { points: number }>,
): RestProblem | null {
  const sum = lines.reduce((points, { sku, quantity }) => points + (priced.get(sku)?.points ?? 0) * quantity, 0);
  if (sum === total) return null;
  return {
    field: "order_total",
    message: `must be ${sum}, the price of the items now. Show the customer that price, then order.`,
  };
}
