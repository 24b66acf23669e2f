import { afterAll, beforeAll, expect, test } from "vitest";
import type { CrashPoint } from "../../src/platform/crash-point.ts";
import { type MortalGateway, startMortalGateway } from "../support/gateway-process.ts";
import { orderSettled } from "../support/orders.ts";
import { claim, prizesOf, sendClaim, winner } from "../support/rewards/prizes.ts";

let gateway: MortalGateway;
beforeAll(async () => {
  gateway = await startMortalGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

test.each<[CrashPoint, { replayed: boolean; atDeath: { orders: number; fulfilled: number } }]>([
  ["claim:before-commit", { replayed: false, atDeath: { orders: 0, fulfilled: 0 } }],
  ["claim:after-commit", { replayed: true, atDeath: { orders: 1, fulfilled: 0 } }],
  ["fulfil:before-commit", { replayed: true, atDeath: { orders: 1, fulfilled: 0 } }],
  ["fulfil:after-commit", { replayed: true, atDeath: { orders: 1, fulfilled: 1 } }],
])(
  "killed at %s, a prize is claimed when the same request is sent again, and issued once",
  async (point, { replayed, atDeath }) => {
    const reward = await gateway.voucher({ codes: 5 });
    const { customer, awardId } = await winner(gateway, reward.sku);
    const onRecord = async () => {
      const [row] = await gateway.sql(
        `select (select count(*)::int from orders where customer_id = $1) as orders,
         (select count(*)::int from order_units u join order_lines l on l.id = u.line_id join orders o on o.id = l.order_id
          where o.customer_id = $1 and u.state = 'FULFILLED') as fulfilled`,
        [customer.customerId],
      );
      return row;
    };
    await gateway.dieAt(point, () => sendClaim(customer, awardId));
    expect(await onRecord()).toEqual(atDeath);

    await gateway.restart();
    const { data } = await sendClaim(customer, awardId);
    expect(data?.claimPrize).toMatchObject({ replayed, userErrors: [] });
    const orderId = data?.claimPrize.order?.id ?? "";
    const order = await orderSettled(customer, orderId);
    expect(order).toMatchObject({ status: "FULFILLED", pointsTrail: [], lines: [{ vouchers: [{}] }] });
    expect(await claim(customer, awardId)).toBe(orderId);
    expect(await prizesOf(customer)).toMatchObject([{ state: "CREDITED", order: { id: orderId } }]);
    expect(await onRecord()).toEqual({ orders: 1, fulfilled: 1 });
    const [counted] = await gateway.sql(
      `select stock, popularity + (
         select coalesce(sum(units), 0)::int from redemptions_to_count where reward_id = r.id) as popularity,
       (select count(*)::int from voucher_codes c where c.reward_id = r.id and c.state = 'ALLOCATED') as allocated,
       (select count(*)::int from member_events where customer_id = $2 and type = 'AWARD_CREDITED') as published
     from rewards r where sku = $1`,
      [reward.sku, customer.customerId],
    );
    expect(counted).toEqual({ stock: 4, popularity: 1, allocated: 1, published: 1 });
    expect(gateway.ledgerOf(customer)).toEqual([1_000]);
    expect(gateway.callsFor("redeem", order)).toEqual([]);
  },
);
