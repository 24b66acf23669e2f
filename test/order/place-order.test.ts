import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import {
  address,
  addToCart,
  orderPrepared,
  orderSettled,
  type PlaceOrderAnswer,
  placeOrder,
  placeWaitingOrder,
  readOrder,
  sendPlaceOrder,
} from "../support/orders.ts";
import { queriesOf } from "../support/sql-spy.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const ordersOf = ({ customerId }: Customer) =>
  gateway.sql("select id from orders where customer_id = $1", [customerId]);

describe("an order of vouchers", () => {
  test("takes the points once and allocates a code for each unit", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 200 });

    const order = await orderSettled(customer, await placeOrder(customer, [reward.id, 3]));

    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN", settled: true, total: 600 });
    expect(order.lines[0]).toMatchObject({ status: "FULFILLED", fulfilledQuantity: 3 });
    expect(new Set(order.lines[0]?.vouchers.map((voucher) => voucher.id)).size).toBe(3);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -600]);
    expect(order.history.map((event) => [event.seq, event.previousStatus, event.status, event.pointsState])).toEqual([
      [1, null, "PENDING", "NOT_TAKEN"],
      [2, "PENDING", "PENDING", "TAKING"],
      [3, "PENDING", "PROCESSING", "TAKEN"],
      [4, "PROCESSING", "FULFILLED", "TAKEN"],
    ]);
    expect(order.pointsTrail).toMatchObject([
      { kind: "TAKEN", points: 600, state: "CONFIRMED", attempts: 1, upstreamReference: order.number },
    ]);
  });

  test("reveals exactly the codes that were taken from the pool, and audits the reveal", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher({ codes: 2 });
    const order = await orderSettled(customer, await placeOrder(customer, [reward.id, 2]));

    const { revealVoucher } = await customer.ok<{ revealVoucher: { vouchers: { id: string; code: string }[] } }>(
      `mutation ($id: ID!) { revealVoucher(input: { orderLineId: $id }) { vouchers { id code } userErrors { code } } }`,
      { id: order.lines[0]?.id },
    );

    expect(revealVoucher.vouchers.map((voucher) => voucher.code).sort()).toEqual(reward.codes.toSorted());
    const audited = await gateway.sql("select actor, action from audit_log where subject = $1", [`${order.number}/1`]);
    expect(audited).toEqual([{ actor: `customer:${customer.customerId}`, action: "voucher.reveal" }]);
  });

  test("is not charged when it costs nothing", async () => {
    const customer = await gateway.customer({ balance: 5 });
    const reward = await gateway.voucher({ points: 0 });
    const order = await orderSettled(customer, await placeOrder(customer, reward.id));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "NOT_TAKEN", pointsTrail: [] });
    expect(gateway.ledgerOf(customer)).toEqual([5]);
  });
});

