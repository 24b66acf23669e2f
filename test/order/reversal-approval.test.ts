import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OperatorRole } from "../../src/domain/operator-roles.ts";
import { needsApproval } from "../../src/order/reversal-requests.ts";
import { DAY } from "../support/clock.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { type OperatorKeyCaller, operatorKey } from "../support/operator-key.ts";
import { operatorPerson } from "../support/operator-person.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let gateway: InProcessGateway;
let people: Awaited<ReturnType<typeof operatorPerson>>[] = [];
/** Each is a key of another person. */
let [asha, ravi, mina]: OperatorKeyCaller[] = [];
const keyOf = (person: Caller | undefined, role: OperatorRole = "orders") =>
  operatorKey({ url: gateway.url, operator: person as Caller }, [role], { expiresAt: new Date(Date.now() + 30 * DAY) });
let time = new Date();
beforeAll(async () => {
  gateway = await startTestGateway({ REVERSAL_APPROVAL_ABOVE_POINTS: "500" }, { clock: { now: () => time } });
  time = new Date(); // for the codes of authenticator apps
  people = await Promise.all([1, 2, 3].map(() => operatorPerson(gateway, ["admin"])));
  [asha, ravi, mina] = await Promise.all(people.map((person) => keyOf(person)));
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Answer {
  order: { status: string } | null;
  replayed: boolean;
  request: { id: string; state: string; points: number; requestedBy: string; decidedBy: string | null } | null;
  userErrors: { code: string; message: string }[];
}
type CancelAnswer = Answer & {
  preview: { total: number; needsApproval: boolean } | null;
  request: { cancels: boolean } | null;
};
const payload =
  "{ order { status } replayed request { id state points requestedBy decidedBy } userErrors { code message } }";
async function reverse(by: Caller | undefined, input: Record<string, unknown>): Promise<Answer> {
  const { data, errors } = await (by as Caller).send<{ reverseOrder: Answer }>(
    `mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) ${payload} }`,
    { input: { reason: "VENDOR_REJECTION", note: "Asked on the phone", idempotencyKey: randomUUID(), ...input } },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data?.reverseOrder as Answer;
}
async function approve(by: Caller | undefined, requestId: string | undefined): Promise<Answer> {
  const { data } = await (by as Caller).send<{ approveReversal: Answer }>(
    `mutation ($requestId: ID!) { approveReversal(input: { requestId: $requestId }) ${payload} }`,
    { requestId },
  );
  return data?.approveReversal as Answer;
}
async function refuse(by: Caller | undefined, requestId: string | undefined) {
  const { data } = await (by as Caller).send<{ refuseReversal: Pick<Answer, "request" | "userErrors"> }>(
    `mutation ($requestId: ID!) { refuseReversal(input: { requestId: $requestId, note: "Not agreed" }) {
      request { id state points requestedBy decidedBy } userErrors { code message } } }`,
    { requestId },
  );
  return data?.refuseReversal;
}
/** A fulfilled order of two lines, of merchandise or codes. */
async function fulfilledOrder(...points: number[]) {
  const customer = await gateway.customer({ balance: 5_000 });
  const rewards = await Promise.all(points.map((each) => gateway.voucher({ points: each })));
  const order = await orderSettled(customer, await placeOrder(customer, ...rewards.map(({ id }) => id)));
  return { customer, order, reload: () => orderSettled(customer, order.id) };
}
const waiting = async (number: string) => {
  const { attention } = await gateway.operator.ok<{
    attention: { queues: { kind: string; items: { summary: string }[] }[] };
  }>("{ attention { queues { kind items { summary } } } }");
  const queue = attention.queues.find(({ kind }) => kind === "REVERSAL_TO_APPROVE");
  return queue?.items.map(({ summary }) => summary).filter((summary) => summary.includes(number));
};
const auditOf = async (number: string) =>
  (
    await gateway.sql<{ actor: string; action: string }>(
      "select actor, action from audit_log where subject = $1 and action like 'order.reverse%' order by id",
      [number],
    )
  ).map(({ actor, action }) => `${action} ${actor}`);

test("one operator can make a small reversal, but not many small reversals of one order", async () => {
  const { customer, order, reload } = await fulfilledOrder(300, 200, 100);
  const [first, second, third] = order.lines.map(({ id }) => id);
  expect(await reverse(asha, { orderId: order.id, lineIds: [first] })).toMatchObject({ request: null, userErrors: [] });
  expect(await reverse(asha, { orderId: order.id, lineIds: [second] })).toMatchObject({
    request: null,
    userErrors: [],
  });
  const last = await reverse(asha, { orderId: order.id, lineIds: [third] });
  expect(last.request).toMatchObject({ state: "OPEN", points: 100 });
  await reload();
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -600, 300, 200]);
});

test("a large reversal moves no points until a second operator approves it, and then once", async () => {
  const { customer, order, reload } = await fulfilledOrder(600);
  const dry = await gateway.operator.ok<{ reverseOrder: { preview: { needsApproval: boolean } } }>(
    `mutation ($id: ID!) { reverseOrder(input: { orderId: $id, reason: CANCELLATION, idempotencyKey: "a dry run"
      dryRun: true }) { preview { needsApproval } } }`.replace("a dry run", randomUUID()),
    { id: order.id },
  );
  expect(dry.reverseOrder.preview.needsApproval).toBe(true);
  const idempotencyKey = randomUUID();
  const { request, replayed } = await reverse(asha, { orderId: order.id, idempotencyKey });
  expect(request).toMatchObject({ state: "OPEN", points: 600, requestedBy: `key:${asha?.name}`, decidedBy: null });
  expect(replayed).toBe(false);
  expect(await reverse(asha, { orderId: order.id, idempotencyKey })).toMatchObject({ replayed: true, request });
  expect((await reverse(ravi, { orderId: order.id })).userErrors).toMatchObject([{ code: "REVERSAL_REQUESTED" }]);
  expect(await waiting(order.number)).toEqual([
    `Order ${order.number}: key:${asha?.name} requests to reverse 600 points.`,
  ]);
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -600]);
  expect((await reload()).status).toBe("FULFILLED");

  expect((await approve(asha, request?.id)).userErrors).toMatchObject([{ code: "REVERSAL_REQUEST_OWN" }]);
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -600]);
  expect(await approve(ravi, request?.id)).toMatchObject({ replayed: false, request: { state: "APPROVED" } });
  expect(await approve(ravi, request?.id)).toMatchObject({ replayed: true, userErrors: [] });
  expect((await reload()).status).toBe("REVERSED");
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -600, 600]);
  expect(await waiting(order.number)).toEqual([]);
  expect(await auditOf(order.number)).toEqual([
    `order.reverse-request key:${asha?.name}`,
    `order.reverse key:${ravi?.name}`,
  ]);
});

