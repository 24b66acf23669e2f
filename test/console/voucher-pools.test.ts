import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { type OperatorKeyCaller, operatorKey } from "../support/operator-key.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let gateway: InProcessGateway;
let catalogue: OperatorKeyCaller;
beforeAll(async () => {
  gateway = await startTestGateway();
  catalogue = await operatorKey(gateway, ["catalogue"]);
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Report {
  imported: number;
  rejected: { row: number; line: number | null; reason: string }[];
  reward: { stock: number };
}
async function importCodes(input: object): Promise<Report> {
  const { importVoucherCodes } = await catalogue.ok<{ importVoucherCodes: Report }>(
    `mutation ($input: ImportVoucherCodesInput!) {
      importVoucherCodes(input: $input) { imported rejected { row line reason } reward { stock } userErrors { code message } } }`,
    { input },
  );
  return importVoucherCodes;
}
interface Pool {
  counts: Record<string, number>;
  batches: { importedBy: string | null; codes: number; counts: Record<string, number> }[];
  codesEnding: { id: string; state: string; maskedCode: string; order: object | null }[];
}
async function poolOf(rewardId: string, ending: string, by = catalogue): Promise<Pool> {
  const counts = "counts { available allocated revealed expired void }";
  const { voucherPool } = await by.ok<{ voucherPool: Pool }>(
    `query ($rewardId: ID!, $ending: String!) { voucherPool(rewardId: $rewardId) {
      ${counts} batches { importedBy codes ${counts} } codesEnding(ending: $ending) { id state maskedCode order { number } } } }`,
    { rewardId, ending },
  );
  return voucherPool;
}

test("an import of 1,000 codes with 3 bad ones is checked first, and then runs without the 3", async () => {
  const reward = await gateway.voucher({ codes: 0 });
  const codes = Array.from({ length: 1_000 }, (_, index) => `GIFT-${randomUUID().slice(0, 8)}-${index}`);
  codes[10] = "6.947E+15";
  codes[20] = codes[19] ?? "";
  codes[30] = "#N/A";
  const csv = ["code", ...codes.map((code) => `"${code}"`)].join("\n");
  const badRows = [11, 21, 31];

  const checked = await importCodes({ rewardId: reward.id, csv, dryRun: true, skipRejected: true });
  expect(checked.rejected.map(({ row }) => row)).toEqual(badRows);
  expect(checked).toMatchObject({ imported: 997, reward: { stock: 0 } });
  expect(await importCodes({ rewardId: reward.id, csv })).toMatchObject({ imported: 0, reward: { stock: 0 } });
  expect(await gateway.sql("select from voucher_codes where reward_id::text = $1", [localId(reward.id)])).toEqual([]);

  const imported = await importCodes({ rewardId: reward.id, csv, skipRejected: true });
  expect(imported).toMatchObject({ imported: 997, reward: { stock: 997 } });
  expect(imported.rejected.map(({ row, line }) => [row, line])).toEqual(badRows.map((row) => [row, row + 1]));
  expect((await poolOf(reward.id, "0000")).batches).toMatchObject([
    { importedBy: `key:${catalogue.name}`, codes: 997, counts: { available: 997 } },
  ]);
});

test("the pool shows the use of its codes, and a code that was not issued can be voided", async () => {
  const reward = await gateway.voucher({ codes: 0, points: 10 });
  await importCodes({ rewardId: reward.id, rows: [{ code: "FIRST-CODE-AB12", validUntil: "2099-01-01" }] });
  await importCodes({ rewardId: reward.id, rows: [{ code: "OTHER-CODE-CD34" }] });
  const customer = await gateway.customer();
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));
  await customer.ok(
    "mutation ($id: ID!) { revealVoucher(input: { orderLineId: $id }) { vouchers { code } userErrors { code } } }",
    { id: order.lines[0]?.id },
  );

  const pool = await poolOf(reward.id, "ab12");
  expect(pool.counts).toEqual({ available: 1, allocated: 1, revealed: 1, expired: 0, void: 0 });
  expect(pool.batches).toMatchObject([{ counts: { available: 1 } }, { counts: { allocated: 1, revealed: 1 } }]);
  expect(pool.codesEnding).toMatchObject([{ state: "ALLOCATED", maskedCode: "••••••••AB12", order: null }]);
  const support = await operatorKey(gateway, ["support"]);
  expect((await poolOf(reward.id, "AB12", support)).codesEnding[0]?.order).toEqual({ number: order.number });

  const voidCode = async (voucherId: string | undefined) => {
    const { data } = await catalogue.send<{ voidVoucherCode: { userErrors: { code: string }[] } }>(
      `mutation ($input: VoidVoucherCodeInput!) { voidVoucherCode(input: $input) { reward { stock } userErrors { code } } }`,
      { input: { voucherId, note: "printed twice" } },
    );
    return data?.voidVoucherCode;
  };
  expect((await voidCode(pool.codesEnding[0]?.id))?.userErrors).toEqual([{ code: "VOUCHER_NOT_AVAILABLE" }]);
  const left = (await poolOf(reward.id, "CD34")).codesEnding[0];
  expect(await voidCode(left?.id)).toEqual({ reward: { stock: 0 }, userErrors: [] });
  expect((await voidCode(left?.id))?.userErrors).toEqual([{ code: "VOUCHER_NOT_AVAILABLE" }]);
  expect((await poolOf(reward.id, "CD34")).counts).toMatchObject({ available: 0, void: 1 });
});

