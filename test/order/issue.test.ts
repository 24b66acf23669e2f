import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addLine,
  forFree,
  forPoints,
  type GroupMember,
  groupMember,
  issuable,
  issualsOf,
  orderCart,
} from "../support/capillary-orders.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { addToCart, orderSettled } from "../support/orders.ts";

/** Orders of rewards that Capillary issues, paid from both kinds of wallets. */

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const groupBalance = ({ groupId }: GroupMember) => gateway.sandbox.capillary.groupBalance(groupId);
const reveal = async (customer: GroupMember, orderLineId: string) =>
  (
    await customer.ok<{ revealVoucher: { vouchers: { code: string; validUntil: string | null }[] } }>(
      `mutation ($input: RevealVoucherInput!) { revealVoucher(input: $input) { vouchers { code validUntil } userErrors { code } } }`,
      { input: { orderLineId } },
    )
  ).revealVoucher.vouchers;

describe("an order that mixes wallets", () => {
  test("takes each wallet's points once, and fulfils every line", async () => {
    const customer = await groupMember(gateway);
    const ours = await gateway.voucher({ points: 200 });
    const treat = await issuable(gateway, { points: 150 });
    await addToCart(customer, ours.id);
    await addLine(customer, treat, { groupWalletId: customer.groupWalletId, quantity: 2 });
    await addLine(customer, treat);

    const order = await orderSettled(customer, await orderCart(customer));

    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN", total: 650 });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -350]);
    expect(groupBalance(customer)).toBe(700);
    expect(order.pointsTrail.map(({ points, state, upstreamReference }) => [points, state, upstreamReference])).toEqual(
      [
        [350, "CONFIRMED", order.number],
        [150, "CONFIRMED", `${order.number}-2-1`],
        [150, "CONFIRMED", `${order.number}-2-2`],
      ],
    );
    expect(issualsOf(gateway, customer)).toEqual([
      { requestId: `${order.number}-2-1`, state: "ISSUED", rewardId: treat.upstreamId, points: 150 },
      { requestId: `${order.number}-2-2`, state: "ISSUED", rewardId: treat.upstreamId, points: 150 },
      { requestId: `${order.number}-3-1`, state: "ISSUED", rewardId: treat.upstreamId, points: 0 },
    ]);
    const coupons = await reveal(customer, order.lines[1]?.id ?? "");
    expect(coupons).toHaveLength(2);
    expect(new Set(coupons.map(({ code }) => code)).size).toBe(2);
  });
});

