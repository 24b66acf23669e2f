import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { systemClock } from "../../../src/platform/clock.ts";
import type { SettledAward } from "../../../src/reward-processor/credit/credit.store.ts";
import { makeResolveAward } from "../../../src/reward-processor/credit/resolve-award.ts";
import { AWARDS_TO_CREDIT } from "../../../src/reward-processor/credit/topic.ts";
import { awardsSettled, creditsOf, insertAwards, readAwards } from "../support/awards.ts";
import { type Crediting, startCreditingAlone } from "../support/crediting.ts";

vi.setConfig({ testTimeout: 240_000 });

function newCustomer({ sandbox }: Crediting): string {
  const customerId = `C-${randomUUID()}`;
  sandbox.client.addCustomer({ customer_id: customerId, balance: 0 });
  return customerId;
}
const creditCalls = ({ sandbox }: Crediting) =>
  sandbox.calls.since(0).filter(({ operation }) => operation === "credit").length;

test("who tells of awards is told of each when it is settled, in the transaction that settles it, and after it", async () => {
  const told: SettledAward[] = [];
  const afterwards: SettledAward[] = [];
  let isBroken = true;
  await using crediting = await startCreditingAlone({
    settled: {
      async inTransaction(tx, awards) {
        for (const { id, state } of awards) {
          // Sees what is not yet seen by others.
          expect((await tx.rewardAward.findUniqueOrThrow({ where: { id } })).state).toBe(state);
        }
        if (isBroken) throw new Error("not this time");
        told.push(...awards);
      },
      afterCommit: (awards) => void afterwards.push(...awards),
    },
  });
  const customerId = newCustomer(crediting);
  const ids = await insertAwards(crediting, [
    { customerId },
    { customerId: "NOBODY" },
    { customerId: null, expiresAt: new Date(0) },
  ]);
  crediting.bus.ring(AWARDS_TO_CREDIT);
  await crediting.until(async () => creditsOf(crediting, customerId).length === 1);
  await delay(200);
  expect((await readAwards(crediting, ids)).every(({ settled_at }) => settled_at === null)).toBe(true);
  expect(afterwards).toEqual([]);

  isBroken = false;
  await awardsSettled(crediting, ids);
  await crediting.until(async () => afterwards.length === 3);
  expect(creditsOf(crediting, customerId)).toHaveLength(1);
  const states = ({ id, state, points }: SettledAward) => [id, state, points];
  const expected = [
    [ids[0], "CREDITED", 100],
    [ids[1], "REFUSED", 100],
    [ids[2], "LAPSED", 100],
  ];
  expect(told.map(states)).toEqual(expect.arrayContaining(expected));
  expect(afterwards.map(states).toSorted()).toEqual(told.map(states).toSorted());
  expect(told).toHaveLength(3);
});

test("a ledger that answers nothing is left alone, asked with one, and given everything when it is back", async () => {
  await using crediting = await startCreditingAlone();
  const customerId = newCustomer(crediting);
  crediting.sandbox.faults.add({ upstream: "client", operation: "credit", fault: "http-500", times: 1_000 });
  const awards = Array.from({ length: 200 }, () => ({ customerId, points: 1 }));
  const ids = await insertAwards(crediting, awards);
  crediting.bus.ring(AWARDS_TO_CREDIT);
  await crediting.until(async () => creditCalls(crediting) >= 8);
  const rings = setInterval(() => crediting.bus.ring(AWARDS_TO_CREDIT), 20);
  await delay(1_200);
  clearInterval(rings);
  expect(creditCalls(crediting)).toBeLessThan(50);
  crediting.sandbox.faults.clear();
  const done = await awardsSettled(crediting, ids);
  expect(done.every(({ state }) => state === "CREDITED")).toBe(true);
  expect(crediting.sandbox.client.balance(customerId)).toBe(200);
});

test("people say what became of an award, or have it tried again under its reference", async () => {
  await using crediting = await startCreditingAlone();
  const { db, bus, sql } = crediting;
  const resolve = makeResolveAward({ db, bus, clock: systemClock });
  const input = { note: "asked the ledger's owner", operatorId: "operator" };
  const customerId = `C-${randomUUID()}`;
  const ids = await insertAwards(
    crediting,
    Array.from({ length: 4 }, () => ({ customerId })),
  );
  const [first = "", second = "", third = "", fourth = ""] = ids;
  bus.ring(AWARDS_TO_CREDIT);
  expect(await awardsSettled(crediting, ids)).toMatchObject(ids.map(() => ({ state: "REFUSED" })));
  await sql("update reward_awards set state = 'NEEDS_ATTENTION', settled_at = null where id <> $1::uuid", [third]);
  crediting.sandbox.client.addCustomer({ customer_id: customerId, balance: 0 });

  expect(await resolve({ ...input, awardId: first, resolution: "HAPPENED" })).toMatchObject({ state: "CREDITED" });
  expect(await resolve({ ...input, awardId: first, resolution: "TRY_AGAIN" })).toBeNull();
  expect(await resolve({ ...input, awardId: third, resolution: "HAPPENED" })).toBeNull();
  expect(await resolve({ ...input, awardId: second, resolution: "DID_NOT_HAPPEN" })).toMatchObject({
    state: "REFUSED",
  });
  expect(await resolve({ ...input, awardId: third, resolution: "TRY_AGAIN" })).toMatchObject({ state: "PENDING" });
  expect(await resolve({ ...input, awardId: fourth, resolution: "TRY_AGAIN" })).toMatchObject({ state: "UNCERTAIN" });
  expect(await awardsSettled(crediting, ids)).toMatchObject([
    { state: "CREDITED" },
    { state: "REFUSED", last_error: input.note },
    { state: "CREDITED", last_error: null, attempts: 2 },
    { state: "CREDITED", last_error: null, attempts: 2 },
  ]);
  const references = creditsOf(crediting, customerId).map(({ reference }) => reference);
  expect(references.toSorted()).toEqual([`AWARD-${third}`, `AWARD-${fourth}`].toSorted());
  expect(await sql("select actor, action, subject from audit_log order by id")).toHaveLength(4);
});