describe("the points of units that cannot be fulfilled", () => {
  test("are returned exactly: one unit of three", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 150, codes: 3 });
    await addToCart(customer, reward.id, 3);
    // The pool loses a code after the check of the cart, which no preflight can see.
    const call = gateway.fault("redeem", { fault: "hold" });
    const { data } = await sendPlaceOrder(customer);
    await takeCodes(reward.id, 1);
    await gateway.sandbox.faults.held(call);
    gateway.sandbox.faults.release({ id: call.id });

    const order = await orderSettled(customer, data?.placeOrder.order?.id ?? "");

    expect(order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "PARTIALLY_RETURNED" });
    expect(order.lines).toMatchObject([
      { status: "PARTIALLY_FULFILLED", fulfilledQuantity: 2, failure: { reason: "SOLD_OUT" } },
    ]);
    expect(order.pointsTrail).toMatchObject([
      { kind: "TAKEN", points: 450, state: "CONFIRMED" },
      {
        kind: "RETURNED",
        points: 150,
        state: "CONFIRMED",
        reason: "INVENTORY_UNAVAILABLE",
        upstreamReference: `${order.number}/R1`,
      },
    ]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -450, 150]);
  });

  test("are returned in full when the pool is empty", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 300, codes: 1 });
    await addToCart(customer, reward.id);
    const call = gateway.fault("redeem", { fault: "hold" });
    const { data } = await sendPlaceOrder(customer);
    await takeCodes(reward.id, 1);
    await gateway.sandbox.faults.held(call);
    gateway.sandbox.faults.release({ id: call.id });

    const order = await orderSettled(customer, data?.placeOrder.order?.id ?? "");

    expect(order).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
    expect(order.history.map((event) => event.pointsState)).toEqual([
      "NOT_TAKEN",
      "TAKING",
      "TAKEN",
      "RETURNING",
      "RETURNED",
    ]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -300, 300]);
    const reversal = gateway.sandbox.calls.since(0).findLast((call) => call.operation === "reverse");
    expect(reversal?.body).toMatchObject({
      order_id: order.number,
      reason: `Inventory unavailable (${order.number}/R1)`,
    });
  });

  /** Takes codes from the pool, as another customer's order would. */
  async function takeCodes(rewardId: string, count: number) {
    const id = Buffer.from(rewardId, "base64url").toString().slice("Reward:".length);
    await gateway.sql(
      `with gone as (delete from voucher_codes where id in (select id from voucher_codes where reward_id = $1 and state = 'AVAILABLE' limit $2) returning 1)
       update rewards set stock = stock - $2 where id = $1`,
      [id, count],
    );
  }
});

describe("a deduction that the ledger refuses", () => {
  test("fails the order and returns nothing", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 300 });
    gateway.sandbox.faults.add({ upstream: "client", operation: "redeem", fault: "refuse" });

    const order = await orderSettled(customer, await placeOrder(customer, reward.id));

    expect(order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(order.lines).toMatchObject([{ status: "FAILED", failure: { reason: "UPSTREAM_REFUSED" } }]);
    expect(order.pointsTrail).toMatchObject([{ kind: "TAKEN", state: "REFUSED", attempts: 1 }]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000]);
  });

  test("says so when the points were spent in another system since", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const [cheap, dear] = [await gateway.voucher({ points: 100 }), await gateway.voucher({ points: 800 })];
    // The second order waits for the first, whose deduction takes its time.
    const call = gateway.fault("redeem", { fault: "hold" });
    const first = await placeOrder(customer, cheap.id);
    await gateway.sandbox.faults.held(call);
    const second = await placeWaitingOrder(customer, dear.id);
    await gateway.spendElsewhere(customer.customerId, 500);
    gateway.sandbox.faults.release({ id: call.id });

    expect(await orderSettled(customer, first)).toMatchObject({ status: "FULFILLED" });
    const order = await orderSettled(customer, second);
    expect(order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(order.lines).toMatchObject([{ failure: { reason: "INSUFFICIENT_POINTS" } }]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -500, -100]);
  });
});