describe("a reward issued by Capillary", () => {
  const kinds: [string, Partial<Parameters<typeof issuable>[1]>, RegExp][] = [
    [
      "a coupon",
      { gives: { kind: "coupon", seriesId: 9_001, codes: [], left: null, expiresAt: "2036-05-12T00:00:00.000Z" } },
      /^\w{6}$/,
    ],
    [
      "a vendor's voucher",
      { redemptionType: "VENDOR_ONLY_REWARD", gives: { kind: "vendor", vendorId: 61, vendorName: "Paper & Co" } },
      /^\w{12}$/,
    ],
    [
      "a promotion",
      { redemptionType: "CART_PROMOTION", gives: { kind: "promotion", promotionId: 8_802, name: "FIVEOFF" } },
      /^\w{24}$/,
    ],
  ];
  test.each(kinds)("(%s) is stored encrypted, shown masked, and revealed to its owner", async (_, kind, code) => {
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway, kind), { groupWalletId: customer.groupWalletId });
    const order = await orderSettled(customer, await orderCart(customer));
    const [voucher] = await reveal(customer, order.lines[0]?.id ?? "");
    expect(voucher?.code).toMatch(code);
    expect(order.lines[0]?.vouchers).toMatchObject([{ maskedCode: expect.stringContaining("•") }]);
    const [row] = await gateway.sql<{ code: Buffer }>(
      "select code from voucher_codes where id = (select id from voucher_codes order by created_at desc limit 1)",
    );
    expect(row?.code.toString("latin1")).not.toContain(voucher?.code);
  });

  test("belongs to the customer who ordered it, also when a group paid", async () => {
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
    await orderSettled(customer, await orderCart(customer));
    const [call] = gateway.sandbox.calls
      .since(0)
      .filter(
        ({ operation, body }) =>
          operation === "issue" && (body as { externalId?: string }).externalId === customer.customerId,
      );
    expect(call?.body).toMatchObject({ externalId: customer.customerId, userGroup2Id: customer.groupId });
    expect(Object.keys(call?.body as object).filter((key) => key.startsWith("userGroup2"))).toHaveLength(1);
  });

  test("is issued without a group, under the free payment option, where the Client took the points", async () => {
    const customer = await groupMember(gateway);
    const free = forFree();
    await addLine(customer, await issuable(gateway, { points: 70, paymentConfigs: [forPoints(70), free] }));
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    const [call] = gateway.sandbox.calls
      .since(0)
      .filter(
        ({ operation, body }) =>
          operation === "issue" && (body as { externalId?: string }).externalId === customer.customerId,
      );
    expect(call?.body).toMatchObject({ paymentConfig: { id: free.id } });
    expect(JSON.stringify(call?.body)).not.toContain("userGroup2");
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -70]);
  });

  test("is accepted with an answer of only four fields", async () => {
    const customer = await groupMember(gateway);
    gateway.sandbox.capillary.setFlags({ issueAnswer: "short" });
    try {
      await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
      const order = await orderSettled(customer, await orderCart(customer));
      expect(order).toMatchObject({ status: "FULFILLED", lines: [{ vouchers: [{}] }] });
    } finally {
      gateway.sandbox.capillary.setFlags({ issueAnswer: "full" });
    }
  });

  test("that charges points although it was to be free is escalated to an operator", async () => {
    const customer = await groupMember(gateway);
    const treat = await issuable(gateway, { points: 40, paymentConfigs: [forFree()] });
    await addLine(customer, treat);
    gateway.sandbox.capillary.setBalance({ customer: customer.customerId, points: 500 });
    const id = await placedWhile(customer, () => {
      gateway.sandbox.capillary.changeReward({ id: treat.upstreamId, paymentConfigs: [forPoints(40)] });
    });
    const order = await orderSettled(customer, id);
    expect(order.status).toBe("FULFILLED");
    expect(await discrepancies(id)).toEqual([expect.stringMatching(/^Capillary took 40 points .* and was to take 0$/)]);
    expect(
      (
        await customer.ok<{ order: object }>("query ($id: ID!) { order(id: $id) { discrepancies { message } } }", {
          id,
        })
      ).order,
    ).toEqual({ discrepancies: null });
  });
});