test("concurrent approvals and a refusal reverse the lines once or not at all", async () => {
  const { customer, order, reload } = await fulfilledOrder(700);
  const { request } = await reverse(asha, { orderId: order.id });
  const answers = await Promise.all([approve(ravi, request?.id), approve(mina, request?.id)]);
  expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(["REVERSAL_REQUEST_CLOSED"]);
  await reload();
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -700, 700]);

  const other = await fulfilledOrder(800);
  const { request: second } = await reverse(asha, { orderId: other.order.id });
  const [approved, refused] = await Promise.all([approve(ravi, second?.id), refuse(mina, second?.id)]);
  const errors = [approved, refused].flatMap((answer) => answer?.userErrors ?? []);
  expect(errors).toMatchObject([{ code: "REVERSAL_REQUEST_CLOSED" }]);
  const { status } = await other.reload();
  expect(gateway.ledgerOf(other.customer)).toEqual(status === "REVERSED" ? [5_000, -800, 800] : [5_000, -800]);
  expect(status === "REVERSED").toBe(approved?.userErrors.length === 0);
});

test("a refused or expired request reverses nothing, and another can be made", async () => {
  const { customer, order, reload } = await fulfilledOrder(900);
  const { request } = await reverse(asha, { orderId: order.id });
  expect(await refuse(asha, request?.id)).toMatchObject({ request: { state: "REFUSED" }, userErrors: [] }); // withdrawn
  expect((await approve(ravi, request?.id)).userErrors).toMatchObject([{ code: "REVERSAL_REQUEST_CLOSED" }]);

  const { request: second } = await reverse(asha, { orderId: order.id });
  time = new Date(time.getTime() + 73 * 3_600_000);
  try {
    expect(await waiting(order.number)).toEqual([]);
    expect((await approve(gateway.operator, second?.id)).userErrors).toMatchObject([
      { code: "REVERSAL_REQUEST_CLOSED", message: expect.stringContaining("expired") },
    ]);
    const { request: third } = await reverse(mina, { orderId: order.id });
    expect(third?.state).toBe("OPEN");
  } finally {
    time = new Date();
  }
  await reload();
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -900]);
  expect(await auditOf(order.number)).toEqual([
    `order.reverse-request key:${asha?.name}`,
    `order.reverse-refuse key:${asha?.name}`,
    `order.reverse-request key:${asha?.name}`,
    "order.reverse-expire system",
    `order.reverse-request key:${mina?.name}`,
  ]);
});

