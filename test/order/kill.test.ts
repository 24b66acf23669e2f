import { randomUUID } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import type { CrashPoint } from "../../src/platform/crash-point.ts";
import type { Customer } from "../support/gateway.ts";
import { type MortalGateway, startMortalGateway } from "../support/gateway-process.ts";
import { addToCart, orderSettled, type SeenOrder, sendPlaceOrder } from "../support/orders.ts";

/**
 * The process dies by SIGKILL at each point where it matters, and is started again. Every test has a gateway process, a
 * database and a sandbox of its own.
 */

vi.setConfig({ testTimeout: 180_000 });

interface Story {
  order: SeenOrder;
  ledger: number[];
  /** Calls that reached the ledger for this order. */
  redeems: number;
  reversals: number;
}

/** Places an order of two units, of which `given` can be given, on a gateway that dies at `point`; then starts it again. */
async function orderThroughDeath(
  point: CrashPoint,
  { given = 2, env = {} }: { given?: number; env?: Record<string, string> } = {},
) {
  await using gateway = await startMortalGateway({ ...env, TRIP_POINT: point });
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.merchandise({ points: 150, stock: 2 });
  await addToCart(customer, reward.id, 2);
  const idempotencyKey = randomUUID();
  // Time for the shelf to empty between the check and the giving.
  if (given < 2) gateway.sandbox.faults.add({ upstream: "client", operation: "redeem", fault: "delay", delayMs: 150 });

  const first = await sendPlaceOrder(customer, { idempotencyKey }).catch(() => null);
  if (given < 2) await gateway.sql("update rewards set stock = $1 where sku = $2", [given, reward.sku]);
  expect(await gateway.process().ended).toBe("SIGKILL");

  gateway.sandbox.faults.clear();
  await gateway.restart({ TRIP_POINT: "" });
  return await tellStory(gateway, customer, idempotencyKey, first?.data?.placeOrder.order?.id);
}

async function tellStory(
  gateway: MortalGateway,
  customer: Customer,
  idempotencyKey: string,
  knownId?: string,
): Promise<Story & { replayed: boolean }> {
  // The client whose answer was lost asks again with the same key.
  const { data } = await sendPlaceOrder(customer, { idempotencyKey });
  const { order: placed, replayed, userErrors } = data?.placeOrder ?? {};
  expect(userErrors).toEqual([]);
  if (knownId) expect(placed?.id).toBe(knownId);
  const id = placed?.id ?? "";
  // Merchandise is delivered, so that the story has an end.
  await gateway.until(async () => {
    const [unit] = await gateway.sql("select from order_units where state = 'PENDING'");
    return unit === undefined;
  });
  const { order: seen } = await customer.ok<{ order: SeenOrder }>(
    `query ($id: ID!) { order(id: $id) { status lines { id shipment { status } } } }`,
    { id },
  );
  for (const line of seen.lines) {
    if (line.shipment?.status !== "PREPARING") continue;
    await gateway.operator.ok(
      `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }`,
      {
        input: { orderId: id, lineId: line.id, status: "DELIVERED" },
      },
    );
  }
  const order = await orderSettled(customer, id);
  const calls = (operation: string) =>
    gateway.sandbox.calls.since(0).filter((call) => call.operation === operation).length;
  expect(await gateway.sql("select count(*)::int as orders from orders")).toEqual([{ orders: 1 }]);
  return {
    order,
    replayed: replayed ?? false,
    ledger: gateway.sandbox.client.ledger(customer.customerId).map((entry) => entry.points),
    redeems: calls("redeem"),
    reversals: calls("reverse"),
  };
}

const fulfilled = { status: "FULFILLED", pointsState: "TAKEN", lines: [{ fulfilledQuantity: 2 }] };

describe.concurrent("killed while placing,", () => {
  test("before the commit, nothing had happened: the same request places the order", async () => {
    const story = await orderThroughDeath("place:before-commit");
    expect(story).toMatchObject({ replayed: false, redeems: 1, reversals: 0, ledger: [1_000, -300] });
    expect(story.order).toMatchObject(fulfilled);
  });

  test("after the commit, the order goes on by itself and the same request finds it", async () => {
    const story = await orderThroughDeath("place:after-commit");
    expect(story).toMatchObject({ replayed: true, redeems: 1, reversals: 0, ledger: [1_000, -300] });
    expect(story.order).toMatchObject(fulfilled);
  });
});

describe.concurrent("killed on the way to the end,", () => {
  test.each<CrashPoint>(["redeem:answered", "redeem:recorded", "fulfil:before-commit", "fulfil:after-commit"])(
    "at %s, the order ends as without the kill, and the points are taken once",
    async (point) => {
      const story = await orderThroughDeath(point);
      expect(story.order).toMatchObject(fulfilled);
      expect(story).toMatchObject({ redeems: 1, reversals: 0, ledger: [1_000, -300] });
    },
  );

  test("at redeem:marked, nothing was sent and nothing is sent blindly: the order fails without a charge", async () => {
    const story = await orderThroughDeath("redeem:marked");
    expect(story.order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(story).toMatchObject({ redeems: 0, reversals: 0, ledger: [1_000] });
  });

  test.each<CrashPoint>(["redeem:marked", "redeem:answered"])(
    "at %s, a ledger that allows repetition takes the points once",
    async (point) => {
      const story = await orderThroughDeath(point, { env: { CLIENT_REDEEM_REPEATABLE: "true" } });
      expect(story.order).toMatchObject(fulfilled);
      expect(story.ledger).toEqual([1_000, -300]);
    },
  );
});

describe.concurrent("killed while giving points back,", () => {
  test.each<CrashPoint>(["return:answered", "return:recorded"])("at %s, they come back once", async (point) => {
    const story = await orderThroughDeath(point, { given: 1 });
    expect(story.order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "PARTIALLY_RETURNED" });
    expect(story).toMatchObject({ redeems: 1, reversals: 1, ledger: [1_000, -300, 150] });
  });

  test("at fulfil:before-commit, the failure and its return are decided once", async () => {
    const story = await orderThroughDeath("fulfil:before-commit", { given: 0 });
    expect(story.order).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(story).toMatchObject({ redeems: 1, reversals: 1, ledger: [1_000, -300, 300] });
  });

  test("at return:marked, a ledger that allows repetition returns them once", async () => {
    const story = await orderThroughDeath("return:marked", { given: 1, env: { CLIENT_REVERSE_REPEATABLE: "true" } });
    expect(story.order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "PARTIALLY_RETURNED" });
    expect(story.ledger).toEqual([1_000, -300, 150]);
  });

  test("at return:marked, nothing was sent and nothing is sent blindly: people are asked", async () => {
    const story = await orderThroughDeath("return:marked", { given: 1 });
    expect(story.order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "NEEDS_ATTENTION" });
    expect(story).toMatchObject({ redeems: 1, reversals: 0, ledger: [1_000, -300] });
  });
});
