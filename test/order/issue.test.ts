import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addLine, type GroupMember, groupMember, issuable, issualsOf, orderCart } from "../support/capillary-orders.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { addToCart, orderSettled } from "../support/orders.ts";

/** Orders whose rewards Capillary gives, from both kinds of wallets. */

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
  test("takes each wallet's points once, and gives everything", async () => {
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
