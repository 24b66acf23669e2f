import { execFile } from "node:child_process";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { areRounded, damageOf } from "../../src/catalog/spreadsheet-damage.ts";
import { makeVoucherVault } from "../../src/catalog/voucher-vault.ts";
import { makeCipher } from "../../src/platform/cipher.ts";
import { decodeText, readTable } from "../../src/platform/csv-table.ts";
import { localDateOf } from "../../src/platform/time-zone.ts";
import {
  OPERATOR_TOKEN,
  SESSION_SECRET,
  startTestGateway,
  type TestGateway,
  type TestReward,
} from "../support/gateway.ts";
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
const vault = makeVoucherVault(makeCipher(SESSION_SECRET, "voucher"));

/** The decrypted codes of the pool. */
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
    ["semicolons", "Code;PIN\nABCD-1;1234\n", [{ code: "ABCD-1", pin: "1234" }]],
    [
      "tabs",
      "CODE\tpin\tvaliduntil\nABCD-1\t1234\t2099-03-31\n",
      [{ code: "ABCD-1", pin: "1234", until: "2099-03-31" }],
    ],
    ["a line that names the separator", "sep=;\ncode;pin\nA,1;2\n", [{ code: "A,1", pin: "2" }]],
    ["that line after a byte order mark", "\uFEFFsep=;\r\ncode;pin\r\nA-1;2\r\n", [{ code: "A-1", pin: "2" }]],
    [
      "names with capitals, blanks and hyphens",
      "Code,Valid Until\nA-1,2099-03-31\n",
      [{ code: "A-1", until: "2099-03-31" }],
    ],
    ["empty rows and columns of a spreadsheet", "code,pin,,\nA-1,1,,\n,,,\n , ,,\n", [{ code: "A-1", pin: "1" }]],
    [
      "codes that only look a little like numbers",
      "code\n4E10\n0012\n1E5\n123456789012345678\n",
      [{ code: "0012" }, { code: "123456789012345678" }, { code: "1E5" }, { code: "4E10" }],
    ],
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
    expect(audited).toEqual([
      { actor: "operator", details: { batchId: expect.any(String), imported: expected.length } },
    ]);
  });

  test.each<[string, Input, RegExp, string]>([
    ["no code column", { csv: "kode\nSECRET-1\n" }, /columns/, "csv"],
    ["no header line", { csv: "SECRET-1\nSECRET-2\n" }, /columns/, "csv"],
    ["an unknown column", { csv: "code,colour\nSECRET-1,red\n" }, /Unknown column colour/, "csv"],
    ["an empty file", { csv: "" }, /no codes/, "csv"],
    ["only a header", { csv: "code\n" }, /no codes/, "csv"],
    ["no rows", { rows: [] }, /no codes/, "rows"],
    ["too few values in a line", { csv: "code,pin\nSECRET-1\n" }, /not CSV: line 2/, "csv"],
    ["too many values in a line", { csv: "code\nSECRET-1,12\n" }, /not CSV: line 2/, "csv"],
    ["a quote that is not closed", { csv: 'code\n"SECRET-1\n' }, /not CSV/, "csv"],
    ["a quote in the middle of a value", { csv: 'code\nSECRET-1"2\n' }, /not CSV/, "csv"],
    ["a repeated column", { csv: "code,Code\nSECRET-1,SECRET-2\n" }, /code is there twice/, "csv"],
    ["values in a column without a name", { csv: "code,\nSECRET-1,SECRET-2\n" }, /Column 2 has values/, "csv"],
    [
      "another separator in the header than in the rows",
      { csv: "code;pin\nSECRET-1,2\n" },
      /not CSV: line 2 has/,
      "csv",
    ],
    ["neither csv nor rows", {}, /either/, "csv"],
    ["both csv and rows", { csv: "code\nSECRET-1", rows: [{ code: "SECRET-1" }] }, /either/, "csv"],
  ])("is refused with %s, and the error repeats none of its values", async (_, input, message, field) => {
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
    const today = localDateOf(new Date(), "Asia/Jakarta");
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

  test("requires an existing e-gift voucher", async () => {
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

test("codes and pins are in no table, no log, and no response that did not select them", async () => {
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
  test("decrypts its own ciphertexts, and none that was moved or changed", () => {
    const [one, two] = [seal("CODE-1", "1"), seal("CODE-2", "2")];
    expect(vault.open(one)).toEqual({ code: "CODE-1", pin: "1" });
    expect(() => vault.open({ ...one, id: two.id })).toThrow();
    expect(() => vault.open({ ...one, code: two.code })).toThrow();
    expect(() => vault.open({ ...one, pin: one.code })).toThrow();
  });
  test("encrypts a code differently each time, and finds it by its hash", () => {
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

test("a gateway starts only with the secret of the stored codes, as either of the two settings", async () => {
  await gateway.voucher();
  const changed = { SESSION_SECRET: "another secret that is as long as the first" };
  await expect(gateway.restart(changed)).rejects.toThrow("VOUCHER_SECRET: does not open the voucher codes");
  await gateway.restart({ ...changed, VOUCHER_SECRET: SESSION_SECRET });
});

const hex = (text: string) => Buffer.from(text).toString("hex");

describe("a value that a spreadsheet has changed", () => {
  const damaged: [string, string][] = [
    ["6.947E+15", "looks like a number that a spreadsheet has rounded"],
    ["1,2E+03", "looks like a number that a spreadsheet has rounded"],
    ["1E+05", "looks like a number that a spreadsheet has rounded"],
    ["12345678.0", "looks like a number that a spreadsheet has given decimals"],
    ["#N/A", "is an error of a spreadsheet, such as #N/A"],
    ["#REF!", "is an error of a spreadsheet, such as #N/A"],
    ["#DIV/0!", "is an error of a spreadsheet, such as #N/A"],
    ["########", "is an error of a spreadsheet, such as #N/A"],
    ["Err:502", "is an error of a spreadsheet, such as #N/A"],
    ["'00123", "begins with an apostrophe, by which spreadsheets mark text"],
    ["’00123", "begins with an apostrophe, by which spreadsheets mark text"],
    ["=A1", "is a formula of a spreadsheet"],
    ["1-Mar", "looks like a date that a spreadsheet has made of it"],
    ["Mar-24", "looks like a date that a spreadsheet has made of it"],
    ["03/01/2024", "looks like a date that a spreadsheet has made of it"],
    ["TRUE", "is a word for a missing or logical value"],
    ["nan", "is a word for a missing or logical value"],
    ["AB\nCD", "holds a line break"],
    ["AB\u2028CD", "holds a line break"],
    ["AB\tCD", "holds a tab"],
    ["AB\u0007CD", "holds an invisible character (U+0007)"],
    ["AB\u200bCD", "holds an invisible character (U+200B)"],
    ["AB\u00adCD", "holds an invisible character (U+00AD)"],
    ["AB\u202eCD", "holds an invisible character (U+202E)"],
    ["AB\u3164CD", "holds an invisible character (U+3164)"],
    ["AB\u00a0CD", "holds a blank that is not a plain space (U+00A0)"],
    ["AB\uFFFDCD", "holds a character that could not be read (U+FFFD): save the file as UTF-8"],
  ];

  test.each(damaged)("%j is refused, as a code and as a pin, in a file and in rows", async (value, reason) => {
    const reward = await gateway.voucher({ codes: 0 });
    const quoted = `"${value}"`;
    for (const [field, other] of [
      ["code", "pin"],
      ["pin", "code"],
    ]) {
      const rejected = [{ row: 2, reason: `${field} ${reason}` }];
      const rows = [{ code: "GOOD-1" }, { [field as string]: value, [other as string]: "7" }];
      expect(await importCodes(reward.id, { rows })).toMatchObject({ imported: 0, rejected });
      const csv = `code,pin\nGOOD-1,\n${field === "code" ? `${quoted},7` : `7,${quoted}`}\n`;
      expect(await importCodes(reward.id, { csv })).toMatchObject({ imported: 0, rejected });
    }
    expect(await poolOf(reward)).toEqual([]);
  });

  test("is found with its row and its line", async () => {
    const reward = await gateway.voucher({ codes: 0 });
    const { data } = await gateway.operator.send<{ importVoucherCodes: { rejected: object[] } }>(
      "mutation ($input: ImportVoucherCodesInput!) { importVoucherCodes(input: $input) { rejected { row line reason } } }",
      { input: { rewardId: reward.id, csv: "code,pin\n6.947E+15,1.2E+03\n" } },
    );
    const rounded = "looks like a number that a spreadsheet has rounded";
    expect(data?.importVoucherCodes.rejected).toEqual([{ row: 1, line: 2, reason: `code ${rounded}; pin ${rounded}` }]);
  });

  test("may be a column of long numbers that all end in zeros", async () => {
    const rounded = ["6947123456789010000", "6947123456789020000", "6947123456789030000"];
    expect(areRounded(rounded)).toBe(true);
    expect(areRounded([...rounded, "6947123456789030001"])).toBe(false);
    expect(areRounded(rounded.slice(1))).toBe(false);
    const reward = await gateway.voucher({ codes: 0 });
    const { imported, rejected } = await importCodes(reward.id, { rows: rounded.map((code) => ({ code })) });
    expect([imported, rejected.length]).toEqual([0, 3]);
  });

  test("is not suspected in values that issuers write", () => {
    const fromIssuers = fc.stringMatching(/^[A-Z0-9]{4}(-[A-Z0-9]{4}){1,4}$/);
    fc.assert(
      fc.property(fromIssuers, (code) => damageOf(code) === null),
      { seed: 20261128, numRuns: 1_000 },
    );
  });
});

test("a command imports a file as a spreadsheet saved it, or reports its bad lines", async () => {
  const reward = await gateway.voucher({ codes: 0 });
  const imported = (bytes: Buffer) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { ...process.env, OPERATOR_TOKEN };
      const command = ["scripts/import-vouchers.ts", reward.sku, "-", gateway.url];
      const child = execFile(process.execPath, command, { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out: out.trim(), err: err.trim() }),
      );
      child.stdin?.end(bytes);
    });
  expect(await imported(Buffer.from("\uFEFFCode;Pin\r\n6.947E+15;1\r\n", "utf16le"))).toEqual({
    code: 1,
    out: `0 codes added to ${reward.sku}.`,
    err: "line 2: code looks like a number that a spreadsheet has rounded",
  });
  expect(await imported(Buffer.from("\uFEFFCode\tPin\r\nकोड-१\t0012\r\n", "utf16le"))).toMatchObject({ code: 0 });
  expect(await poolOf(reward)).toEqual([{ code: "कोड-१", pin: "0012", until: null }]);
});

test("a file is read in the encodings that spreadsheets save", () => {
  const text = "\uFEFFcode;pin\r\nकोड-१;12\r\n";
  const little = Buffer.from(text, "utf16le");
  const big = Buffer.from(little).swap16();
  for (const bytes of [Buffer.from(text), little, big]) {
    expect(readTable(decodeText(bytes), ["code", "pin"])).toMatchObject({
      rows: [{ line: 2, values: { code: "कोड-१", pin: "12" } }],
    });
  }
});
