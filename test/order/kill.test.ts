import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { CrashPoint } from "../../src/platform/crash-point.ts";
import type { Customer } from "../support/gateway.ts";
import { type MortalGateway, startMortalGateway } from "../support/gateway-process.ts";
import { addToCart, orderSettled, type SeenOrder, sendPlaceOrder } from "../support/orders.ts";

/** SIGKILL ends the process at each crash point, and it restarts. All tests share a gateway, database and sandbox. */

let gateway: MortalGateway;
beforeAll(async () => {
  gateway = await startMortalGateway();
});
afterEach(() => gateway.sandbox.settings.reset());
afterAll(() => gateway[Symbol.asyncDispose]());

/** The records of both sides at the moment of the kill. */
interface Record {
  orders: number;
  movements: { kind: string; state: string; sent: boolean }[];
  pendingUnits: number;
  ledger: number[];
}

interface Story {
  atDeath: Record;
  order: SeenOrder;
  replayed: boolean;
  ledger: number[];
  /** Calls that reached the ledger for this order. */
  redeems: number;
  reversals: number;
}

/**
 * Places an order of two units, of which `fulfillable` are in stock when they are allocated, on a gateway that dies at
 * `point`; then starts it again with these settings, and asks for the order again with the same key.
 */
async function orderThroughDeath(
  point: CrashPoint,
  { fulfillable = 2, env = {} }: { fulfillable?: number; env?: { [name: string]: string } } = {},
): Promise<Story> {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.merchandise({ points: 150, stock: 2 });
  await addToCart(customer, reward.id, 2);
  const idempotencyKey = randomUUID();
  const place = () => sendPlaceOrder(customer, { idempotencyKey });

  const first = await gateway.dieAt(point, async () => {
    if (fulfillable === 2) return place();
    // The stock runs out between the check and the allocation.
    const held = gateway.fault("redeem", { fault: "hold" });
    const [answer] = await Promise.all([
      place(),
      gateway.sandbox.faults.held(held).then(async () => {
        await gateway.sql("update rewards set stock = $1 where sku = $2", [fulfillable, reward.sku]);
        gateway.sandbox.faults.release();
      }),
    ]);
    return answer;
  });
  const atDeath = await onRecord(customer);

  await gateway.restart(env);
  const { data } = await place();
  const { order: placed, replayed = false, userErrors } = data?.placeOrder ?? {};
  expect(userErrors).toEqual([]);
  const knownId = first?.data?.placeOrder.order?.id;
  if (knownId) expect(placed?.id).toBe(knownId);
  const order = await delivered(customer, placed?.id ?? "");
  expect((await onRecord(customer)).orders).toBe(1);
  return {
    atDeath,
    order,
    replayed,
    ledger: gateway.ledgerOf(customer),
    redeems: gateway.callsFor("redeem", order).length,
    reversals: gateway.callsFor("reverse", order).length,
  };
}

async function onRecord(customer: Customer): Promise<Record> {
  const [row] = await gateway.sql<Omit<Record, "ledger">>(
    `select (select count(*)::int from orders where customer_id = $1) as orders,
       (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'state', state, 'sent', sent_at is not null) order by kind = 'RETURNED', number), '[]')
        from points_movements where customer_id = $1) as movements,
       (select count(*)::int from order_units u join order_lines l on l.id = u.line_id join orders o on o.id = l.order_id
        where o.customer_id = $1 and u.state = 'PENDING') as "pendingUnits"`,
    [customer.customerId],
  );
  if (!row) throw new Error("nothing is on record");
  return { ...row, ledger: gateway.ledgerOf(customer) };
}

/** The order once it is settled: its merchandise, if any, has been delivered. */
async function delivered(customer: Customer, id: string): Promise<SeenOrder> {
  await gateway.until(async () => (await onRecord(customer)).pendingUnits === 0);
  const { order } = await customer.ok<{ order: SeenOrder }>(
    `query ($id: ID!) { order(id: $id) { status lines { id shipment { status } } } }`,
    { id },
  );
  for (const line of order.lines) {
    if (line.shipment?.status !== "PREPARING") continue;
    const input = { orderId: id, lineId: line.id, status: "DELIVERED" };
    await gateway.operator.ok(
      `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }`,
      { input },
    );
  }
  return orderSettled(customer, id);
}

const fulfilled = { status: "FULFILLED", pointsState: "TAKEN", lines: [{ fulfilledQuantity: 2 }] };
const taken = (state: string, sent = true) => ({ kind: "TAKEN", state, sent });
const returned = (state: string, sent = true) => ({ kind: "RETURNED", state, sent });

