import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultScript } from "../../sandbox/faults.ts";
import type { CrashPoint } from "../../src/platform/crash-point.ts";
import { addLine, type GroupMember, groupMember, issuable, issualsOf, orderCart } from "../support/capillary-orders.ts";
import { type MortalGateway, startMortalGateway } from "../support/gateway-process.ts";
import { addToCart, orderSettled, readOrder } from "../support/orders.ts";

/** As `kill.test.ts`, around Capillary's issue and revoke calls. */

let gateway: MortalGateway;
beforeAll(async () => {
  gateway = await startMortalGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The records on both sides of the units that Capillary issues. */
interface Record {
  /** Units whose call is marked as sent and has no outcome yet. */
  inFlight: number;
  fulfilled: number;
  issued: number;
}

async function onRecord(customer: GroupMember): Promise<Record> {
  const [row] = await gateway.sql<Omit<Record, "issued">>(
    `select count(*) filter (where i.sent_at is not null and i.state = 'PENDING')::int as "inFlight",
       count(*) filter (where u.state = 'FULFILLED')::int as fulfilled
     from unit_issues i join order_units u on u.id = i.unit_id join orders o on o.id = i.order_id where o.customer_id = $1`,
    [customer.customerId],
  );
  if (!row) throw new Error("nothing is on record");
  return { ...row, issued: issuedTo(customer) };
}

const issuedTo = (customer: GroupMember) =>
  issualsOf(gateway, customer).filter(({ state }) => state === "ISSUED").length;

/** An order of our own voucher, two treats paid by a group and one by the customer, on a gateway that dies at `point`. */
async function issueThroughDeath(point: CrashPoint, lost?: Omit<FaultScript, "upstream" | "operation">) {
  const customer = await groupMember(gateway);
  const treat = await issuable(gateway, { points: 100 });
  await addToCart(customer, (await gateway.voucher({ points: 50 })).id);
  await addLine(customer, treat, { groupWalletId: customer.groupWalletId, quantity: 2 });
  await addLine(customer, treat);
  if (lost) gateway.sandbox.faults.add({ upstream: "capillary", operation: "issue", ...lost });
  const id = (await gateway.dieAt(point, () => orderCart(customer))) ?? "";
  const atDeath = await onRecord(customer);
  await gateway.restart();
  const order = await orderSettled(customer, id);
  return { atDeath, order, ...whatHappened(customer) };
}

function whatHappened(customer: GroupMember) {
  return {
    issued: issuedTo(customer),
    keys: new Set(issualsOf(gateway, customer).map(({ requestId }) => requestId)).size,
    group: gateway.sandbox.capillary.groupBalance(customer.groupId),
    ledger: gateway.ledgerOf(customer),
  };
}

const everythingOnce = { issued: 3, keys: 3, group: 800, ledger: [1_000, -150] };

describe("killed while Capillary issues,", () => {
  test.each<[CrashPoint, Record]>([
    ["issue:marked", { inFlight: 1, fulfilled: 0, issued: 0 }],
    ["issue:answered", { inFlight: 1, fulfilled: 0, issued: 1 }],
    ["issue:recorded", { inFlight: 0, fulfilled: 1, issued: 1 }],
  ])("at %s, each unit is issued once and charged once", async (point, expected) => {
    const { order, atDeath, ...story } = await issueThroughDeath(point);
    expect(atDeath).toEqual(expected);
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(order.lines.map(({ vouchers }) => vouchers.length)).toEqual([1, 2, 1]);
    expect(story).toEqual(everythingOnce);
  });

  test("after an answer that was lost as well, each unit is issued once and charged once", async () => {
    const { order, atDeath, ...story } = await issueThroughDeath("issue:answered", { fault: "commit-then-drop" });
    expect(atDeath).toEqual({ inFlight: 1, fulfilled: 0, issued: 1 });
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(story).toEqual(everythingOnce);
  });

  test("before a refusal was recorded, a failed line charges the group nothing, and the customer's points are returned", async () => {
    const refuse = { fault: "refuse", code: 12005, times: 4 } as const;
    const { order, atDeath, ...story } = await issueThroughDeath("issue:answered", refuse);
    gateway.sandbox.faults.clear();
    expect(atDeath).toEqual({ inFlight: 1, fulfilled: 0, issued: 0 });
    // The first refusal was lost with the process. Sent again, the idempotency key was not consumed.
    expect(["PARTIALLY_FULFILLED", "FULFILLED"]).toContain(order.status);
    const given = order.lines.slice(1).reduce((sum, line) => sum + line.fulfilledQuantity, 0);
    const [, groups, own] = order.lines;
    expect(story.issued).toBe(given);
    expect(story.group).toBe(1_000 - 100 * (groups?.fulfilledQuantity ?? 0));
    expect(story.ledger.reduce((sum, points) => sum + points, 0)).toBe(950 - 100 * (own?.fulfilledQuantity ?? 0));
  });
});

describe("killed while Capillary revokes,", () => {
  test.each<[CrashPoint, { issued: number; group: number }]>([
    ["revoke:marked", { issued: 1, group: 900 }],
    ["revoke:answered", { issued: 0, group: 1_000 }],
  ])("at %s, the group's points are returned once", async (point, expected) => {
    gateway.sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway, { points: 100 }), { groupWalletId: customer.groupWalletId });
    const id = await orderCart(customer);
    await orderSettled(customer, id);
    const input = { orderId: id, reason: "CANCELLATION", idempotencyKey: randomUUID() };
    const reverse = () =>
      gateway.operator.send(
        `mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { replayed userErrors { code } } }`,
        { input },
      );
    await gateway.dieAt(point, reverse);
    expect(whatHappened(customer)).toMatchObject(expected);
    const revokes = await gateway.sql(
      `select revoke_sent_at is not null as sent, revoke_state as state from unit_issues i
       join orders o on o.id = i.order_id where o.customer_id = $1`,
      [customer.customerId],
    );
    expect(revokes).toEqual([{ sent: true, state: "PENDING" }]);
    await gateway.restart();

    expect(await orderSettled(customer, id)).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
    expect((await reverse()).data).toEqual({ reverseOrder: { replayed: true, userErrors: [] } });
    expect(await readOrder(customer, id)).toMatchObject({ settled: true });
    expect(whatHappened(customer)).toMatchObject({ issued: 0, group: 1_000 });
  });
});