describe("a line that Capillary refuses", () => {
  type Refuse = { code: number; partnerCode?: string };
  const refusals: [string, Refuse, string][] = [
    ["not a member", { code: 8004, partnerCode: "1620" }, "NOT_A_GROUP_MEMBER"],
    ["an unknown group", { code: 8004, partnerCode: "1632" }, "GROUP_NOT_FOUND"],
    ["no configuration", { code: 8004, partnerCode: "828" }, "NOT_CONFIGURED"],
    ["a balance too low", { code: 8004, partnerCode: "818" }, "INSUFFICIENT_POINTS"],
    ["the limit", { code: 12005 }, "LIMIT_REACHED"],
    ["ended or not begun", { code: 8003 }, "INACTIVE"],
    ["another segment", { code: 12034 }, "NOT_ELIGIBLE"],
    ["a payment mode that is not the reward's", { code: 12016 }, "NOT_CONFIGURED"],
    ["an unknown code", { code: 77_001 }, "UPSTREAM_REFUSED"],
  ];
  test.each(refusals)(
    "(%s) fails with a reason, takes no points, and leaves the other lines as they are",
    async (_, refuse, reason) => {
      const customer = await groupMember(gateway);
      const ours = await gateway.voucher({ points: 200 });
      await addToCart(customer, ours.id);
      await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
      gateway.sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "refuse", ...refuse });

      const order = await orderSettled(customer, await orderCart(customer));

      expect(order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "TAKEN" });
      expect(order.lines.map(({ status, failure }) => [status, failure?.reason])).toEqual([
        ["FULFILLED", undefined],
        ["FAILED", reason],
      ]);
      expect(order.pointsTrail.map(({ points, state }) => [points, state])).toEqual([
        [200, "CONFIRMED"],
        [100, "REFUSED"],
      ]);
      expect(groupBalance(customer)).toBe(1_000);
      expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
      // Capillary's error numbers and messages are for operators only.
      const codes = [refuse.code, refuse.partnerCode].flatMap((code) => (code === undefined ? [] : String(code)));
      expect(await issuesOf(gateway.operator, order.id)).toEqual([
        null,
        [
          expect.objectContaining({
            unit: 1,
            state: "REFUSED",
            requestId: `${order.number}-2-1`,
            upstreamCodes: codes,
          }),
        ],
      ]);
      expect(await issuesOf(customer, order.id)).toEqual([null, null]);
    },
  );

  test("returns exactly its own points where the Client had taken them, in one sum", async () => {
    const customer = await groupMember(gateway);
    const ours = await gateway.voucher({ points: 200 });
    const treat = await issuable(gateway, { points: 60 });
    await addToCart(customer, ours.id);
    await addLine(customer, treat, { quantity: 3 });
    gateway.sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "refuse", code: 12005 });

    const order = await orderSettled(customer, await orderCart(customer));

    expect(order).toMatchObject({ status: "PARTIALLY_FULFILLED", pointsState: "PARTIALLY_RETURNED" });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -380, 180]);
    expect(issualsOf(gateway, customer)).toEqual([]);
  });

  test("partway through its units returns the points of the units that were not issued", async () => {
    const customer = await groupMember(gateway);
    const treat = await issuable(gateway, {
      points: 60,
      limits: [{ id: 7, level: "CUSTOMER", kpi: "QUANTITY", limit: 2, frequency: "LIFETIME" }],
    });
    await addLine(customer, treat, { quantity: 2 });
    const id = await placedWhile(customer, () => {
      const limits = [{ id: 7, level: "CUSTOMER", kpi: "QUANTITY", limit: 1, frequency: "LIFETIME" } as const];
      gateway.sandbox.capillary.changeReward({ id: treat.upstreamId, limits });
    });
    const order = await orderSettled(customer, id);
    expect(order).toMatchObject({
      status: "PARTIALLY_FULFILLED",
      lines: [{ fulfilledQuantity: 1, failure: { reason: "LIMIT_REACHED" } }],
    });
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -120, 60]);
  });

  test("and that is the order's only line, paid by a group, fails the order, and takes no points", async () => {
    const customer = await groupMember(gateway);
    await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
    gateway.sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "refuse", code: 12005 });
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(groupBalance(customer)).toBe(1_000);
  });

  test("is never requested when the deduction of the customer's own points was refused", async () => {
    const customer = await groupMember(gateway);
    await addToCart(customer, (await gateway.voucher({ points: 200 })).id);
    await addLine(customer, await issuable(gateway), { groupWalletId: customer.groupWalletId });
    gateway.fault("redeem", { fault: "refuse" });
    const order = await orderSettled(customer, await orderCart(customer));
    expect(order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    expect(order.pointsTrail.map(({ state }) => state)).toEqual(["REFUSED", "REFUSED"]);
    expect(issualsOf(gateway, customer)).toEqual([]);
  });
});

async function issuesOf(caller: Caller, id: string): Promise<unknown[]> {
  const { order } = await caller.ok<{ order: { lines: { issues: unknown[] | null }[] } }>(
    "query ($id: ID!) { order(id: $id) { lines { issues { unit state requestId transactionNumber upstreamCodes upstreamMessage } } } }",
    { id },
  );
  return order.lines.map(({ issues }) => (issues?.length ? issues : null));
}
/** Orders the cart, and changes the world after the eligibility check and before the first issue call. */
async function placedWhile(customer: GroupMember, change: () => void): Promise<string> {
  const call = gateway.fault("redeem", { fault: "hold" });
  const id = await orderCart(customer);
  await gateway.sandbox.faults.held(call);
  change();
  gateway.sandbox.faults.release({ id: call.id });
  return id;
}
async function discrepancies(id: string): Promise<string[]> {
  const { order } = await gateway.operator.ok<{ order: { discrepancies: { message: string }[] } }>(
    "query ($id: ID!) { order(id: $id) { discrepancies { message } } }",
    { id },
  );
  return order.discrepancies.map(({ message }) => message);
}