test("a person approves no request of their own, whatever key or account they come with", async () => {
  const { customer, order, reload } = await fulfilledOrder(600);
  const [person] = people;
  const { request } = await reverse(asha, { orderId: order.id });
  const own = [await keyOf(person), person, await keyOf(await keyOf(person, "admin"))];
  for (const by of own) {
    expect((await approve(by, request?.id)).userErrors).toMatchObject([{ code: "REVERSAL_REQUEST_OWN" }]);
  }
  const nobodys = await operatorKey(gateway, ["orders"]);
  for (const by of [nobodys, gateway.operator]) {
    expect((await approve(by, request?.id)).userErrors).toMatchObject([{ code: "REVERSAL_NEEDS_PERSON" }]);
  }
  expect(await refuse(nobodys, request?.id)).toMatchObject({ request: { state: "REFUSED" } });
  for (const by of [nobodys, gateway.operator]) {
    expect((await reverse(by, { orderId: order.id })).userErrors).toMatchObject([{ code: "REVERSAL_NEEDS_PERSON" }]);
  }
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -600]);

  const second = await reverse(person, { orderId: order.id });
  expect(second.request).toMatchObject({ requestedBy: person?.name, state: "OPEN" });
  expect((await approve(asha, second.request?.id)).userErrors).toMatchObject([{ code: "REVERSAL_REQUEST_OWN" }]);
  expect(await approve(people[1], second.request?.id)).toMatchObject({
    userErrors: [],
    request: { state: "APPROVED" },
  });
  await reload();
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -600, 600]);
});

test("a socket approves nothing: it takes no mutations", async () => {
  const { customer, order } = await fulfilledOrder(600);
  const { request } = await reverse(asha, { orderId: order.id });
  for (const by of [asha, ravi, gateway.operator]) {
    const socket = (by as Caller).socket();
    const query = `mutation { approveReversal(input: { requestId: "${request?.id}" }) { userErrors { code } } }`;
    const sent = socket.iterate({ query }).next();
    await expect(sent).rejects.toMatchObject([{ message: "Mutations are sent by POST to /graphql." }]);
    await socket.dispose();
  }
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -600]);
});

