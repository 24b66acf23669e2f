import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { clientApi } from "./support/client-api.ts";

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandbox-journal-"));
});
afterAll(() => rm(folder, { recursive: true }));

const newFile = () => join(folder, String(++files), "client.jsonl");

/** A journal of three lines: a new customer, a credit, a redeem. */
async function writtenJournal(): Promise<string> {
  const journalFile = newFile();
  await using sandbox = await startSandbox({ journalFile });
  sandbox.client.addCustomer({ customer_id: "CUST7", balance: 100, earned: 300, mobile: "91XXXXXX77" });
  sandbox.client.credit("CUST7", 50);
  await clientApi(sandbox).redeem({ order_id: "ORD-7", customer_id: "CUST7", points_consumed: 120 });
  return journalFile;
}

const afterwards = [
  { seq: 4, type: "opening", points: 100, balance_after: 100 },
  { seq: 5, type: "credit", points: 50, balance_after: 150 },
  { seq: 6, type: "redeem", order_id: "ORD-7", points: -120, balance_after: 30 },
];

test("the ledger survives a restart", async () => {
  const journalFile = await writtenJournal();
  await using sandbox = await startSandbox({ journalFile });
  expect(sandbox.client.ledger("CUST7")).toMatchObject(afterwards);
  expect(sandbox.client.account("CUST7")).toMatchObject({ points_earned: 350, mobile: "91XXXXXX77" });
});

test("an order's deduction survives a restart, so a reversal can return it", async () => {
  const journalFile = await writtenJournal();
  await using sandbox = await startSandbox({ journalFile });
  const reverse = { order_id: "ORD-7", customer_id: "CUST7" };
  expect((await clientApi(sandbox).reverse({ ...reverse, points_reversed: 121 })).body.status).toBe(false);
  expect((await clientApi(sandbox).reverse({ ...reverse, points_reversed: 120 })).body.status).toBe(true);
});

test("a sandbox without a journal starts afresh", async () => {
  {
    await using before = await startSandbox();
    before.client.credit("CUST12345", 1);
  }
  await using after = await startSandbox();
  expect(after.client.balance("CUST12345")).toBe(3500);
});

test("a torn last line is ignored with a warning, and the journal continues from there", async () => {
  const journalFile = await writtenJournal();
  appendFileSync(journalFile, '{"seq":7,"type":"credit","customer_id":"CUST7","poi');
  const warnings: string[] = [];
  {
    await using sandbox = await startSandbox({ journalFile, warn: (message) => warnings.push(message) });
    expect(warnings).toEqual([`${journalFile}:4: ignored a torn last line`]);
    expect(sandbox.client.ledger("CUST7")).toMatchObject(afterwards);
    sandbox.client.credit("CUST7", 5);
  }
  await using again = await startSandbox({ journalFile, warn: (message) => warnings.push(message) });
  expect(warnings).toHaveLength(1);
  expect(again.client.balance("CUST7")).toBe(35);
});

test("any other line that is not JSON stops the start, naming file and line", async () => {
  const journalFile = await writtenJournal();
  appendFileSync(journalFile, "not json\n");
  await expect(startSandbox({ journalFile })).rejects.toThrow(`${journalFile}:4: not JSON`);
});

test("an inconsistent line stops the start, naming file and line", async () => {
  const journalFile = await writtenJournal();
  const tampered = readFileSync(journalFile, "utf8").replace('"balance_after":150', '"balance_after":151');
  writeFileSync(journalFile, tampered);
  await expect(startSandbox({ journalFile })).rejects.toThrow(`${journalFile}:2: balance_after is 151, expected 150`);
});

test("a missing line stops the start", async () => {
  const journalFile = await writtenJournal();
  const [first, , third] = readFileSync(journalFile, "utf8").split("\n");
  writeFileSync(journalFile, `${first}\n${third}\n`);
  await expect(startSandbox({ journalFile })).rejects.toThrow(`${journalFile}:2: seq is 6, expected 5`);
});

test("a reset empties the journal and restores the sample world", async () => {
  const journalFile = await writtenJournal();
  {
    await using sandbox = await startSandbox({ journalFile });
    sandbox.client.credit("CUST12345", 1000);
    sandbox.reset();
    expect(readFileSync(journalFile, "utf8")).toBe("");
    expect(sandbox.client.has("CUST7")).toBe(false);
    expect(sandbox.client.balance("CUST12345")).toBe(3500);
    sandbox.client.credit("CUST12345", 7);
  }
  await using again = await startSandbox({ journalFile });
  expect(again.client.balance("CUST12345")).toBe(3507);
});