describe("an idempotency key", () => {
  const place = (customer: Customer, input: Record<string, unknown>) =>
    sendPlaceOrder(customer, { shippingAddress: null, ...input });

  test("returns the same order again, also after the cart has changed", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    const idempotencyKey = randomUUID();
    await addToCart(customer, reward.id);
    const first = await place(customer, { idempotencyKey });
    await addToCart(customer, reward.id, 2);
    const second = await place(customer, { idempotencyKey });

    expect(first.data?.placeOrder).toMatchObject({ replayed: false, userErrors: [] });
    expect(second.data?.placeOrder).toMatchObject({
      replayed: true,
      userErrors: [],
      order: { id: first.data?.placeOrder.order?.id },
    });
    expect(await ordersOf(customer)).toHaveLength(1);
  });

  test("is refused with another input, and belongs to one customer", async () => {
    const [customer, other] = [await gateway.customer(), await gateway.customer()];
    const reward = await gateway.voucher();
    const idempotencyKey = randomUUID();
    await addToCart(customer, reward.id);
    await place(customer, { idempotencyKey });
    const changed = await place(customer, { idempotencyKey, expectedCartVersion: 7 });
    expect(changed.data?.placeOrder).toMatchObject({ order: null, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });

    await addToCart(other, reward.id);
    expect((await place(other, { idempotencyKey })).data?.placeOrder).toMatchObject({
      replayed: false,
      userErrors: [],
    });
  });

  test("makes one order of 50 equal requests at once", async () => {
    const customer = await gateway.customer({ balance: 10_000 });
    const reward = await gateway.voucher({ points: 100 });
    await addToCart(customer, reward.id);
    const idempotencyKey = randomUUID();

    const answers = await Promise.all(Array.from({ length: 50 }, () => place(customer, { idempotencyKey })));

    const placed = answers.map((answer) => answer.data?.placeOrder);
    expect(new Set(placed.map((answer) => answer?.order?.id)).size).toBe(1);
    expect(placed.filter((answer) => answer?.replayed === false)).toHaveLength(1);
    await orderSettled(customer, placed[0]?.order?.id ?? "");
    expect(gateway.ledgerOf(customer)).toEqual([10_000, -100]);
  });

  test.each([
    "",
    "   ",
    "1234567",
    "x".repeat(129),
    "two words",
    "tab\tbetween",
    "zero\u200bwidth",
    "no\u00a0break-it",
  ])("of %j is refused, also by the dry run", async (idempotencyKey) => {
    const customer = await gateway.customer();
    for (const dryRun of [false, true]) {
      expect((await place(customer, { idempotencyKey, dryRun })).data?.placeOrder.userErrors).toMatchObject([
        { code: "INVALID_INPUT" },
      ]);
    }
    for (const [mutation, input] of [
      ["cancelOrder", {}],
      ["reverseOrder", { reason: "CANCELLATION" }],
    ] as const) {
      const caller = mutation === "cancelOrder" ? customer : gateway.operator;
      const orderId = Buffer.from(`Order:${randomUUID()}`).toString("base64url");
      for (const dryRun of [false, true]) {
        const { data } = await caller.send<{ it: { userErrors: { code: string }[] } }>(
          `mutation ($input: ${mutation === "cancelOrder" ? "CancelOrderInput" : "ReverseOrderInput"}!) {
              it: ${mutation}(input: $input) { userErrors { code } } }`,
          { input: { ...input, orderId, idempotencyKey, dryRun } },
        );
        expect(data?.it.userErrors).toEqual([{ code: "INVALID_INPUT" }]);
      }
    }
  });

  test.each(["12345678", "x".repeat(128)])("may be %j", async (idempotencyKey) => {
    const customer = await gateway.customer();
    expect((await place(customer, { idempotencyKey })).data?.placeOrder.userErrors).toMatchObject([
      { code: "CART_EMPTY" },
    ]);
  });

  test("is not consumed by a refusal or a dry run", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    const idempotencyKey = randomUUID();
    expect((await place(customer, { idempotencyKey })).data?.placeOrder.userErrors).toMatchObject([
      { code: "CART_EMPTY" },
    ]);
    await addToCart(customer, reward.id);
    await place(customer, { idempotencyKey, dryRun: true });
    expect((await place(customer, { idempotencyKey })).data?.placeOrder).toMatchObject({
      replayed: false,
      userErrors: [],
    });
  });
});