test("an operator's cancellation of many points waits for a second person, a customer's does not", async () => {
  const inWarehouse = async () => {
    const customer = await gateway.customer({ balance: 5_000 });
    const rewards = await Promise.all([300, 400].map((points) => gateway.merchandise({ points })));
    const id = await placeOrder(customer, ...rewards.map((reward) => reward.id));
    await gateway.until(async () => gateway.ledgerOf(customer).length === 2);
    await gateway.until(async () => (await stateOf(id)) === "PREPARING");
    return { customer, id };
  };
  const stateOf = async (id: string) => {
    const { order } = await gateway.operator.ok<{ order: { lines: { shipment: { status: string } | null }[] } }>(
      "query ($id: ID!) { order(id: $id) { lines { shipment { status } } } }",
      { id },
    );
    return order.lines.every(({ shipment }) => shipment?.status === "PREPARING") ? "PREPARING" : "EARLIER";
  };
  const cancel = async (by: Caller | undefined, orderId: string, more: object = {}) => {
    const operators = "preview { total needsApproval } request { id state cancels points requestedBy }";
    const { data, errors } = await (by as Caller).send<{ cancelOrder: CancelAnswer }>(
      `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
        order { status } replayed ${operators} userErrors { code } } }`,
      { input: { orderId, idempotencyKey: randomUUID(), ...more } },
    );
    if (errors) throw new Error(JSON.stringify(errors));
    return data?.cancelOrder as CancelAnswer;
  };
  const { customer, id } = await inWarehouse();
  expect((await cancel(asha, id, { dryRun: true })).preview).toEqual({ total: 700, needsApproval: true });
  const idempotencyKey = randomUUID();
  const { request } = await cancel(asha, id, { idempotencyKey });
  expect(request).toMatchObject({ state: "OPEN", cancels: true, points: 700, requestedBy: `key:${asha?.name}` });
  expect(await cancel(asha, id, { idempotencyKey })).toMatchObject({ replayed: true, request });
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -700]);
  expect((await approve(people[0], request?.id)).userErrors).toMatchObject([{ code: "REVERSAL_REQUEST_OWN" }]);
  expect(await approve(ravi, request?.id)).toMatchObject({ order: { status: "CANCELLED" }, userErrors: [] });
  await orderSettled(customer, id);
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -700, 700]);

  const other = await inWarehouse();
  expect(await cancel(other.customer, other.id)).toMatchObject({ order: { status: "CANCELLED" }, request: null });
  await orderSettled(other.customer, other.id);

  const split = await inWarehouse();
  const { order } = await gateway.operator.ok<{ order: { lines: { id: string }[] } }>(
    "query ($id: ID!) { order(id: $id) { lines { id } } }",
    { id: split.id },
  );
  const [first, second] = order.lines.map(({ id }) => id);
  expect(await cancel(asha, split.id, { lineIds: [first] })).toMatchObject({ request: null, userErrors: [] });
  expect((await cancel(asha, split.id, { lineIds: [second] })).request).toMatchObject({ state: "OPEN", points: 400 });
});

test("the database itself rejects an approval by the person who made the request", async () => {
  const { order } = await fulfilledOrder(600);
  const { request } = await reverse(asha, { orderId: order.id });
  for (const person of ["requested_person", "null"]) {
    const update = gateway.sql(
      `update reversal_requests set state = 'APPROVED', decided_by = 'somebody', decided_person = ${person} where id = $1`,
      [request?.id],
    );
    await expect(update).rejects.toThrow("reversal_requests_four_eyes");
  }
});

test("without the setting, no reversal waits for an approval", () => {
  const unit = { id: "u", state: "FULFILLED", issue: null };
  const order = { lines: [{ unitPoints: 501, units: [unit] }] } as unknown as Parameters<typeof needsApproval>[0];
  expect(needsApproval(order, ["u"], undefined)).toBe(false);
  expect(needsApproval(order, ["u"], 501)).toBe(false);
  expect(needsApproval(order, ["u"], 500)).toBe(true);
});
