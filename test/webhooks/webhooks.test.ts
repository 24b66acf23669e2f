import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPublic } from "../../src/platform/public-address.ts";
import { sign } from "../../src/platform/webhook-signature.ts";
import { urlProblem } from "../../src/webhooks/webhook-problems.ts";
import { DAY, HOUR, makeTestClock } from "../support/clock.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { orderPrepared, orderSettled, orderWhen, placeOrder } from "../support/orders.ts";
import { retriesOfTests } from "../support/retries.ts";
import { insertAwards } from "../support/rewards/awards.ts";
import { change, createWebhook, deliveriesOf, type Received, startReceiver, type UserError } from "./support.ts";

const LOCAL = { WEBHOOKS_TO_PRIVATE_ADDRESSES: "true" };

let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway(LOCAL);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const nameOf = () => `hook-${randomUUID()}`;

async function subscribed(eventTypes: string[], options: object = {}) {
  const receiver = await startReceiver();
  const name = nameOf();
  const { secret, userErrors } = await createWebhook(gateway.operator, {
    name,
    url: receiver.url,
    eventTypes,
    ...options,
  });
  expect(userErrors).toEqual([]);
  return Object.assign(receiver, { name, secret: secret ?? "" });
}

const about = (subject: string) => (request: Received) => request.body.subject === subject;

