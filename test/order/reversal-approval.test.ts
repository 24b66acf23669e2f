import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { needsApproval } from "../../src/order/reversal-requests.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { type OperatorKeyCaller, operatorKey } from "../support/operator-key.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let gateway: InProcessGateway;
let [asha, ravi, mina]: OperatorKeyCaller[] = [];
let time = new Date();
beforeAll(async () => {
  gateway = await startTestGateway({ REVERSAL_APPROVAL_ABOVE_POINTS: "500" }, { clock: { now: () => time } });
  [asha, ravi, mina] = await Promise.all([1, 2, 3].map(() => operatorKey(gateway, ["orders"])));
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Answer {
  order: { status: string } | null;
  replayed: boolean;
  request: { id: string; state: string; points: number; requestedBy: string; decidedBy: string | null } | null;
  userErrors: { code: string; message: string }[];
}
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
    `Order ${order.number}: key:${asha?.name} requests to take back 600 points.`,
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
    const { request: third } = await reverse(gateway.operator, { orderId: order.id });
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
    "order.reverse-request operator",
  ]);
});

test("the database itself rejects an approval by the operator who made the request", async () => {
  const { order } = await fulfilledOrder(600);
  const { request } = await reverse(asha, { orderId: order.id });
  const update = gateway.sql(
    "update reversal_requests set state = 'APPROVED', decided_by = requested_by where id = $1",
    [request?.id],
  );
  await expect(update).rejects.toThrow("reversal_requests_four_eyes");
});

test("without the setting, no reversal waits for an approval", () => {
  const unit = { id: "u", state: "FULFILLED", issue: null };
  const order = { lines: [{ unitPoints: 501, units: [unit] }] } as unknown as Parameters<typeof needsApproval>[0];
  expect(needsApproval(order, ["u"], undefined)).toBe(false);
  expect(needsApproval(order, ["u"], 501)).toBe(false);
  expect(needsApproval(order, ["u"], 500)).toBe(true);
});
