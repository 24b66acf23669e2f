import { randomUUID } from "node:crypto";
import { importJWK, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePostPush } from "../../src/push/post-push.ts";
import { serviceOf } from "../../src/push/push-service.ts";
import { type Customer, type InProcessGateway, PUSH_PRIVATE_KEY, startTestGateway } from "../support/gateway.ts";
import { orderPrepared, orderSettled, placeOrder } from "../support/orders.ts";
import { insertAwards } from "../support/rewards/awards.ts";
import { addSubscription, type Browser, makeBrowser, startPushService, subscriptionsOf } from "./support.ts";

const LOCAL = { WEBHOOKS_TO_PRIVATE_ADDRESSES: "true", PUSH_SERVICES: "127.0.0.1,localhost" };

let gateway: InProcessGateway;
let service: Awaited<ReturnType<typeof startPushService>>;
beforeAll(async () => {
  [gateway, service] = await Promise.all([startTestGateway(LOCAL), startPushService()]);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

async function subscribed(customer: Customer, options: { language?: string; host?: string } = {}) {
  const { host, ...input } = options;
  const [browser, path] = [makeBrowser(), randomUUID()];
  const { p256dh, auth } = browser;
  const added = await addSubscription(customer, { endpoint: service.endpoint(path, host), p256dh, auth, ...input });
  expect(added.userErrors).toEqual([]);
  return { ...browser, path, customer, id: added.pushSubscription?.id ?? "" };
}
const messages = async ({ path, decrypt }: Browser & { path: string }, count = 1) =>
  (await service.when(path, count)).map(({ body }) => decrypt(body));
const rowsOf = (customer: Customer) =>
  gateway.sql("select id from push_subscriptions where customer_id = $1", [customer.customerId]);

/** Gives the customer points, which is an event of the feed. */
async function award(customer: Customer, points: number): Promise<string> {
  const [id = ""] = await insertAwards(gateway, [{ customerId: customer.customerId, points }]);
  await gateway.sql(
    "select tell_member($1, 'AWARD_CREDITED', jsonb_build_object('awardId', $2::text, 'unit', 'POINTS', 'quantity', $3::int), now())",
    [customer.customerId, id, points],
  );
  return id;
}

describe("a browser with notifications", () => {
  test("gets a message that only it can read when an order is complete, signed by the gateway", async () => {
    const customer = await gateway.customer();
    const browser = await subscribed(customer);
    const voucher = await gateway.voucher({ points: 100 });
    const order = await orderSettled(customer, await placeOrder(customer, voucher.id));
    const [message] = await messages(browser);
    expect(message).toEqual({
      title: "Your order is complete",
      body: `Order ${order.number}`,
      url: `/orders/${order.id}`,
      tag: `order:${order.number}`,
      language: "en",
    });
    const [arrived] = await service.when(browser.path);
    expect(arrived?.headers).toMatchObject({ "content-encoding": "aes128gcm", ttl: "86400", urgency: "normal" });
    expect(arrived?.headers["topic"]).toMatch(/^[\w-]{32}$/);
    expect(arrived?.body.toString("latin1")).not.toContain(order.number);

    const { pushSettings } = await gateway.anonymous.ok<{ pushSettings: { publicKey: string } }>(
      "{ pushSettings { publicKey } }",
    );
    const [, token = "", key = ""] = /^vapid t=(.+), k=(.+)$/.exec(arrived?.headers.authorization ?? "") ?? [];
    expect(key).toBe(pushSettings.publicKey);
    const point = Buffer.from(key, "base64url");
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
    const publicKey = await importJWK({ kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "" }, "ES256");
    const verified = await jwtVerify(token, publicKey, { audience: new URL(service.endpoint("")).origin });
    expect(verified.payload.sub).toBe("mailto:operator@example.com");
    await gateway.until(async () => (await gateway.sql("select from push_messages")).length === 0);
  });

  test("is told of points that were earned, in its own language", async () => {
    const customer = await gateway.customer();
    const [hindi, other] = [await subscribed(customer, { language: "hi-IN" }), await gateway.customer()];
    const indonesian = await subscribed(other, { language: "id" });
    await award(customer, 1_500);
    await award(other, 1_500);
    expect(await messages(hindi)).toMatchObject([{ title: "1,500 पॉइंट जोड़े गए", url: "/activity", language: "hi" }]);
    expect(await messages(indonesian)).toMatchObject([{ title: "1.500 poin ditambahkan", language: "id" }]);
  });

  test("is told of a parcel, of its delivery, and of points that come back", async () => {
    const customer = await gateway.customer();
    const browser = await subscribed(customer);
    const parcel = await gateway.merchandise({ points: 100 });
    const id = await placeOrder(customer, parcel.id);
    const { lines, number } = await orderPrepared(customer, id);
    const report = (status: string) =>
      gateway.operator.ok(
        "mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }",
        { input: { orderId: id, lineId: lines[0]?.id, status } },
      );
    await report("SHIPPED");
    await messages(browser, 1);
    await report("DELIVERED");
    await messages(browser, 2);
    await gateway.operator.ok(
      "mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { userErrors { code } } }",
      { input: { orderId: id, reason: "CANCELLATION", idempotencyKey: randomUUID() } },
    );
    const told = await messages(browser, 3);
    expect(told.map(({ title }) => title)).toEqual([
      "Your parcel is on its way",
      "Your order is complete",
      "Your points are back",
    ]);
    expect(new Set(told.map(({ tag }) => tag))).toEqual(new Set([`order:${number}`]));
    const topics = service.arrived
      .filter(({ path }) => path === `/${browser.path}`)
      .map(({ headers }) => headers["topic"]);
    expect(new Set(topics).size).toBe(1);
  });

  test("is told of an order that failed", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const browser = await subscribed(customer);
    const voucher = await gateway.voucher({ points: 100 });
    gateway.fault("redeem", { fault: "refuse" });
    await orderSettled(customer, await placeOrder(customer, voucher.id));
    const [message] = await messages(browser);
    expect(message?.title).toBe("Your order was unsuccessful");
  });

  test("gets a message again that its push service could not take, with the same topic", async () => {
    const customer = await gateway.customer();
    const browser = await subscribed(customer);
    const answers = [{ status: 429, headers: { "retry-after": "0" } }, { status: 503 }];
    service.answerBy(({ path }) => (path === `/${browser.path}` ? answers.shift() : undefined) ?? { status: 201 });
    await award(customer, 5);
    const sent = await service.when(browser.path, 3);
    expect(new Set(sent.map(({ headers }) => headers["topic"])).size).toBe(1);
    const proof = await subscribed(await gateway.customer()); // a later message is the proof that no fourth one comes
    await award(proof.customer, 5);
    await service.when(proof.path);
    expect(service.arrived.filter(({ path }) => path === `/${browser.path}`)).toHaveLength(3);
  });
});

describe("a subscription", () => {
  test("ends when its push service knows it no longer", async () => {
    const customer = await gateway.customer();
    const browser = await subscribed(customer);
    service.answerBy(({ path }) => ({ status: path === `/${browser.path}` ? 410 : 201 }));
    await award(customer, 5);
    await gateway.until(async () => (await rowsOf(customer)).length === 0);
    expect(await subscriptionsOf(customer)).toEqual([]);
  });

  test("of a push service that does not answer delays no other", async () => {
    const [slow, quick] = [await gateway.customer(), await gateway.customer()];
    const [hung, other] = [await subscribed(slow, { host: "localhost" }), await subscribed(quick)];
    const held = Promise.withResolvers<{ status: number }>();
    service.answerBy(({ path }) => (path === `/${hung.path}` ? held.promise : { status: 201 }));
    await award(slow, 5);
    await service.when(hung.path);
    await award(quick, 5);
    expect(await messages(other)).toMatchObject([{ title: "5 points added" }]);
    held.resolve({ status: 201 });
    await gateway.until(async () => (await gateway.sql("select from push_messages")).length === 0);
    expect(await service.when(hung.path)).toHaveLength(1);
  });

  test("ends with its session, however the session ends", async () => {
    const customer = await gateway.customer();
    const again = await gateway.customer({ customerId: customer.customerId });
    await subscribed(customer);
    await subscribed(again);
    expect(await subscriptionsOf(again)).toMatchObject([{ current: true }, { current: false }]);
    await customer.ok("mutation { signOut { userErrors { code } } }");
    expect(await rowsOf(customer)).toHaveLength(1);
    await gateway.operator.ok(
      "mutation ($input: SignOutCustomerInput!) { signOutCustomer(input: $input) { sessionsEnded } }",
      { input: { customerId: customer.customerId } },
    );
    expect(await rowsOf(customer)).toEqual([]);
  });

  test("of a session that has expired gets no message", async () => {
    const customer = await gateway.customer();
    const browser = await subscribed(customer);
    await gateway.sql("update sessions set expires_at = now() - interval '1 minute' where customer_id = $1", [
      customer.customerId,
    ]);
    await award(customer, 5);
    await gateway.until(async () => (await rowsOf(customer)).length === 0);
    expect(service.arrived.filter(({ path }) => path === `/${browser.path}`)).toEqual([]);
  });

  test("replaces the last one of its session, and is repeated without effect", async () => {
    const customer = await gateway.customer();
    const first = await subscribed(customer);
    const second = await subscribed(customer, { language: "hi" });
    const { p256dh, auth, path } = second;
    const repeated = await addSubscription(customer, {
      endpoint: service.endpoint(path),
      p256dh,
      auth,
      language: "id",
    });
    expect(repeated.pushSubscription).toMatchObject({ id: second.id, current: true, language: "id" });
    expect((await subscriptionsOf(customer)).map(({ id }) => id)).toEqual([second.id]);
    await award(customer, 5);
    await service.when(second.path);
    expect(service.arrived.filter(({ path }) => path === `/${first.path}`)).toEqual([]);
  });

  test("moves to the customer who signs in with the same browser, and leaves the other's messages behind", async () => {
    const [before, after] = [await gateway.customer(), await gateway.customer()];
    const browser = await subscribed(before);
    const asked = Promise.withResolvers<{ status: number }>();
    service.answerBy(({ path }) => (path === `/${browser.path}` ? asked.promise : { status: 201 }));
    await award(before, 5);
    await service.when(browser.path);
    await award(before, 6); // waits behind the first one
    const { p256dh, auth, path } = browser;
    await addSubscription(after, { endpoint: service.endpoint(path), p256dh, auth });
    asked.resolve({ status: 503 });
    await award(after, 7);
    const told = await messages(browser, 2);
    expect(told.map(({ title }) => title)).toEqual(["5 points added", "7 points added"]);
    expect(await rowsOf(before)).toEqual([]);
  });

  test("is one of ten at most: a new one replaces the oldest", async () => {
    const customer = await gateway.customer();
    const oldest = await subscribed(customer);
    for (let nth = 0; nth < 10; nth += 1) {
      await subscribed(await gateway.customer({ customerId: customer.customerId }));
    }
    const ids = (await subscriptionsOf(customer)).map(({ id }) => id);
    expect(ids).toHaveLength(10);
    expect(ids).not.toContain(oldest.id);
  });

  test("is removed by its customer alone", async () => {
    const [customer, other] = [await gateway.customer(), await gateway.customer()];
    const { id } = await subscribed(customer);
    const remove = "mutation ($id: ID!) { removePushSubscription(input: { id: $id }) { userErrors { code } } }";
    await other.ok(remove, { id });
    expect(await rowsOf(customer)).toHaveLength(1);
    await customer.ok(remove, { id });
    expect(await rowsOf(customer)).toEqual([]);
  });

  test("is stored encrypted, is part of an export without its secrets, and is erased with the customer", async () => {
    const customer = await gateway.customer();
    const { path, auth } = await subscribed(customer);
    const [row] = await gateway.sql(
      "select encode(sealed, 'escape') as sealed from push_subscriptions where customer_id = $1",
      [customer.customerId],
    );
    expect(row?.["sealed"]).not.toContain(path);
    const { exportCustomer } = await gateway.operator.ok<{ exportCustomer: { document: string } }>(
      "mutation ($id: String!) { exportCustomer(input: { customerId: $id }) { document } }",
      { id: customer.customerId },
    );
    const { sections } = JSON.parse(exportCustomer.document) as { sections: Record<string, object[]> };
    expect(sections["pushSubscriptions"]).toMatchObject([{ language: "en", service: "127.0.0.1" }]);
    expect(exportCustomer.document).not.toContain(path);
    expect(exportCustomer.document).not.toContain(auth);
    await gateway.operator.ok(
      'mutation ($id: String!) { eraseCustomer(input: { customerId: $id, note: "n" }) { pseudonym } }',
      { id: customer.customerId },
    );
    expect(await rowsOf(customer)).toEqual([]);
  });
});

describe("a subscription is refused", () => {
  const { p256dh, auth } = makeBrowser();
  const offCurve = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]).toString("base64url");
  test.each([
    ["an address of another host", { endpoint: "https://push.example.com/x" }, "endpoint"],
    ["a text that is no address", { endpoint: "push" }, "endpoint"],
    ["an address that is too long", { endpoint: `http://127.0.0.1/${"x".repeat(1_000)}` }, "endpoint"],
    ["a key of another length", { p256dh: "AAAA" }, "p256dh"],
    ["a key that is no point of the curve", { p256dh: offCurve }, "p256dh"],
    ["a short secret", { auth: "AAAA" }, "auth"],
  ])("for %s", async (_, change, field) => {
    const customer = await gateway.customer();
    const input = { endpoint: service.endpoint("refused"), p256dh, auth, ...change };
    expect(await addSubscription(customer, input)).toMatchObject({
      pushSubscription: null,
      userErrors: [{ code: "INVALID_INPUT", field: ["input", field] }],
    });
  });
});

