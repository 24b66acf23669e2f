import { expect, test, vi } from "vitest";
import type { CrashPoint } from "../../src/platform/crash-point.ts";
import { claim, prizesOf, sendClaim, winner } from "../reward-processor/support/prizes.ts";
import { startMortalGateway } from "../support/gateway-process.ts";
import { orderSettled } from "../support/orders.ts";

vi.setConfig({ testTimeout: 180_000 });

test.concurrent.each<[CrashPoint, { replayed: boolean }]>([
  ["claim:before-commit", { replayed: false }],
  ["claim:after-commit", { replayed: true }],
  ["fulfil:before-commit", { replayed: true }],
  ["fulfil:after-commit", { replayed: true }],
])("killed at %s, a prize is claimed by the same request again and given once", async (point, { replayed }) => {
  await using gateway = await startMortalGateway({ TRIP_POINT: point });
  const reward = await gateway.voucher({ codes: 5 });
  const { customer, awardId } = await winner(gateway, reward.sku);
  await sendClaim(customer, awardId).catch(() => null);
  expect(await gateway.process().ended).toBe("SIGKILL");

  await gateway.restart({ TRIP_POINT: "" });
  const { data } = await sendClaim(customer, awardId);
  expect(data?.claimPrize).toMatchObject({ replayed, userErrors: [] });
  const orderId = data?.claimPrize.order?.id ?? "";
  const order = await orderSettled(customer, orderId);
  expect(order).toMatchObject({ status: "FULFILLED", pointsTrail: [], lines: [{ vouchers: [{}] }] });
  expect(await claim(customer, awardId)).toBe(orderId);
  expect(await prizesOf(customer)).toMatchObject([{ state: "CREDITED", order: { id: orderId } }]);
  const [counted] = await gateway.sql(
    `select (select count(*)::int from orders) as orders, stock, popularity,
       (select count(*)::int from voucher_codes where state = 'ALLOCATED') as given,
       (select count(*)::int from member_events where type = 'AWARD_CREDITED') as told from rewards`,
  );
  expect(counted).toEqual({ orders: 1, stock: 4, popularity: 1, given: 1, told: 1 });
  expect(gateway.ledgerOf(customer)).toEqual([1_000]);
  expect(gateway.sandbox.calls.since(0).filter(({ operation }) => operation === "redeem")).toEqual([]);
});
