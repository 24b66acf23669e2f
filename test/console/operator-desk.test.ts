import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { type OperatorKeyCaller, operatorKey } from "../support/operator-key.ts";
import { addToCart, orderSettled, placeOrder } from "../support/orders.ts";
import { sentOtp } from "../support/sign-in.ts";

let gateway: InProcessGateway;
let support: OperatorKeyCaller;
let catalogue: OperatorKeyCaller;
beforeAll(async () => {
  gateway = await startTestGateway({ CLIENT_SETTLE_SECONDS: "0.05" });
  support = await operatorKey(gateway, ["support"]);
  catalogue = await operatorKey(gateway, ["catalogue"]);
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function orderOf(balance = 1_000) {
  const customer = await gateway.customer({ balance });
  const reward = await gateway.voucher({ points: 200 });
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));
  return { customer, reward, order };
}

/** An order with an unknown deduction: the answer was lost, and another channel spent an odd number of points. */
async function unknownOrder() {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  const lost = gateway.fault("redeem", { fault: "hold", commit: true });
  const id = await placeOrder(customer, reward.id);
  await gateway.sandbox.faults.held(lost);
  await gateway.spendElsewhere(customer.customerId, 77);
  gateway.endTimeouts("redeem");
  gateway.sandbox.faults.release();
  await gateway.until(async () => {
    const { order } = await customer.ok<{ order: { pointsState: string } }>(
      "query ($id: ID!) { order(id: $id) { pointsState } }",
      { id },
    );
    return order.pointsState === "NEEDS_ATTENTION";
  });
  return { customer, id };
}

test("an order is found by its number as customers read it out over the phone", async () => {
  const { customer, order } = await orderOf();
  const byNumber = "query ($number: String!) { order(number: $number) { id customer { customerId } } }";
  const dictated = order.number.toLowerCase().replaceAll("-", " ").replaceAll("0", "o");
  for (const number of [order.number, dictated]) {
    expect(await support.ok(byNumber, { number })).toEqual({
      order: { id: order.id, customer: { customerId: customer.customerId } },
    });
  }
  expect(await customer.ok(byNumber, { number: order.number })).toMatchObject({ order: { id: order.id } });
  const other = await gateway.customer();
  expect(await other.ok(byNumber, { number: order.number })).toEqual({ order: null });
  const both = await support.send('query ($id: ID!) { order(id: $id, number: "x") { id } }', { id: order.id });
  expect(both.errors?.[0]).toMatchObject({ extensions: { code: "BAD_USER_INPUT" } });
});

test("the search finds records by what customers quote, within each role's rights", async () => {
  const { customer, order, reward } = await orderOf();
  const ending = order.lines[0]?.vouchers[0]?.maskedCode.replaceAll("•", "") ?? "";
  const find = async (text: string, by = support) => {
    const { search } = await by.ok<{ search: { match: string; order: { number: string } | null; text: string }[] }>(
      "query ($text: String!) { search(text: $text) { match text detail order { number } customer { customerId } reward { sku } } }",
      { text },
    );
    return search;
  };
  const found = { match: "ORDER_NUMBER", order: { number: order.number } };
  expect(await find(order.number)).toEqual([expect.objectContaining(found)]);
  expect(await find(order.number.slice(11).toLowerCase())).toContainEqual(expect.objectContaining(found));
  expect(await find(customer.customerId.slice(0, -3))).toEqual([
    expect.objectContaining({ match: "CUSTOMER_ID", text: customer.customerId, detail: "1 orders" }),
  ]);
  expect(await find(ending.toLowerCase())).toContainEqual(
    expect.objectContaining({ match: "VOUCHER_ENDING", order: { number: order.number } }),
  );
  expect(await find(reward.sku, catalogue)).toEqual([expect.objectContaining({ match: "REWARD" })]);
  expect(await find(order.number, catalogue)).toEqual([]);
  expect(await find("100% _ \\ '")).toEqual([]);
  const short = await support.send(`{ search(text: "x") { text } }`);
  expect(short.errors?.[0]).toMatchObject({ message: expect.stringContaining("2 to 100 characters") });
});