describe("points that suffice for one order", () => {
  test("pay for exactly one of 20 placed at once under different keys", async () => {
    const customer = await gateway.customer({ balance: 100 });
    const reward = await gateway.voucher({ points: 100, codes: 50 });
    // Each attempt fills the cart again, as 20 browser tabs would.
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        await customer.send(`mutation ($id: ID!) { addToCart(input: { rewardId: $id }) { userErrors { code } } }`, {
          id: reward.id,
        });
        return sendPlaceOrder(customer);
      }),
    );
    const orders = await gateway.sql<{ id: string }>("select id from orders where customer_id = $1", [
      customer.customerId,
    ]);
    const settled = await Promise.all(
      orders.map(({ id }) => orderSettled(customer, Buffer.from(`Order:${id}`).toString("base64url"))),
    );
    expect(settled.filter((order) => order.status === "FULFILLED")).toHaveLength(1);
    expect(gateway.ledgerOf(customer)).toEqual([100, -100]);
  });

  test("held by an unconfirmed order cannot be spent again", async () => {
    const customer = await gateway.customer({ balance: 150 });
    const reward = await gateway.voucher({ points: 100 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const id = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(call);

    const { data } = await customer.send<{ addToCart: { userErrors: unknown[] }; me: { wallet: unknown } }>(
      `mutation ($id: ID!) { addToCart(input: { rewardId: $id }) { userErrors { code ... on InsufficientPoints { required available shortBy } } } }`,
      { id: reward.id },
    );
    expect(data?.addToCart.userErrors).toEqual([
      { code: "INSUFFICIENT_POINTS", required: 100, available: 50, shortBy: 50 },
    ]);
    gateway.sandbox.faults.release({ id: call.id });
    await orderSettled(customer, id);
    const { me } = await customer.ok<{ me: { wallet: object } }>(`{ me { wallet { balance held available } } }`);
    expect(me.wallet).toEqual({ balance: 50, held: 0, available: 50 });
  });
});

describe("a dry run", () => {
  const dryRun = (customer: Customer, input: Record<string, unknown> = {}) =>
    customer.ok<{ placeOrder: { order: null; preview: unknown; userErrors?: { code: string }[] } }>(
      `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
        order { id } preview { total funding { payWith points available remaining shortBy } problems { code } } errors: userErrors { code } } }`,
      { input: { idempotencyKey: "a-dry-run", dryRun: true, ...input } },
    );

  test("shows how many points would be taken, and takes none", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 300 });
    await addToCart(customer, reward.id, 2);
    expect((await dryRun(customer)).placeOrder).toEqual({
      order: null,
      preview: {
        total: 600,
        funding: [{ payWith: "INDIVIDUAL", points: 600, available: 1_000, remaining: 400, shortBy: null }],
        problems: [],
      },
      errors: [],
    });
    expect(await ordersOf(customer)).toHaveLength(0);
    expect(gateway.ledgerOf(customer)).toEqual([1_000]);
  });

  test("returns every blocking problem at once, the same as placing the order", async () => {
    const customer = await gateway.customer({ balance: 10_000 });
    const scarce = await gateway.merchandise({ points: 100, stock: 5 });
    const pricey = await gateway.voucher({ points: 100 });
    const ending = await gateway.voucher({ points: 100 });
    for (const reward of [scarce, pricey, ending]) await addToCart(customer, reward.id, 3);
    await gateway.operator.ok(
      `mutation ($id: ID!) { adjustStock(input: { rewardId: $id, change: { to: 1 } }) { userErrors { code } } }`,
      { id: scarce.id },
    );
    await gateway.operator.ok(
      `mutation ($id: ID!) { updateReward(input: { rewardId: $id, points: 9000 }) { userErrors { code } } }`,
      { id: pricey.id },
    );
    await gateway.operator.ok(
      `mutation ($id: ID!) { archiveReward(input: { rewardId: $id }) { userErrors { code } } }`,
      { id: ending.id },
    );

    const { placeOrder: tried } = await dryRun(customer);
    const codes = (problems: { code: string }[]) => problems.map((problem) => problem.code).sort();
    expect(codes((tried.preview as { problems: { code: string }[] }).problems)).toEqual([
      "ADDRESS_REQUIRED",
      "INACTIVE",
      "INSUFFICIENT_POINTS",
      "PRICE_CHANGED",
      "SOLD_OUT",
    ]);
    const { data } = await customer.send<PlaceOrderAnswer>(
      `mutation { placeOrder(input: { idempotencyKey: "the-real-one" }) { order { id } replayed userErrors { code } } }`,
    );
    const real = codes(data?.placeOrder.userErrors ?? []);
    expect(real).toEqual(["ADDRESS_REQUIRED", "INSUFFICIENT_POINTS", "NOT_REDEEMABLE", "PRICE_CHANGED", "SOLD_OUT"]);
    expect(codes((tried as unknown as { errors: { code: string }[] }).errors)).toEqual(real);
  });
});