describe("killed while placing an order,", () => {
  test("before the commit, the same request places the order", async () => {
    const story = await orderThroughDeath("place:before-commit");
    expect(story.atDeath).toEqual({ orders: 0, movements: [], pendingUnits: 0, ledger: [1_000] });
    expect(story).toMatchObject({ replayed: false, redeems: 1, reversals: 0, ledger: [1_000, -300] });
    expect(story.order).toMatchObject(fulfilled);
  });

  // The deduction is marked by the transaction that places the order.
  const marked: Record = { orders: 1, movements: [taken("PENDING")], pendingUnits: 2, ledger: [1_000] };

  test("after the commit, the order ends without a charge and the same request finds it", async () => {
    const story = await orderThroughDeath("place:after-commit");
    expect(story.atDeath).toEqual(marked);
    expect(story).toMatchObject({ replayed: true, redeems: 0, reversals: 0, ledger: [1_000] });
    expect(story.order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
  });

  test("after the commit, the order continues by itself where the ledger allows repetition", async () => {
    gateway.sandbox.settings.change({ repeat: "accept" });
    const story = await orderThroughDeath("place:after-commit", { env: { CLIENT_REDEEM_REPEATABLE: "true" } });
    expect(story.atDeath).toEqual(marked);
    expect(story).toMatchObject({ replayed: true, redeems: 1, reversals: 0, ledger: [1_000, -300] });
    expect(story.order).toMatchObject(fulfilled);
  });
});

describe("killed while processing an order,", () => {
  test.each<[CrashPoint, Partial<Record>]>([
    ["redeem:answered", { movements: [taken("PENDING")], pendingUnits: 2, ledger: [1_000, -300] }],
    // The confirmation and the fulfilment are one transaction.
    ["fulfil:before-commit", { movements: [taken("PENDING")], pendingUnits: 2, ledger: [1_000, -300] }],
    ["redeem:recorded", { movements: [taken("CONFIRMED")], pendingUnits: 0, ledger: [1_000, -300] }],
    ["fulfil:after-commit", { movements: [taken("CONFIRMED")], pendingUnits: 0, ledger: [1_000, -300] }],
  ])("at %s, the order ends as without the kill, and the points are taken once", async (point, atDeath) => {
    const story = await orderThroughDeath(point);
    expect(story.atDeath).toEqual({ orders: 1, ...atDeath });
    expect(story.order).toMatchObject(fulfilled);
    expect(story).toMatchObject({ redeems: 1, reversals: 0, ledger: [1_000, -300] });
  });

  const marked: Record = { orders: 1, movements: [taken("PENDING")], pendingUnits: 2, ledger: [1_000] };

  test("at redeem:marked, the deduction was not sent and is not sent blindly: the order fails without a charge", async () => {
    const story = await orderThroughDeath("redeem:marked");
    expect(story.atDeath).toEqual(marked);
    expect(story.order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(story).toMatchObject({ redeems: 0, reversals: 0, ledger: [1_000] });
  });

  test.each<[CrashPoint, Record]>([
    ["redeem:marked", marked],
    ["redeem:answered", { ...marked, ledger: [1_000, -300] }],
  ])("at %s, a ledger that allows repetition takes the points once", async (point, atDeath) => {
    gateway.sandbox.settings.change({ repeat: "accept" });
    const story = await orderThroughDeath(point, { env: { CLIENT_REDEEM_REPEATABLE: "true" } });
    expect(story.atDeath).toEqual(atDeath);
    expect(story.order).toMatchObject(fulfilled);
    expect(story.ledger).toEqual([1_000, -300]);
  });
});

describe("killed while returning points,", () => {
  const partly = { status: "PARTIALLY_FULFILLED", pointsState: "PARTIALLY_RETURNED" };

  test.each<[CrashPoint, string]>([
    ["return:answered", "PENDING"],
    ["return:recorded", "CONFIRMED"],
  ])("at %s, they are returned once", async (point, state) => {
    const story = await orderThroughDeath(point, { fulfillable: 1 });
    expect(story.atDeath).toMatchObject({
      movements: [taken("CONFIRMED"), returned(state)],
      ledger: [1_000, -300, 150],
    });
    expect(story.order).toMatchObject(partly);
    expect(story).toMatchObject({ redeems: 1, reversals: 1, ledger: [1_000, -300, 150] });
  });

  test("at fulfil:before-commit, the failure and its return are decided once", async () => {
    const story = await orderThroughDeath("fulfil:before-commit", { fulfillable: 0 });
    expect(story.atDeath).toMatchObject({ movements: [taken("PENDING")], pendingUnits: 2, ledger: [1_000, -300] });
    expect(story.order).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(story).toMatchObject({ redeems: 1, reversals: 1, ledger: [1_000, -300, 300] });
  });

  const marked = { movements: [taken("CONFIRMED"), returned("PENDING")], ledger: [1_000, -300] };

  test("at return:marked, a ledger that allows repetition returns them once", async () => {
    const env = { CLIENT_REVERSE_REPEATABLE: "true" };
    const story = await orderThroughDeath("return:marked", { fulfillable: 1, env });
    expect(story.atDeath).toMatchObject(marked);
    expect(story.order).toMatchObject(partly);
    expect(story.ledger).toEqual([1_000, -300, 150]);
  });

  test("at return:marked, the return was not sent and is not sent blindly: an operator decides", async () => {
    const story = await orderThroughDeath("return:marked", { fulfillable: 1 });
    expect(story.atDeath).toMatchObject(marked);
    expect(story.order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "NEEDS_ATTENTION" });
    expect(story).toMatchObject({ redeems: 1, reversals: 0, ledger: [1_000, -300] });
  });
});