test("an unknown outcome stands in the queue with its order and its age until it is resolved", async () => {
  const { customer, id } = await unknownOrder();
  const read = async () => {
    const { attention } = await support.ok<{
      attention: {
        total: number;
        queues: {
          kind: string;
          count: number;
          oldestSince: string | null;
          items: { summary: string; order: { id: string; assignee: string | null }; ageSeconds: number }[];
        }[];
      };
    }>(
      `{ attention { total queues { kind count oldestSince items { summary ageSeconds customerId order { id assignee } } } } }`,
    );
    return attention.queues.find(({ kind }) => kind === "OUTCOME_UNKNOWN");
  };
  await support.ok(
    `mutation ($id: ID!) { assign(input: { to: { orderId: $id }, assignee: "asha" }) { userErrors { code } } }`,
    { id },
  );
  const waiting = await read();
  expect(waiting?.items.find((item) => item.order.id === id)).toMatchObject({
    summary: expect.stringMatching(/^Order ORD-.+: the outcome of taking 200 points is not known\.$/),
    customerId: customer.customerId,
    order: { assignee: "asha" },
  });
  await support.ok(
    `mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { userErrors { code message } } }`,
    { input: { orderId: id, outcome: "HAPPENED", note: "in their ledger", idempotencyKey: randomUUID() } },
  );
  await orderSettled(customer, id);
  expect((await read())?.items.some((item) => item.order.id === id)).toBe(false);
});

test("each role sees its own queues", async () => {
  const kinds = async (by: OperatorKeyCaller) => {
    const { attention } = await by.ok<{ attention: { queues: { kind: string }[] } }>(
      "{ attention { queues { kind } } }",
    );
    return attention.queues.map(({ kind }) => kind);
  };
  expect(await kinds(catalogue)).toEqual(["CATALOGUE_SYNC_FAILED", "POOL_LOW", "VOUCHERS_EXPIRING"]);
  expect(await kinds(await operatorKey(gateway, ["rewards"]))).toEqual(["MESSAGE_QUARANTINED"]);
  expect((await kinds(support)).length).toBe(11);
});

test("orders are filtered by customer, reward, time and assignee", async () => {
  const { customer, reward, order } = await orderOf();
  const count = async (filter: object) => {
    const { orders } = await support.ok<{ orders: { nodes: { id: string }[] } }>(
      "query ($filter: OrderFilter) { orders(filter: $filter) { nodes { id } totalCount } }",
      { filter },
    );
    return orders.nodes.map(({ id }) => id);
  };
  await support.ok(
    `mutation ($id: ID!) { assign(input: { to: { orderId: $id }, assignee: "ravi" }) { assignee userErrors { code } } }`,
    { id: order.id },
  );
  expect(await count({ customerId: customer.customerId })).toEqual([order.id]);
  expect(await count({ rewardId: reward.id })).toEqual([order.id]);
  expect(await count({ assignee: "ravi" })).toEqual([order.id]);
  expect(await count({ customerId: customer.customerId, placedBefore: "2020-01-01T00:00:00Z" })).toEqual([]);
  expect(await count({ customerId: customer.customerId, placedFrom: "2020-01-01T00:00:00Z" })).toEqual([order.id]);
  expect(await count({ rewardId: "no such" })).toEqual([]);
  const own = await customer.send('{ me { orders(filter: { assignee: "ravi" }) { totalCount } } }');
  expect(own.errors?.[0]).toMatchObject({ extensions: { code: "FORBIDDEN" } });
});

test("a note stays with its order and its customer, and is exported and erased with them", async () => {
  const { customer, order } = await orderOf();
  const add = (on: object, text: string) =>
    support.send<{ addNote: { note: { author: string } | null; userErrors: { code: string }[] } }>(
      "mutation ($input: AddNoteInput!) { addNote(input: $input) { note { author text } userErrors { code } } }",
      { input: { on, text } },
    );
  await add({ orderId: order.id }, " The parcel was wet. ");
  await add({ customerId: customer.customerId }, "Prefers e-mail.");
  expect((await add({ customerId: "nobody" }, "x")).data?.addNote.userErrors).toEqual([{ code: "CUSTOMER_NOT_FOUND" }]);
  expect((await add({ orderId: order.id }, " ")).data?.addNote.userErrors).toEqual([{ code: "INVALID_INPUT" }]);
  const read = await support.ok(
    "query ($id: ID!, $customerId: String!) { order(id: $id) { notes { author text } } customer(customerId: $customerId) { notes { text } } }",
    { id: order.id, customerId: customer.customerId },
  );
  expect(read).toEqual({
    order: { notes: [{ author: `key:${support.name}`, text: "The parcel was wet." }] },
    customer: { notes: [{ text: "Prefers e-mail." }] },
  });
  const { exportCustomer } = await support.ok<{ exportCustomer: { document: string } }>(
    "mutation ($id: String!) { exportCustomer(input: { customerId: $id }) { document userErrors { code } } }",
    { id: customer.customerId },
  );
  expect(JSON.parse(exportCustomer.document).sections.operatorNotes).toHaveLength(2);
  await gateway.operator.ok(
    `mutation ($id: String!) { eraseCustomer(input: { customerId: $id, note: "asked" }) { userErrors { code message } } }`,
    { id: customer.customerId },
  );
  expect(await gateway.sql("select from operator_notes where customer_id = $1", [customer.customerId])).toEqual([]);
  expect(
    await support.ok("query ($id: String!) { customer(customerId: $id) { id } }", { id: customer.customerId }),
  ).toEqual({
    customer: null,
  });
});

