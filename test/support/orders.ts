import { randomUUID } from "node:crypto";
import type { OrderStatus, PointsState } from "../../src/graphql/generated/resolvers.ts";
import type { Caller } from "./graphql.ts";
import { queriesAnswered } from "./sql-spy.ts";

export interface SeenOrder {
  id: string;
  number: string;
  status: OrderStatus;
  pointsState: PointsState;
  settled: boolean;
  seq: number;
  total: number;
  lines: {
    id: string;
    status: OrderStatus;
    quantity: number;
    fulfilledQuantity: number;
    failure: { reason: string; message: string } | null;
    vouchers: { id: string; maskedCode: string }[];
    shipment: { status: string; trackingNumber: string | null } | null;
  }[];
  pointsTrail: {
    id: string;
    kind: string;
    points: number;
    state: string;
    reason: string | null;
    upstreamReference: string;
    attempts: number;
    lineIds: string[];
  }[];
  history: { seq: number; status: OrderStatus; previousStatus: OrderStatus | null; pointsState: PointsState }[];
}

export const orderFields = `
  id number status pointsState settled seq total cancellable
  lines { id status quantity fulfilledQuantity failure { reason message } vouchers { id maskedCode } shipment { status trackingNumber } }
  pointsTrail { id kind points state reason upstreamReference attempts lineIds }
  history { seq status previousStatus pointsState }`;

export async function addToCart(customer: Caller, rewardId: string, quantity = 1): Promise<void> {
  await customer.ok(`mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code message } } }`, {
    input: { rewardId, quantity },
  });
}

export const address = { name: "Asha Rao", line1: "12 Lake Road", city: "Pune", postalCode: "411001", country: "IN" };

export interface PlaceOrderAnswer {
  placeOrder: {
    order: { id: string; number: string; status: OrderStatus } | null;
    replayed: boolean;
    userErrors: { __typename: string; code: string; message: string }[];
  };
}

/** Sends `placeOrder` and returns the answer. */
export function sendPlaceOrder(customer: Caller, input: Record<string, unknown> = {}) {
  return customer.send<PlaceOrderAnswer>(
    `mutation ($input: PlaceOrderInput!) {
      placeOrder(input: $input) { order { id number status } replayed userErrors { __typename code message } } }`,
    { input: { idempotencyKey: randomUUID(), shippingAddress: address, ...input } },
  );
}

/** Orders these rewards. @returns the new order's id */
export async function placeOrder(
  customer: Caller,
  ...rewards: (string | [id: string, quantity: number])[]
): Promise<string> {
  for (const reward of rewards) {
    const [id, quantity] = typeof reward === "string" ? [reward, 1] : reward;
    await addToCart(customer, id, quantity);
  }
  const { data, errors } = await sendPlaceOrder(customer);
  const order = data?.placeOrder.order;
  if (!order) throw new Error(`the order was not placed: ${JSON.stringify(errors ?? data?.placeOrder.userErrors)}`);
  return order.id;
}

/**
 * Orders these rewards for a customer whose points are being moved for another order. Resolves once the new order has
 * found twice that it must wait.
 */
export async function placeWaitingOrder(...order: Parameters<typeof placeOrder>): Promise<string> {
  const waits = queriesAnswered(2, /ledger_version as version, \(not exists/);
  const id = await placeOrder(...order);
  await waits;
  return id;
}

export async function readOrder(caller: Caller, id: string): Promise<SeenOrder> {
  const { order } = await caller.ok<{ order: SeenOrder | null }>(
    `query ($id: ID!) { order(id: $id) { ${orderFields} } }`,
    { id },
  );
  if (!order) throw new Error(`order ${id} is not visible`);
  return order;
}

/** The order once `isReached` has held, from the subscription's events beginning with the first, without polling. */
export async function orderWhen(
  caller: Caller,
  id: string,
  isReached: (event: {
    status: OrderStatus;
    pointsState: PointsState;
    message: string | null;
    settled: boolean;
  }) => boolean,
): Promise<SeenOrder> {
  const client = caller.socket();
  try {
    const events = client.iterate<{
      orderStatus: {
        status: OrderStatus;
        pointsState: PointsState;
        message: string | null;
        order: { settled: boolean };
      };
    }>({
      query: `subscription ($id: ID!) { orderStatus(orderId: $id, afterSeq: 0) { status pointsState message order { settled } } }`,
      variables: { id },
    });
    for await (const { data, errors } of events) {
      if (errors || !data) throw new Error(`the subscription failed: ${JSON.stringify(errors)}`);
      const { status, pointsState, message, order } = data.orderStatus;
      if (isReached({ status, pointsState, message, settled: order.settled })) return await readOrder(caller, id);
    }
    throw new Error(
      `the order was settled without ever being as awaited: ${JSON.stringify(await readOrder(caller, id))}`,
    );
  } finally {
    await client.dispose();
  }
}

/** The order once its merchandise is with the warehouse and its vouchers are fulfilled. */
export const orderPrepared = (caller: Caller, id: string) =>
  orderWhen(caller, id, (event) => event.status === "PROCESSING" && event.message?.includes("preparing") === true);

export const orderSettled = (caller: Caller, id: string) => orderWhen(caller, id, (event) => event.settled);