describe("a webhook", () => {
  test("is sent each status of an order in order, signed", async () => {
    await using receiver = await subscribed(["ORDER_STATUS_CHANGED"]);
    const customer = await gateway.customer();
    const voucher = await gateway.voucher({ points: 100 });
    const order = await orderSettled(customer, await placeOrder(customer, voucher.id));
    const requests = await receiver.when(about(`order:${order.number}`), order.history.length);
    expect(requests.map(({ body }) => body.data["seq"])).toEqual(order.history.map(({ seq }) => seq));
    expect(requests.at(-1)?.body).toMatchObject({
      type: "order.status_changed",
      data: { orderId: order.id, orderNumber: order.number, customerId: customer.customerId, status: "FULFILLED" },
    });
    for (const { headers, raw, body } of requests) {
      const signature = String(headers["x-tessera-signature"]);
      const at = new Date(Number(/^t=(\d+)/.exec(signature)?.[1]) * 1_000);
      expect(signature).toBe(sign(raw, receiver.secret, at));
      expect(headers["x-tessera-delivery"]).toBe(body.id);
      expect(headers["x-tessera-event"]).toBe("order.status_changed");
    }
    await gateway.until(async () =>
      (await deliveriesOf(gateway.operator, receiver.name)).every(({ state }) => state === "DELIVERED"),
    );
  });

  test("whose delivery fails is sent the same again, while later events of the subject wait and other subjects continue", async () => {
    await using receiver = await subscribed(["ORDER_STATUS_CHANGED"]);
    const customer = await gateway.customer();
    const voucher = await gateway.voucher({ points: 100 });
    const answers = [503, 302, 404];
    let stuck: string | undefined;
    receiver.answerBy(({ body }) => {
      stuck ??= body.subject;
      return body.subject === stuck ? (answers.shift() ?? 200) : 200;
    });
    const first = await orderSettled(customer, await placeOrder(customer, voucher.id));
    const second = await orderSettled(customer, await placeOrder(customer, voucher.id));
    const subjects = [`order:${first.number}`, `order:${second.number}`];
    await receiver.when(({ body, status }) => status === 200 && body.data["status"] === "FULFILLED", 2);
    for (const subject of subjects) {
      const requests = receiver.received.filter(about(subject));
      const good = requests.filter(({ status }) => status === 200).map(({ body }) => body.sequence);
      expect(good).toEqual(good.toSorted((a, b) => a - b));
    }
    const [tried] = receiver.received.filter(({ body }) => body.subject === stuck);
    const attempts = receiver.received.filter(({ body }) => body.id === tried?.body.id);
    expect(attempts.map(({ status }) => status)).toEqual([503, 302, 404, 200]);
    expect(new Set(attempts.map(({ raw }) => raw)).size).toBe(1);
    expect(attempts.map(({ headers }) => headers["x-tessera-attempt"])).toEqual(["1", "2", "3", "4"]);
  });

  test("gets 32 requests at once, each of another subject", async () => {
    await using receiver = await subscribed(["STOCK_LOW"]);
    const held = Promise.withResolvers<number>();
    receiver.answerBy(() => held.promise);
    await gateway.sql(
      `insert into webhook_messages (id, webhook_id, type, subject, data, at)
        select gen_random_uuid(), w.id, 'stock.low', 'subject:' || n % 40, '{}', now()
        from generate_series(1, 80) n, webhooks w where w.name = $1`,
      [receiver.name],
    );
    const first = await receiver.when(() => true, 32);
    expect(new Set(first.map(({ body }) => body.subject)).size).toBe(32);
    expect(receiver.received).toHaveLength(32);
    held.resolve(200);
    await receiver.when(({ headers, status }) => headers["x-tessera-attempt"] === "1" && status === 200, 80);
    for (let n = 0; n < 40; n += 1) {
      const sequences = receiver.received.filter(about(`subject:${n}`)).map(({ body }) => body.sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    }
  });

  test("that is slow for a subject gets the other subjects meanwhile, new ones as well", async () => {
    await using receiver = await subscribed(["STOCK_LOW"]);
    const held = Promise.withResolvers<number>();
    const slow = about("subject:0");
    receiver.answerBy((request) => (slow(request) ? held.promise : 200));
    const insert = (subjects: number) =>
      gateway.sql(
        `insert into webhook_messages (id, webhook_id, type, subject, data, at)
          select gen_random_uuid(), w.id, 'stock.low', 'subject:' || n % $2, '{}', now()
          from generate_series(1, $2 * 2) n, webhooks w where w.name = $1`,
        [receiver.name, subjects],
      );
    await insert(40);
    const others = await receiver.when((request) => !slow(request) && request.status === 200, 78);
    expect(new Set(others.map(({ body }) => body.id)).size).toBe(78);
    const { name } = receiver;
    await change(gateway.operator, "testWebhook", "delivery { id }", { name });
    await receiver.when(({ body, status }) => body.type === "test" && status === 200);
    await gateway.until(async () => (await deliveriesOf(gateway.operator, name))[0]?.state === "DELIVERED");
    expect(receiver.received.filter(slow)).toHaveLength(1);
    held.resolve(200);
    const [first, second] = await receiver.when((request) => slow(request) && request.status === 200, 2);
    expect(first?.body.sequence).toBeLessThan(second?.body.sequence ?? 0);
  });

  test("whose sender stops before it knows the outcome is sent the same again by the next process", async () => {
    await using own = await startTestGateway({ ...LOCAL, UPSTREAM_TIMEOUT_MS: "1000" });
    await using receiver = await startReceiver();
    const name = nameOf();
    await createWebhook(own.operator, { name, url: receiver.url, eventTypes: ["STOCK_LOW"] });
    const never = new Promise<number>(() => {});
    receiver.answerBy(() => never);
    await change(own.operator, "testWebhook", "delivery { id }", { name });
    const [first] = await receiver.when(() => true);
    receiver.answerBy(() => 200);
    await own.restart();
    const again = await receiver.when(({ status }) => status === 200);
    expect(again[0]?.body).toEqual(first?.body);
  });

  test("is notified of low stock, once", async () => {
    await using receiver = await subscribed(["STOCK_LOW"], { stockLowAt: 3 });
    const customer = await gateway.customer();
    const parcel = await gateway.merchandise({ points: 1, stock: 4 });
    await placeOrder(customer, parcel.id);
    const [low] = await receiver.when(about(`reward:${parcel.sku}`));
    expect(low?.body).toMatchObject({ type: "stock.low", data: { sku: parcel.sku, stock: 3, stockLowAt: 3 } });
    await placeOrder(customer, parcel.id);
    const other = await gateway.merchandise({ points: 1, stock: 4 }); // the proof that nothing came before
    await placeOrder(customer, other.id);
    await receiver.when(about(`reward:${other.sku}`));
    expect(receiver.received.filter(about(`reward:${parcel.sku}`))).toHaveLength(1);
  });

  test("is notified of records that need an operator", async () => {
    await using receiver = await subscribed(["ATTENTION_NEEDED"]);
    const customer = await gateway.customer();
    const voucher = await gateway.voucher({ points: 100 });
    const order = await orderSettled(customer, await placeOrder(customer, voucher.id));
    await gateway.sql(
      `insert into discrepancies (id, order_id, message, found_at) select gen_random_uuid(), id, 'look', now() from orders where number = $1`,
      [order.number],
    );
    const [told] = await receiver.when(about(`order:${order.number}`));
    expect(told?.body.data).toMatchObject({ reason: "DISCREPANCY", orderId: order.id, message: "look" });
  });

  test("is notified once of an order whose deduction no evidence settles", async () => {
    await using own = await startTestGateway({ ...LOCAL, CLIENT_SETTLE_SECONDS: "0.3" });
    await using receiver = await startReceiver();
    const eventTypes = ["ATTENTION_NEEDED"];
    await createWebhook(own.operator, { name: nameOf(), url: receiver.url, eventTypes });
    const customer = await own.customer({ balance: 1_000 });
    const voucher = await own.voucher({ points: 200 });
    own.fault("redeem", { fault: "commit-then-drop" });
    const id = await placeOrder(customer, voucher.id);
    const look = own.fault("points", { fault: "hold" });
    await own.sandbox.faults.held(look);
    await own.spendElsewhere(customer.customerId, 1); // now the balance fits neither outcome
    own.sandbox.faults.release({ id: look.id });
    const uncertain = await orderWhen(customer, id, ({ pointsState }) => pointsState === "NEEDS_ATTENTION");
    const ofState = ({ body }: Received) => body.data["reason"] === "POINTS_UNCERTAIN";
    const [told] = await receiver.when(ofState);
    expect(told?.body).toMatchObject({
      type: "attention.needed",
      subject: `order:${uncertain.number}`,
      data: { reason: "POINTS_UNCERTAIN", orderId: id, orderNumber: uncertain.number, customerId: customer.customerId },
    });
    await own.operator.ok(
      `mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { userErrors { code } } }`,
      {
        input: {
          orderId: id,
          movementId: uncertain.pointsTrail[0]?.id,
          outcome: "HAPPENED",
          note: "looked up",
          idempotencyKey: randomUUID(),
        },
      },
    );
    await orderSettled(customer, id);
    expect(receiver.received.filter(ofState)).toHaveLength(1);
    const reasons = receiver.received.map(({ body }) => body.data["reason"]);
    expect(reasons.toSorted()).toEqual(["DISCREPANCY", "POINTS_UNCERTAIN"]); // the contradiction, and the state of the order
  });

  test("is notified of an award whose credit no evidence settles", async () => {
    let passedMs = 0;
    const clock = { now: () => new Date(Date.now() + passedMs) };
    const pace = { creditPollMs: 20, retries: retriesOfTests({ credit: { firstPauseMs: 10 } }) };
    await using own = await startTestGateway({ ...LOCAL, CLIENT_SETTLE_SECONDS: "3600" }, { clock, pace });
    await using receiver = await startReceiver();
    const eventTypes = ["ATTENTION_NEEDED", "AWARD_CHANGED"];
    await createWebhook(own.operator, { name: nameOf(), url: receiver.url, eventTypes });
    const customer = await own.customer({ balance: 0 });
    own.fault("credit", { fault: "http-500" });
    const second = own.fault("credit", { fault: "hold" });
    const [id = ""] = await insertAwards(own, [{ customerId: customer.customerId, points: 70 }]);
    await own.sandbox.faults.held(second);
    passedMs = 7 * HOUR; // longer than a credit's outcome may stay unknown
    own.sandbox.faults.release({ with: "drop" });
    const [told] = await receiver.when(({ body }) => body.type === "attention.needed");
    expect(told?.body).toMatchObject({
      subject: `award:${id}`,
      data: { reason: "AWARD_UNCERTAIN", customerId: customer.customerId, awardId: expect.any(String) },
    });
    const states = receiver.received.filter(({ body }) => body.type === "award.changed");
    expect(states.map(({ body }) => body.data["state"])).toEqual(["PENDING", "UNCERTAIN", "NEEDS_ATTENTION"]);
  });

  test("is notified of awards and of a member's events", async () => {
    await using receiver = await subscribed(["AWARD_CHANGED", "MEMBER_EVENT"]);
    const customer = await gateway.customer();
    await customer.ok("mutation { checkIn { userErrors { code } } }");
    const [told] = await receiver.when(about(`member:${customer.customerId}`));
    expect(told?.body).toMatchObject({
      type: "member.event",
      data: { customerId: customer.customerId, seq: 1, facts: expect.any(Object) },
    });
  });

  test("that is inactive or was deleted is sent nothing", async () => {
    await using receiver = await subscribed(["STOCK_LOW"]);
    const { name } = receiver;
    await change(gateway.operator, "updateWebhook", "webhook { active }", { name, active: false });
    const customer = await gateway.customer();
    const parcel = await gateway.merchandise({ points: 1, stock: 11 });
    await orderPrepared(customer, await placeOrder(customer, parcel.id));
    expect(await deliveriesOf(gateway.operator, name)).toEqual([]);
    await change(gateway.operator, "updateWebhook", "webhook { active }", { name, active: true });
    await change(gateway.operator, "testWebhook", "delivery { id }", { name });
    await receiver.when(({ body }) => body.type === "test");
    expect(receiver.received).toHaveLength(1);
    expect(
      (await change<{ userErrors: UserError[] }>(gateway.operator, "deleteWebhook", "", { name })).userErrors,
    ).toEqual([]);
    const again = await change<{ userErrors: UserError[] }>(gateway.operator, "testWebhook", "", { name });
    expect(again.userErrors).toMatchObject([{ code: "WEBHOOK_NOT_FOUND" }]);
  });
});

describe("an operator", () => {
  test("sees the deliveries and replays one with the same id", async () => {
    await using receiver = await subscribed(["STOCK_LOW"]);
    const { name } = receiver;
    await change(gateway.operator, "testWebhook", "delivery { id }", { name });
    await gateway.until(async () => (await deliveriesOf(gateway.operator, name))[0]?.state === "DELIVERED");
    const [delivery] = await deliveriesOf(gateway.operator, name);
    expect(delivery).toMatchObject({ eventType: "TEST", attempts: 1, lastStatus: 200, lastError: null });
    expect(receiver.received.map(({ raw }) => raw)).toEqual([delivery?.body]);
    const replayed = await change(gateway.operator, "replayWebhook", "replayed", { name, deliveryIds: [delivery?.id] });
    expect(replayed).toMatchObject({ replayed: 1 });
    await receiver.when(({ body }) => body.id === delivery?.messageId, 2);
  });

  test("replays the failed deliveries since a moment", async () => {
    await using receiver = await subscribed(["STOCK_LOW"]);
    const { name } = receiver;
    receiver.answerBy(() => 500);
    await change(gateway.operator, "testWebhook", "delivery { id }", { name });
    await receiver.when(() => true, 2);
    await gateway.until(async () => {
      await gateway.sql(
        `update webhook_messages set attempts = 79, due_at = now() where state = 'PENDING'
           and webhook_id = (select id from webhooks where name = $1)`,
        [name],
      );
      return (await deliveriesOf(gateway.operator, name))[0]?.state === "FAILED";
    });
    expect((await deliveriesOf(gateway.operator, name))[0]).toMatchObject({
      lastStatus: 500,
      lastError: "The receiver answered HTTP 500.",
    });
    receiver.answerBy(() => 204);
    await change(gateway.operator, "replayWebhook", "replayed", { name, failedSince: new Date(0).toISOString() });
    await receiver.when(({ status }) => status === 204);
  });

  test("rotates the secret, and for a day requests are signed with the new one and with the one before", async () => {
    const clock = makeTestClock();
    await using own = await startTestGateway(LOCAL, { clock });
    await using receiver = await startReceiver();
    const name = nameOf();
    const { secret: first } = await createWebhook(own.operator, { name, url: receiver.url, eventTypes: ["TEST"] });
    const rotate = () =>
      change<{ secret: string; webhook: { lastSecretUntil: string | null } }>(
        own.operator,
        "rotateWebhookSecret",
        "secret webhook { lastSecretUntil }",
        { name },
      );
    /** The secrets that sign the next request, in the order of its signatures. */
    const signedWith = async (...secrets: (string | null)[]) => {
      const sent = receiver.received.length;
      await change(own.operator, "testWebhook", "delivery { id }", { name });
      const request = (await receiver.when(() => true, sent + 1)).at(-1);
      const header = String(request?.headers["x-tessera-signature"]);
      const [t = "", ...signatures] = header.split(",");
      const at = new Date(Number(t.slice(2)) * 1_000);
      const bySecret = new Map(secrets.map((secret, nth) => [sign(request?.raw ?? "", secret ?? "", at), nth]));
      return signatures.map((signature) => bySecret.get(`${t},${signature}`));
    };
    expect(await signedWith(first)).toEqual([0]);
    const { secret: second, webhook } = await rotate();
    expect(webhook.lastSecretUntil).toBe(new Date(clock.now().getTime() + DAY).toISOString());
    expect(await signedWith(first, second)).toEqual([1, 0]);
    const stored = await own.sql<{ secret: Buffer; last_secret: Buffer }>("select secret, last_secret from webhooks");
    for (const sealed of Object.values(stored[0] ?? {})) {
      for (const secret of [first, second]) expect(sealed.includes(secret ?? "")).toBe(false);
    }
    const { secret: third } = await rotate();
    expect(await signedWith(first, second, third)).toEqual([2, 1]);
    clock.advance(DAY);
    expect(await signedWith(first, second, third)).toEqual([2]);
    const { webhook: later } = await own.operator.ok<{ webhook: { lastSecretUntil: string | null } }>(
      "query ($name: String!) { webhook(name: $name) { lastSecretUntil } }",
      { name },
    );
    expect(later.lastSecretUntil).toBeNull();
  });

  test.each<[string, object, string]>([
    ["a name with blanks", { name: "My hook" }, "name"],
    ["no address", { url: "example.com" }, "url"],
    ["an address with a password", { url: "https://a:b@example.com/" }, "url"],
    ["an address that is too long", { url: `https://example.com/${"x".repeat(2_000)}` }, "url"],
    ["no types", { eventTypes: [] }, "eventTypes"],
    ["a negative stock", { stockLowAt: -1 }, "stockLowAt"],
  ])("gets an error that names the wrong field: %s", async (_, input, field) => {
    const base = { name: nameOf(), url: "https://example.com/hook", eventTypes: ["TEST"] };
    const { userErrors } = await createWebhook(gateway.operator, { ...base, ...input });
    expect(userErrors).toMatchObject([{ code: "INVALID_INPUT", field: ["input", field] }]);
  });

  test("has one webhook of each name, and at most twenty", async () => {
    await using own = await startTestGateway(LOCAL);
    const create = (name: string) =>
      createWebhook(own.operator, { name, url: "https://example.com/hook", eventTypes: ["TEST"] });
    expect((await create("one")).userErrors).toEqual([]);
    expect((await create("one")).userErrors).toMatchObject([{ code: "WEBHOOK_NAME_TAKEN" }]);
    for (let number = 2; number <= 20; number += 1) expect((await create(`number-${number}`)).userErrors).toEqual([]);
    expect((await create("one-more")).userErrors).toMatchObject([{ code: "INVALID_INPUT" }]);
  });
});

describe("a private address", () => {
  test.each([
    "http://example.com/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://10.0.0.1:8443/hook",
    "https://169.254.169.254/latest",
    "https://2130706433/",
    "https://0x7f.1/",
    "file:///etc/passwd",
  ])("(%s) is refused by its notation", (url) => {
    expect(urlProblem(url, false)).not.toBeNull();
  });

  test("behind a name is refused at connection, and the log says so", async () => {
    expect(isPublic("127.0.0.1")).toBe(false);
    await using own = await startTestGateway();
    const name = nameOf();
    const input = { name, url: "https://localhost/hook", eventTypes: ["TEST"] };
    expect((await createWebhook(own.operator, input)).userErrors).toEqual([]);
    await change(own.operator, "testWebhook", "delivery { id }", { name });
    await own.until(async () => ((await deliveriesOf(own.operator, name))[0]?.attempts ?? 0) > 0);
    expect((await deliveriesOf(own.operator, name))[0]).toMatchObject({
      state: "PENDING",
      lastStatus: null,
      lastError: expect.stringContaining("localhost is not a public address"),
    });
  });
});
