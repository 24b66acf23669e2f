import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { expect, test } from "vitest";
import type { SettledAward } from "../../../src/awards/credit/credit.store.ts";
import { makeResolveAward } from "../../../src/awards/credit/resolve-award.ts";
import { AWARDS_TO_CREDIT } from "../../../src/domain/topics.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { awardsSettled, creditsOf, endLeases, insertAwards, readAwards } from "../../support/rewards/awards.ts";
import { type Crediting, startCreditingAlone } from "../../support/rewards/crediting.ts";

function newCustomer({ sandbox }: Crediting): string {
  const customerId = `C-${randomUUID()}`;
  sandbox.client.addCustomer({ customer_id: customerId, balance: 0 });
  return customerId;
}
test("a listener receives each settled award, in the transaction that settles it, and after its commit", async () => {
  const told: SettledAward[] = [];
  const afterwards: SettledAward[] = [];
  const failed = new Set<string>();
  let isBroken = true;
  await using crediting = await startCreditingAlone({
    settled: {
      async inTransaction(tx, awards) {
        for (const { id, state } of awards) {
          // Reads the state that other transactions do not see yet.
          expect((await tx.rewardAward.findUniqueOrThrow({ where: { id } })).state).toBe(state);
          if (isBroken) failed.add(id);
        }
        if (isBroken) throw new Error("not this time");
        told.push(...awards);
      },
      afterCommit: (awards) => void afterwards.push(...awards),
    },
    pause: async () => {}, // a failed write is retried at once
  });
  const customerId = newCustomer(crediting);
  const ids = await insertAwards(crediting, [
    { customerId },
    { customerId: "NOBODY" },
    { customerId: null, expiresAt: new Date(0) },
  ]);
  crediting.bus.notify(AWARDS_TO_CREDIT);
  await crediting.until(async () => ids.every((id) => failed.has(id)));
  expect((await readAwards(crediting, ids)).every(({ settled_at }) => settled_at === null)).toBe(true);
  expect(afterwards).toEqual([]);

  isBroken = false;
  await endLeases(crediting); // a failed record leaves the award to the next worker
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

test("a ledger without answers is paused, probed with one call at a time, and sent all awards when it recovers", async () => {
  const pauses: { ms: number; attempts: number }[] = [];
  const pausing = new EventEmitter();
  let isBack = false;
  let endPause = () => {};
  await using crediting = await startCreditingAlone({
    async pause(ms, signal) {
      if (isBack) return;
      const ended = new Promise<void>((resolve) => {
        endPause = resolve;
        signal.addEventListener("abort", () => resolve());
      });
      pauses.push({ ms, attempts: await attempts() });
      pausing.emit("began");
      await ended;
    },
  });
  const attempts = async () =>
    (await crediting.sql<{ sum: number }>("select sum(attempts)::int from reward_awards"))[0]?.sum ?? 0;
  const customerId = newCustomer(crediting);
  crediting.sandbox.faults.add({ upstream: "client", operation: "credit", fault: "http-500", times: 1_000 });
  const awards = Array.from({ length: 200 }, () => ({ customerId, points: 1 }));
  const ids = await insertAwards(crediting, awards);
  const firstPause = once(pausing, "began");
  crediting.bus.notify(AWARDS_TO_CREDIT);
  await firstPause;
  for (let pause = 2; pause <= 9; pause += 1) {
    for (let rings = 0; rings < 3; rings += 1) crediting.bus.notify(AWARDS_TO_CREDIT);
    const nextPause = once(pausing, "began");
    endPause();
    await nextPause;
  }
  expect(pauses.map(({ ms }) => ms / 1_000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  // A notification does not end a pause. A single call is sent after each pause.
  const [first, ...others] = pauses.map((pause) => pause.attempts);
  expect(first).toBeLessThanOrEqual(2 * 32); // two rounds of the maximum number of calls in flight
  expect(others).toEqual(others.map((_, nth) => (first ?? 0) + nth + 1));

  crediting.sandbox.faults.clear();
  crediting.closeCircuits();
  isBack = true;
  endPause();
  const done = await awardsSettled(crediting, ids);
  expect(done.every(({ state }) => state === "CREDITED")).toBe(true);
  expect(crediting.sandbox.client.balance(customerId)).toBe(200);
});

test("operators record the outcome of an award, or have it sent again under its reference", async () => {
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
  bus.notify(AWARDS_TO_CREDIT);
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