test("a code that is being issued cannot be voided, and a void code cannot be issued", async () => {
  const reward = await gateway.voucher({ codes: 0, points: 10 });
  await importCodes({ rewardId: reward.id, rows: [{ code: "ONLY-CODE-ZZ99" }] });
  const [code] = (await poolOf(reward.id, "ZZ99")).codesEnding;
  const customer = await gateway.customer();
  const [order, answer] = await Promise.all([
    placeOrder(customer, reward.id)
      .then((id) => orderSettled(customer, id))
      .catch(() => null), // sold out before it was placed
    catalogue.send<{ voidVoucherCode: { userErrors: { code: string }[] } }>(
      `mutation ($input: VoidVoucherCodeInput!) { voidVoucherCode(input: $input) { userErrors { code } } }`,
      { input: { voucherId: code?.id, note: "n" } },
    ),
  ]);
  const isVoid = answer.data?.voidVoucherCode.userErrors.length === 0;
  expect(order?.status === "FULFILLED").toBe(!isVoid);
  const { counts } = await poolOf(reward.id, "ZZ99");
  expect(counts).toMatchObject(isVoid ? { void: 1, allocated: 0 } : { void: 0, allocated: 1 });
  expect(gateway.sandbox.client.balance(customer.customerId)).toBe(isVoid ? 10_000 : 9_990);
});

test("operators list rewards by state", async () => {
  const brand = `Brand ${randomUUID()}`;
  const ids = {
    DRAFT: await gateway.merchandise({ brand }),
    ENDED: await gateway.merchandise({ brand, validUntil: "2020-01-01T00:00:00Z" }),
    SCHEDULED: await gateway.merchandise({ brand, validFrom: "2099-01-01T00:00:00Z" }),
    SOLD_OUT: await gateway.merchandise({ brand, stock: 0 }),
    ON_OFFER: await gateway.merchandise({ brand }),
    ARCHIVED: await gateway.merchandise({ brand }),
  };
  await catalogue.ok(
    `mutation ($draft: ID!, $archived: ID!) {
      updateReward(input: { rewardId: $draft, active: false }) { userErrors { code } }
      archiveReward(input: { rewardId: $archived }) { userErrors { code } } }`,
    { draft: ids.DRAFT.id, archived: ids.ARCHIVED.id },
  );
  for (const [state, { id }] of Object.entries(ids)) {
    const { rewards } = await catalogue.ok<{ rewards: object }>(
      "query ($filter: RewardFilter) { rewards(filter: $filter) { nodes { id state } totalCount } }",
      { filter: { brands: [brand], states: [state] } },
    );
    expect(rewards).toEqual({ nodes: [{ id, state }], totalCount: 1 });
  }
  const customer = await gateway.customer();
  const forbidden = await customer.send("{ rewards(filter: { states: [DRAFT] }) { totalCount } }");
  expect(forbidden.errors?.[0]).toMatchObject({ extensions: { code: "FORBIDDEN" } });
});

const localId = (globalId: string) => Buffer.from(globalId, "base64url").toString().split(":")[1];