describe("a customer whom an operator", () => {
  const change = (name: string, input: object) =>
    support.ok<Record<string, { sessionsEnded: number }>>(
      `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { sessionsEnded customer { block { reason by } sessions { id } } userErrors { code message } } }`,
      { input },
    );
  const signIn = async (customerId: string, userAgent = "node") => {
    const browser = makeCaller(() => gateway.url, undefined, { "user-agent": userAgent });
    const { requestOtp } = await browser.ok<{ requestOtp: { challengeId: string } }>(
      "mutation ($id: String!) { requestOtp(input: { customerId: $id }) { challengeId userErrors { code } } }",
      { id: customerId },
    );
    const { data } = await browser.send<{ verifyOtp: { userErrors: { code: string }[] } }>(
      "mutation ($input: VerifyOtpInput!) { verifyOtp(input: $input) { session { expiresAt } userErrors { code } } }",
      { input: { challengeId: requestOtp.challengeId, otp: await sentOtp(gateway, customerId) } },
    );
    return data?.verifyOtp.userErrors.map(({ code }) => code);
  };

  test("signs out has no session left, and may sign in again", async () => {
    const customer = await gateway.customer();
    await addToCart(customer, (await gateway.voucher()).id);
    const answer = await change("signOutCustomer", { customerId: customer.customerId, note: "lost the phone" });
    expect(answer).toMatchObject({ signOutCustomer: { sessionsEnded: 1, customer: { block: null, sessions: [] } } });
    expect(await customer.ok("{ me { id } }")).toEqual({ me: null });
    expect(await signIn(customer.customerId)).toEqual([]);
  });

  test("has one session ended and keeps the other; the audit log names the session", async () => {
    const customer = await gateway.customer();
    const { customerId } = customer;
    await addToCart(customer, (await gateway.voucher()).id);
    await signIn(customerId, "Mozilla/5.0 (Windows NT 10.0; rv:143.0) Gecko/20100101 Firefox/143.0");
    const sessionsOf = async () =>
      (
        await support.ok<{ customer: { sessions: { id: string; device: string | null }[] } }>(
          "query ($customerId: String!) { customer(customerId: $customerId) { sessions { id device } } }",
          { customerId },
        )
      ).customer.sessions;
    const [lost, own] = await sessionsOf();
    expect(lost?.device).toBe("Firefox on Windows");
    expect(await change("signOutCustomer", { customerId, sessionId: lost?.id, note: "lost" })).toMatchObject({
      signOutCustomer: { sessionsEnded: 1 },
    });
    expect((await sessionsOf()).map(({ id }) => id)).toEqual([own?.id]);
    expect(await customer.ok("{ me { id } }")).not.toEqual({ me: null });
    const strangers = await gateway.customer();
    const other = await change("signOutCustomer", { customerId: strangers.customerId, sessionId: own?.id });
    expect(other).toMatchObject({ signOutCustomer: { sessionsEnded: 0 } });
    expect(await customer.ok("{ me { id } }")).not.toEqual({ me: null });
    const [entry] = await gateway.sql(
      "select actor, details from audit_log where action = 'customer.sign-out' and subject = $1",
      [customerId],
    );
    expect(entry).toEqual({
      actor: `key:${support.name}`,
      details: { ended: 1, note: "lost", sessionId: lost?.id },
    });
  });

  test("blocks is signed out, and cannot sign in until the block is removed", async () => {
    const customer = await gateway.customer();
    const reason = "The account was taken over.";
    const answer = await change("blockCustomer", { customerId: customer.customerId, reason });
    expect(answer).toMatchObject({
      blockCustomer: { sessionsEnded: 1, customer: { block: { reason, by: `key:${support.name}` }, sessions: [] } },
    });
    expect(await customer.ok("{ me { id } }")).toEqual({ me: null });
    expect(await signIn(customer.customerId)).toEqual(["CUSTOMER_BLOCKED"]);
    await gateway.sql("delete from otp_challenges where customer_id = $1", [customer.customerId]); // or the next must wait
    expect(await change("unblockCustomer", { customerId: customer.customerId })).toMatchObject({
      unblockCustomer: { customer: { block: null } },
    });
    expect(await signIn(customer.customerId)).toEqual([]);
  });
});