describe("placing is refused", () => {
  test("for a cart that changed since it was read", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    await addToCart(customer, reward.id);
    const { data } = await sendPlaceOrder(customer, { expectedCartVersion: 0 });
    expect(data?.placeOrder.userErrors).toMatchObject([{ __typename: "CartConflict", code: "CART_CONFLICT" }]);
  });

  test("while the balance cannot be read, and no order is created", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    await addToCart(customer, reward.id);
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
    const { data } = await sendPlaceOrder(customer);
    expect(data?.placeOrder).toMatchObject({ order: null, userErrors: [{ code: "UPSTREAM_UNAVAILABLE" }] });
    expect(await ordersOf(customer)).toHaveLength(0);
    expect((await sendPlaceOrder(customer)).data?.placeOrder.userErrors).toEqual([]);
  });

  test("for an invalid address", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.merchandise();
    await addToCart(customer, reward.id);
    const { data } = await sendPlaceOrder(customer, { shippingAddress: { ...address, country: "Narnia" } });
    expect(data?.placeOrder.userErrors).toMatchObject([{ code: "INVALID_INPUT" }]);
  });
});

test("the cart is empty after ordering, and the next request makes another order", async () => {
  const customer = await gateway.customer();
  const reward = await gateway.voucher();
  const first = await placeOrder(customer, reward.id);
  const { me } = await customer.ok<{ me: { cart: { lines: unknown[] } } }>(`{ me { cart { lines { id } } } }`);
  expect(me.cart.lines).toEqual([]);
  const second = await placeOrder(customer, reward.id);
  expect(second).not.toBe(first);
  expect((await readOrder(customer, second)).number).toMatch(/^ORD-\d{6}-[0-9A-HJKMNP-TV-Z]{10}$/);
});

/** How often the orders that `work` fulfils ran the statement that takes a voucher from the stock: again after each deadlock. */
const stockUpdates = async (work: () => Promise<unknown>) =>
  (await queriesOf(work, /update rewards set stock = stock -/)).length;

test("orders of the same two rewards, placed and fulfilled at the same moment, do not deadlock", async () => {
  const [voucher, lamp] = [await gateway.voucher({ points: 10, codes: 40 }), await gateway.merchandise({ points: 5 })];
  const customers = await Promise.all(Array.from({ length: 20 }, () => gateway.customer({ balance: 1_000 })));
  const updates = await stockUpdates(() =>
    Promise.all(
      customers.map(async (customer) => orderPrepared(customer, await placeOrder(customer, voucher.id, lamp.id))),
    ),
  );
  expect(updates).toBe(2 * customers.length);
});

test("orders of one reward do not deadlock while a transaction that refers to the reward stays open", async () => {
  const reward = await gateway.voucher({ points: 10 });
  const connect = async () => {
    const client = new pg.Client({ connectionString: gateway.databaseUrl });
    await client.connect();
    await client.query("begin");
    return client;
  };
  const [newOrder, concluding] = [await connect(), await connect()];
  // The lock that the lines of a new order take, on a version of the row that others replace before the order is committed.
  await newOrder.query("select from rewards where sku = $1 for key share", [reward.sku]);
  await concluding.query("update rewards set updated_at = now() where sku = $1", [reward.sku]);
  const updates = await stockUpdates(async () => {
    const customers = await Promise.all([gateway.customer(), gateway.customer()]);
    const orders = await Promise.all(customers.map((customer) => placeOrder(customer, reward.id)));
    await gateway.until(async () => {
      const waiting = await gateway.sql(
        `select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query ~ 'update rewards set stock'`,
      );
      return waiting.length === 2;
    });
    await concluding.query("commit");
    for (const [index, customer] of customers.entries()) await orderSettled(customer, orders[index] ?? "");
  });
  await newOrder.query("commit");
  await Promise.all([newOrder.end(), concluding.end()]);
  expect(updates).toBe(2);
});
