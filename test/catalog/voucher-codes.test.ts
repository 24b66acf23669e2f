import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeVoucherVault } from "../../src/catalog/voucher-vault.ts";
import { makeSecretBox } from "../../src/platform/secret-box.ts";
import { SESSION_SECRET, startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let gateway: TestGateway;
const written = await captureLog();
beforeAll(async () => {
  gateway = await startTestGateway({}, { log: written.log });
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Answer {
  imported: number;
  rejected: { row: number; reason: string }[];
  reward: { stock: number } | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}
type Input = { csv?: string | null; rows?: unknown[] | null };

async function importCodes(rewardId: string, input: Input): Promise<Answer> {
  const { data, errors } = await gateway.operator.send<{ importVoucherCodes: Answer }>(
    `mutation ($input: ImportVoucherCodesInput!) { importVoucherCodes(input: $input) {
      imported rejected { row reason } reward { stock } userErrors { code message field } } }`,
    { input: { rewardId, ...input } },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.importVoucherCodes;
}
const uuidOf = ({ id }: TestReward) => Buffer.from(id, "base64url").toString().slice("Reward:".length);
const vault = makeVoucherVault(makeSecretBox(SESSION_SECRET, "voucher"));

/** What is in the pool, opened. */
async function poolOf(reward: TestReward) {
  const rows = await gateway.sql<{
    id: string;
    code: Buffer<ArrayBuffer>;
    pin: Buffer<ArrayBuffer> | null;
    until: string | null;
  }>(`select id, code, pin, to_char(valid_until, 'YYYY-MM-DD') as until from voucher_codes where reward_id = $1`, [
    uuidOf(reward),
  ]);
  return rows.map((row) => ({ ...vault.open(row), until: row.until })).sort((a, b) => a.code.localeCompare(b.code));
}
const stockOf = async (reward: TestReward) =>
  (await gateway.sql<{ stock: number }>("select stock from rewards where sku = $1", [reward.sku]))[0]?.stock;

describe("a file of codes", () => {
  test.each<[string, string, object[]]>([
    ["one column", "code\nAAA-1\nAAA-2\n", [{ code: "AAA-1" }, { code: "AAA-2" }]],
    ["no line end at its end", "code\nAAA-1", [{ code: "AAA-1" }]],
    ["a byte order mark", "\uFEFFcode\nAAA-1\n", [{ code: "AAA-1" }]],
    ["a byte order mark before quotes", '\uFEFF"code"\n"AAA-1"\n', [{ code: "AAA-1" }]],
    ["Windows line ends", "code,pin\r\nAAA-1,0001\r\n", [{ code: "AAA-1", pin: "0001" }]],
    [
      "columns in another order",
      "validUntil,pin,code\n2099-03-31,12,AAA-1\n",
      [{ code: "AAA-1", pin: "12", until: "2099-03-31" }],
    ],
    ["quotes", 'code,pin\n"AAA,1","p""q"\n', [{ code: "AAA,1", pin: 'p"q' }]],
    ["blanks around values", " code , pin \n  AAA-1 ,  12 \n", [{ code: "AAA-1", pin: "12" }]],
    ["empty lines", "code\n\nAAA-1\n\n\nAAA-2\n", [{ code: "AAA-1" }, { code: "AAA-2" }]],
    ["values left empty", "code,pin,validUntil\nAAA-1,,\n", [{ code: "AAA-1" }]],
    ["letters of any script", "code\nकोड-१\n", [{ code: "कोड-१" }]],
  ])("may have %s", async (_, csv, expected) => {
    const reward = await gateway.voucher({ codes: 0 });
    expect(await importCodes(reward.id, { csv })).toEqual({
      imported: expected.length,
      rejected: [],
      reward: { stock: expected.length },
      userErrors: [],
    });
    expect(await poolOf(reward)).toEqual(expected.map((voucher) => ({ pin: null, until: null, ...voucher })));
    const audited = await gateway.sql(
      "select actor, details from audit_log where subject = $1 and action = 'vouchers.import'",
      [reward.sku],
    );
    expect(audited).toEqual([{ actor: "operator", details: { imported: expected.length } }]);
  });

  test.each<[string, Input, RegExp, string]>([
    ["no code column", { csv: "kode\nSECRET-1\n" }, /columns/, "csv"],
    ["no header line", { csv: "SECRET-1\nSECRET-2\n" }, /columns/, "csv"],
    ["a column nobody knows", { csv: "code,colour\nSECRET-1,red\n" }, /Unknown column colour/, "csv"],
    ["nothing in it", { csv: "" }, /no codes/, "csv"],
    ["nothing but a header", { csv: "code\n" }, /no codes/, "csv"],
    ["no rows", { rows: [] }, /no codes/, "rows"],
    ["too few values in a line", { csv: "code,pin\nSECRET-1\n" }, /not CSV: line 2/, "csv"],
    ["too many values in a line", { csv: "code\nSECRET-1,12\n" }, /not CSV: line 2/, "csv"],
    ["a quote that is not closed", { csv: 'code\n"SECRET-1\n' }, /not CSV/, "csv"],
    ["a quote in the middle of a value", { csv: 'code\nSECRET-1"2\n' }, /not CSV/, "csv"],
    ["neither csv nor rows", {}, /either/, "csv"],
    ["both csv and rows", { csv: "code\nSECRET-1", rows: [{ code: "SECRET-1" }] }, /either/, "csv"],
  ])("is refused with %s, without a word of it repeated", async (_, input, message, field) => {
    const reward = await gateway.voucher({ codes: 0 });
    const answer = await importCodes(reward.id, input);
    expect(answer).toEqual({
      imported: 0,
      rejected: [],
      reward: null,
      userErrors: [{ code: "VOUCHER_CODES_INVALID", message: expect.stringMatching(message), field: ["input", field] }],
    });
    expect(JSON.stringify(answer)).not.toContain("SECRET");
    expect(await poolOf(reward)).toEqual([]);
  });

  test("is not imported at all when one row is wrong, and every wrong row is named with its reason", async () => {
    const reward = await gateway.voucher({ codes: 0 });
    await importCodes(reward.id, { rows: [{ code: "KNOWN-1" }] });
    const csv = [
      "code,pin,validUntil",
      "GOOD-1,1,2099-01-01",
      ",2,",
      "GOOD-2,3,2020-01-01",
      "GOOD-1,4,",
      "KNOWN-1,5,",
      "GOOD-3,6,31.12.2099",
      "GOOD-4,7,2099-02-30",
      `${"x".repeat(201)},8,`,
      `GOOD-5,${"9".repeat(51)},`,
    ].join("\n");
    expect(await importCodes(reward.id, { csv })).toEqual({
      imported: 0,
      rejected: [
        { row: 2, reason: "code is empty" },
        { row: 3, reason: "validUntil 2020-01-01 is in the past" },
        { row: 4, reason: "the same code as in row 1" },
        { row: 5, reason: "already in the pool" },
        { row: 6, reason: "validUntil must be a date such as 2027-03-31" },
        { row: 7, reason: "validUntil must be a date such as 2027-03-31" },
        { row: 8, reason: "code is longer than 200 characters" },
        { row: 9, reason: "pin is longer than 50 characters" },
      ],
      reward: { stock: 1 },
      userErrors: [],
    });
    expect((await poolOf(reward)).map(({ code }) => code)).toEqual(["KNOWN-1"]);
    expect(await stockOf(reward)).toBe(1);
  });

  test("may hold a code whose last day is today, and one that another reward has", async () => {
    const [reward, other] = [await gateway.voucher({ codes: 0 }), await gateway.voucher({ codes: 0 })];
    const today = new Date().toISOString().slice(0, 10);
    for (const { id } of [reward, other])
      expect(await importCodes(id, { rows: [{ code: "SHARED-1", validUntil: today }] })).toMatchObject({ imported: 1 });
  });

  test("of 20,000 rows is imported whole, and one row more is refused", async () => {
    const reward = await gateway.voucher({ codes: 0 });
    const csv = (rows: number) => `code\n${Array.from({ length: rows }, (_, row) => `BULK-${row}`).join("\n")}`;
    expect(await importCodes(reward.id, { csv: csv(20_001) })).toMatchObject({
      imported: 0,
      userErrors: [{ code: "VOUCHER_CODES_INVALID", message: "At most 20000 codes at a time; found 20001." }],
    });
    expect(await stockOf(reward)).toBe(0);
    expect(await importCodes(reward.id, { csv: csv(20_000) })).toMatchObject({ imported: 20_000, rejected: [] });
    expect(await stockOf(reward)).toBe(20_000);
    const again = await importCodes(reward.id, { csv: csv(1_000) });
    expect([again.imported, again.rejected.length, await stockOf(reward)]).toEqual([0, 1_000, 20_000]);
  });

  test("sent ten times at once is imported once", async () => {
    const reward = await gateway.voucher({ codes: 0 });
    const rows = Array.from({ length: 50 }, (_, row) => ({ code: `TWIN-${row}` }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => importCodes(reward.id, { rows })));
    expect(answers.map(({ imported }) => imported).toSorted((a, b) => b - a)).toEqual([50, ...Array(9).fill(0)]);
    for (const { imported, rejected } of answers)
      if (imported === 0) expect(rejected.map(({ reason }) => reason)).toEqual(Array(50).fill("already in the pool"));
    expect(await stockOf(reward)).toBe(50);
  });

  test("is for an e-gift voucher that is there", async () => {
    const parcel = await gateway.merchandise();
    const rows = [{ code: "AAA-1" }];
    expect(await importCodes(parcel.id, { rows })).toMatchObject({
      imported: 0,
      userErrors: [{ code: "VOUCHER_CODES_INVALID", field: ["input", "rewardId"] }],
    });
    const unknown = Buffer.from("Reward:0190163d-8694-739b-aea5-966c26f8ad91").toString("base64url");
    for (const id of [unknown, "x"])
      expect((await importCodes(id, { rows })).userErrors).toMatchObject([{ code: "REWARD_NOT_FOUND" }]);
  });
});

test("codes and pins are in no table, no answer that did not ask for them, and no log", async () => {
  const reward = await gateway.voucher({ codes: 0 });
  const vouchers = [
    { code: "PLANTED-CODE-7391", pin: "PLANTED-PIN-4482" },
    { code: "PLANTED-CODE-7392", pin: "PLANTED-PIN-4483" },
  ];
  const answers: unknown[] = [await importCodes(reward.id, { rows: vouchers })];
  answers.push(await importCodes(reward.id, { rows: vouchers }));
  answers.push(await importCodes(reward.id, { rows: [{ ...vouchers[0], validUntil: "2020-01-01" }] }));

  const customer = await gateway.customer();
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));
  answers.push(
    order,
    await gateway.operator.send(
      `{ order(id: "${order.id}") { lines { vouchers { id maskedCode } reward { name description terms } } } }`,
    ),
  );
  expect(order.lines[0]?.vouchers[0]?.maskedCode).toMatch(/^•{8}739[12]$/);

  const tables = await gateway.sql<{ name: string }>(
    "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  );
  expect(tables.length).toBeGreaterThan(15);
  const rows: unknown[] = [];
  for (const { name } of tables)
    rows.push(await gateway.sql(`select t::text from ${name} t where t::text ~ 'PLANTED|${hex("PLANTED")}'`));
  expect(rows.flat()).toEqual([]);
  expect(JSON.stringify(answers)).not.toContain("PLANTED");
  expect(written.text().split("\n").length).toBeGreaterThan(10);
  expect(written.text()).not.toContain("PLANTED");
});

describe("the vault", () => {
  const seal = (code: string, pin?: string) => vault.seal({ rewardId: "r", code, pin });
  test("opens what it sealed, and nothing that was moved or altered", () => {
    const [one, two] = [seal("CODE-1", "1"), seal("CODE-2", "2")];
    expect(vault.open(one)).toEqual({ code: "CODE-1", pin: "1" });
    expect(() => vault.open({ ...one, id: two.id })).toThrow();
    expect(() => vault.open({ ...one, code: two.code })).toThrow();
    expect(() => vault.open({ ...one, pin: one.code })).toThrow();
  });
  test("seals one code differently each time, and finds it again by its hash", () => {
    const [one, two] = [seal("CODE-1"), seal("CODE-1")];
    expect(one.code).not.toEqual(two.code);
    expect(one.codeHash).toEqual(two.codeHash);
    expect(one.codeHash).not.toEqual(seal("CODE-2").codeHash);
  });
  test.each([
    ["ABCD-EFGH-1234", "••••••••1234"],
    ["ABCDEFGH", "••••••••GH"],
    ["ABC", "••••••••C"],
    ["AB", "••••••••"],
  ])("shows of %s no more than %s", (code, masked) => {
    expect(seal(code).maskedCode).toBe(masked);
  });
});

test("a gateway that cannot open the codes does not start, and one with their secret does, whatever became of the other", async () => {
  await gateway.voucher();
  const changed = { SESSION_SECRET: "another secret that is as long as the first" };
  await expect(gateway.restart(changed)).rejects.toThrow("VOUCHER_SECRET: does not open the voucher codes");
  await gateway.restart({ ...changed, VOUCHER_SECRET: SESSION_SECRET });
});

const hex = (text: string) => Buffer.from(text).toString("hex");
