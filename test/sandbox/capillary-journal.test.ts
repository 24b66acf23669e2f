import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { asha, capillaryApi, family } from "./support/capillary-api.ts";

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandbox-capillary-"));
});
afterAll(() => rm(folder, { recursive: true }));

const newFile = () => join(folder, String(++files), "capillary.jsonl");

/** Each kind of journal entry occurs once. */
async function aFullDay(sandbox: Sandbox) {
  const { capillary } = sandbox;
  const api = capillaryApi(sandbox);
  capillary.setFlags({ REVOKE_ENABLE: true });
  const { userId } = capillary.addCustomer({ externalId: "CUST7" });
  capillary.addReward({ name: "Pencil", intouchPoints: 3 });
  capillary.changeMember(family.id, userId, { mayRedeem: false });
  capillary.setBalance({ group: family.id, points: 1000, delayed: 7 });
  await api.issue({ requestId: "r-1", userGroup2Id: family.id });
  await api.issue({ requestId: "r-2" }, 15483);
  await api.issue({ requestId: "r-3" });
  const [first, , third] = capillary.issuals();
  await api.revoke(first?.transactionId);
  capillary.useCoupon(third?.transactionId ?? 0);
  await api.redeem({ external_reference_number: "x-1", points_redeemed: 0.5 });
  await api.reverse({ externalReferenceNumber: "x-1", pointsToBeReversed: 0.2 });
  await api.allocate({ uniqueId: "u-1" });
}

const everything = ({ capillary }: Sandbox) => [
  capillary.flags(),
  capillary.customers(),
  capillary.groups(),
  capillary.rewards(),
  capillary.issuals(),
  capillary.redemptions(),
  capillary.reversals(),
  capillary.balance("CUST12345"),
  capillary.groupBalance(family.id),
];

test("everything survives a restart", async () => {
  const capillaryJournalFile = newFile();
  let before: unknown;
  {
    await using sandbox = await startSandbox({ capillaryJournalFile });
    await aFullDay(sandbox);
    before = everything(sandbox);
  }
  await using again = await startSandbox({ capillaryJournalFile });
  expect(everything(again)).toEqual(before);
  expect(again.capillary.balance("CUST12345")).toBe(1298.7);
});

test("used keys stay used, and issued codes are not issued again", async () => {
  const capillaryJournalFile = newFile();
  {
    await using sandbox = await startSandbox({ capillaryJournalFile });
    await aFullDay(sandbox);
  }
  await using again = await startSandbox({ capillaryJournalFile });
  const api = capillaryApi(again);
  expect((await api.issue({ requestId: "r-3" })).body.status.code).toBe(400);
  expect((await api.issue({ requestId: "r-2" })).body.status.code).toBe(10003);
  const repeated = await api.redeem({ external_reference_number: "x-1", points_redeemed: 0.5 });
  expect(repeated.body.response.responses.points.redemption_id).toBe(
    again.capillary.redemptions(asha.id).at(-1)?.redemptionId,
  );
  expect((await api.allocate({ uniqueId: "u-1" })).body.failures).toBe(1);
  const { body } = await api.issue();
  expect(body).toMatchObject({
    transactionId: 397004,
    intouch: { couponCode: expect.not.stringMatching(/4WF17B|0LP85Y/) },
  });
  expect(again.capillary.balance("CUST12345")).toBe(1297.7);
});

test("a torn last line is ignored with a warning; any other inconsistent line stops the start", async () => {
  const capillaryJournalFile = newFile();
  {
    await using sandbox = await startSandbox({ capillaryJournalFile });
    await capillaryApi(sandbox).issue();
  }
  appendFileSync(capillaryJournalFile, '{"seq":');
  const warnings: string[] = [];
  {
    await using sandbox = await startSandbox({ capillaryJournalFile, warn: (message) => warnings.push(message) });
    expect(sandbox.capillary.balance("CUST12345")).toBe(1199);
  }
  expect(warnings).toEqual([`${capillaryJournalFile}:2: ignored a torn last line`]);
  const tampered = readFileSync(capillaryJournalFile, "utf8").replace('"balanceAfter":1199', '"balanceAfter":1198');
  writeFileSync(capillaryJournalFile, tampered);
  const start = startSandbox({ capillaryJournalFile });
  await expect(start).rejects.toThrow(`${capillaryJournalFile}:1: balanceAfter is 1198, expected 1199`);
});

test("a repeated line stops the start", async () => {
  const capillaryJournalFile = newFile();
  {
    await using sandbox = await startSandbox({ capillaryJournalFile });
    await capillaryApi(sandbox).issue({}, 15473);
  }
  const again = readFileSync(capillaryJournalFile, "utf8").replace('"seq":1', '"seq":2');
  appendFileSync(capillaryJournalFile, again);
  const start = startSandbox({ capillaryJournalFile });
  await expect(start).rejects.toThrow(`${capillaryJournalFile}:2: transaction 397001 exists`);
});

test("a reset empties it", async () => {
  const capillaryJournalFile = newFile();
  await using sandbox = await startSandbox({ capillaryJournalFile });
  await aFullDay(sandbox);
  expect(readFileSync(capillaryJournalFile, "utf8")).not.toBe("");
  sandbox.reset();
  expect(readFileSync(capillaryJournalFile, "utf8")).toBe("");
});
