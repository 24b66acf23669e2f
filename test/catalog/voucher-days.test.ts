import { afterAll, beforeAll, expect, test } from "vitest";
import { MINUTE, makeTestClock } from "../support/clock.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

/** A voucher's last day is a day of the programme. In Jakarta the 28th begins at 17:00 UTC of the 27th. */

const clock = makeTestClock("2026-11-27T16:50:00Z");
const written = await captureLog();
let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ PROGRAM_TIME_ZONE: "Asia/Jakarta" }, { clock, log: written.log });
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function importCodes(rewardId: string, rows: { code: string; validUntil: string }[]) {
  const { data } = await gateway.operator.send<{ importVoucherCodes: { imported: number; rejected: object[] } }>(
    `mutation ($input: ImportVoucherCodesInput!) {
      importVoucherCodes(input: $input) { imported rejected { row reason } } }`,
    { input: { rewardId, rows } },
  );
  return data?.importVoucherCodes;
}
const stockOf = async (id: string) =>
  (await gateway.anonymous.ok<{ reward: { stock: number } }>("query ($id: ID!) { reward(id: $id) { stock } }", { id }))
    .reward.stock;
const expiring = async (withinDays: number) =>
  (
    await gateway.operator.ok<{ expiringVouchers: object[] }>(
      "query ($n: Int) { expiringVouchers(withinDays: $n) { reward { sku } validUntil codes } }",
      { n: withinDays },
    )
  ).expiringVouchers;

test("a code is imported, counted and issued until the end of its last day in the programme's time zone", async () => {
  const customer = await gateway.customer();
  const reward = await gateway.voucher({ codes: 0 });
  const [today, later] = ["2026-11-27", "2026-12-24"];
  expect(await importCodes(reward.id, [{ code: "DAY-1", validUntil: "2026-11-26" }])).toMatchObject({ imported: 0 });
  const rows = ["DAY-2", "DAY-3"].map((code) => ({ code, validUntil: today }));
  await importCodes(reward.id, [...rows, { code: "DAY-4", validUntil: later }]);
  expect(await stockOf(reward.id)).toBe(3);
  expect(await expiring(7)).toEqual([{ reward: { sku: reward.sku }, validUntil: today, codes: 2 }]);
  expect(await expiring(30)).toHaveLength(2);
  expect((await orderSettled(customer, await placeOrder(customer, reward.id))).status).toBe("FULFILLED");

  clock.advance(20 * MINUTE); // the 28th in Jakarta, still the 27th in UTC
  expect(await importCodes(reward.id, [{ code: "DAY-5", validUntil: today }])).toEqual({
    imported: 0,
    rejected: [{ row: 1, reason: `validUntil ${today} is in the past` }],
  });
  await gateway.reconcile();
  expect(await stockOf(reward.id)).toBe(1);
  expect(await expiring(7)).toEqual([]);
  const another = await gateway.customer(); // the first token has expired by now
  const order = await orderSettled(another, await placeOrder(another, reward.id));
  expect(order.status).toBe("FULFILLED");
  const { revealVoucher } = await another.ok<{ revealVoucher: { vouchers: object[] } }>(
    "mutation ($id: ID!) { revealVoucher(input: { orderLineId: $id }) { vouchers { code validUntil } userErrors { code } } }",
    { id: order.lines[0]?.id },
  );
  expect(revealVoucher.vouchers).toEqual([{ code: "DAY-4", validUntil: later }]);
});

test("an expired code is not issued, even before it is removed from the stock", async () => {
  const reward = await gateway.voucher({ codes: 0, points: 100 });
  await importCodes(reward.id, [{ code: "OLD-1", validUntil: "2026-11-28" }]);
  clock.advance(24 * 60 * MINUTE);
  const customer = await gateway.customer({ balance: 500 });
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));
  expect(order).toMatchObject({ status: "FAILED", pointsState: "RETURNED" });
  expect(gateway.ledgerOf(customer)).toEqual([500, -100, 100]);
  expect(await stockOf(reward.id)).toBe(0);
});

test("operators are warned of codes that expire soon, once a day", async () => {
  const reward = await gateway.voucher({ codes: 0 });
  await importCodes(reward.id, [{ code: "SOON-1", validUntil: "2026-12-02" }]);
  const warnings = () => written.text().split("Voucher codes expire soon").length - 1;
  const before = warnings();
  clock.advance(24 * 60 * MINUTE);
  await gateway.reconcile();
  await gateway.reconcile();
  expect(warnings()).toBe(before + 1);
});