describe("the address of a push service", () => {
  const services = ["fcm.googleapis.com", "*.push.apple.com", "10.0.0.1"];
  const checked = (endpoint: string) => serviceOf(endpoint, { services, mayBePrivate: false });
  test.each([
    ["https://fcm.googleapis.com/fcm/send/abc", "fcm.googleapis.com"],
    ["https://web.push.apple.com/abc", "*.push.apple.com"],
  ])("%s is one of %s", (endpoint, found) => {
    expect(checked(endpoint)).toEqual({ service: found });
  });
  test.each([
    "http://fcm.googleapis.com/x",
    "https://fcm.googleapis.com.example.com/x",
    "https://evilfcm.googleapis.com/x",
    "https://push.apple.com/x",
    "https://evilpush.apple.com/x",
    "https://user@fcm.googleapis.com/x",
    "https://fcm.googleapis.com:8443/x",
    "https://10.0.0.1/x",
    "https://[::1]/x",
    "file:///etc/passwd",
  ])("%s is none", (endpoint) => {
    expect(checked(endpoint)).toHaveProperty("problem");
  });

  test("is not connected to if its name leads to a private network", async () => {
    const ecdsa = { publicKey: "", privateKey: PUSH_PRIVATE_KEY, subject: "mailto:a@example.com" };
    const { pushSettings } = await gateway.anonymous.ok<{ pushSettings: { publicKey: string } }>(
      "{ pushSettings { publicKey } }",
    );
    const vapid = { ...ecdsa, publicKey: pushSettings.publicKey };
    const sender = makePostPush({ vapid, mayBePrivate: false, timeoutMs: 5_000 });
    const { p256dh, auth } = makeBrowser();
    const before = service.arrived.length;
    const endpoint = service.endpoint("private", "localhost");
    const answer = await sender.post(
      { endpoint: endpoint.replace("http:", "https:"), p256dh, auth },
      { body: "{}", subject: "s" },
    );
    expect(answer).toMatchObject({ outcome: "retry", reason: expect.stringContaining("not a public address") });
    expect(service.arrived).toHaveLength(before);
    await sender.close();
  });
});
