import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { openProcessor, type Processor } from "../../src/intake/open-processor.ts";
import type { Processed } from "../../src/intake/process-message.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type Db, inTransaction, openDb } from "../../src/platform/db.ts";
import { makeLocalBus } from "../../src/platform/events.ts";
import { BudgetExceeded, useBudgets } from "../../src/rules/index.ts";
import { type TestGateway, testEnvironment } from "../support/gateway.ts";
import { addRule, purchase, retire, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
let db: Db;
let processor: Processor;
const nikKey = new Uint8Array(32);
beforeAll(async () => {
  gateway = await startRewards();
  await retire(gateway, "points-for-purchases");
  await addRule(gateway, "one-for-one", "transactionpromo", {
    minimumAmount: 0,
    tiers: [{ from: 0, rate: { points: 1, perAmount: 1 } }],
    multipliers: [],
  });
  db = openDb(gateway.databaseUrl, 5);
  const config = readConfig(testEnvironment(gateway.databaseUrl, gateway.sandbox.url));
  processor = openProcessor({ config, nikKey, db, bus: makeLocalBus(), clock: systemClock, metrics: undefined });
});
afterAll(async () => {
  await db.$disconnect();
  await gateway[Symbol.asyncDispose]();
});

/** Concurrent messages. The first two have a transaction each, and the others queue up behind them. */
const sendTogether = (messages: readonly object[], by = processor) =>
  Promise.all(
    messages.map((message) =>
      by.processMessage
        .process({ raw: JSON.stringify(message), source: "REDIS", actor: "test" })
        .catch((error: Error) => error.message),
    ),
  );
const isAccepted = (processed: Processed | string) => typeof processed !== "string" && processed.accepted;
const aPurchase = (userId: number, amount = 5) => ({
  TicketId: randomUUID(),
  ...purchase(userId, amount, `trx-${randomUUID()}`),
});

/** How many messages of these tickets each transaction has stored, the earliest first. */
async function transactionsOf(messages: readonly { TicketId: string }[]): Promise<number[]> {
  const rows = await gateway.sql<{ stored: number }>(
    `select count(*)::int as stored from reward_messages where ticket_id = any($1)
     group by xmin, received_at order by received_at, min(xmin::text::bigint)`,
    [messages.map(({ TicketId }) => TicketId)],
  );
  return rows.map(({ stored }) => stored);
}
const awardsOf = (userId: number) =>
  gateway.sql<{ points: number }>(
    `select a.quantity::int as points from reward_awards a
     join reward_decisions d on d.id = a.decision_id join reward_messages m on m.id = d.message_id
     join member_identities i on i.member_id = a.member_id where i.value = $1 order by a.quantity`,
    [String(userId)],
  );

test("concurrent messages share transactions of up to 50", async () => {
  const first = [aPurchase(5_010), aPurchase(5_011)];
  const messages = Array.from({ length: 70 }, (_, index) => aPurchase(5_000 + (index % 7)));
  expect((await sendTogether([...first, ...messages])).every(isAccepted)).toBe(true);
  expect(await transactionsOf(first)).toEqual([1, 1]);
  expect(await transactionsOf(messages)).toEqual([50, 20]);
  const awards = (await Promise.all([0, 1, 2, 3, 4, 5, 6].map((member) => awardsOf(5_000 + member)))).flat();
  expect(awards).toHaveLength(70);
});

test("a member's messages keep their order, and messages of others do not wait for them", async () => {
  await addRule(gateway, "first-come", "transactionpromo", {
    minimumAmount: 0,
    tiers: [{ from: 0, rate: { points: 1, perAmount: 1 } }],
    multipliers: [],
    stacking: "stackable",
    caps: { memberTotal: 3 },
  });
  const [first, second, third] = [aPurchase(5_020, 1), aPurchase(5_020, 2), aPurchase(5_020, 3)];
  const others = [aPurchase(5_021), aPurchase(5_022)];
  await sendTogether([first, second, others[0] ?? {}, third, others[1] ?? {}]);
  await retire(gateway, "first-come");
  const given = await gateway.sql<{ ticket: string; points: number }>(
    `select m.ticket_id as ticket, a.quantity::int as points from reward_awards a
     join reward_decisions d on d.id = a.decision_id join reward_messages m on m.id = d.message_id
     join member_identities i on i.member_id = a.member_id where d.rule_id = 'first-come' and i.value = '5020'`,
  );
  expect(new Map(given.map(({ ticket, points }) => [ticket, points]))).toEqual(
    new Map([
      [first.TicketId, 1],
      [second.TicketId, 2],
    ]),
  );
});

test("a message of a batch counts for the next one: caps, streaks and joined members", async () => {
  await addRule(gateway, "capped", "transactionpromo", {
    minimumAmount: 0,
    tiers: [{ from: 0, rate: { points: 1, perAmount: 1 } }],
    multipliers: [],
    stacking: "stackable",
    caps: { memberTotal: 12 },
  });
  const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString();
  const warm = [aPurchase(5_100), aPurchase(5_101)];
  const purchases = [1, 2, 3, 4].map(() => aPurchase(5_102, 5));
  const checkIns = [3, 2, 1, 0].map((daysAgo) => ({
    TicketId: randomUUID(),
    Action: "dailycheckin",
    Data: { id: 5_103, date: day(daysAgo) },
  }));
  await sendTogether([...warm, ...purchases, ...checkIns]);
  expect(await transactionsOf([...purchases, ...checkIns])).toEqual([8]);
  await retire(gateway, "capped");
  expect((await awardsOf(5_102)).map(({ points }) => points)).toEqual([2, 5, 5, 5, 5, 5, 5]);
  expect((await awardsOf(5_103)).map(({ points }) => points)).toEqual([5, 5, 10, 10]); // as the sample's calendar goes on
});

test("a message that repeats one of its batch gets the same answer, and has no effect", async () => {
  const message = aPurchase(5_200);
  const { TicketId: _, ...withoutTicket } = aPurchase(5_200, 9);
  const answers = await sendTogether([
    aPurchase(5_201),
    aPurchase(5_202),
    message,
    message,
    { ...message, Date: "2024-02-08T11:22:07" },
    withoutTicket,
    withoutTicket,
  ]);
  const replayed = answers.map((answer) => typeof answer !== "string" && answer.accepted && answer.replayed);
  expect(replayed).toEqual([false, false, false, true, true, false, true]);
  const tickets = answers.map((answer) => typeof answer !== "string" && answer.answer.data.TicketId);
  expect(tickets[3]).toBe(tickets[2]);
  expect(tickets[6]).toBe(tickets[5]);
  expect((await awardsOf(5_200)).map(({ points }) => points)).toEqual([5, 9]);
});

test("a ticket that comes with another meaning in the same batch is refused, and only that message", async () => {
  const message = aPurchase(5_300);
  const answers = await sendTogether([
    aPurchase(5_301),
    aPurchase(5_302),
    message,
    { ...aPurchase(5_300, 77), TicketId: message.TicketId },
    aPurchase(5_303),
  ]);
  expect(answers.map(isAccepted)).toEqual([true, true, true, false, true]);
  expect(answers[3]).toMatchObject({ problems: [{ code: "TICKET_REUSED" }] });
  expect((await awardsOf(5_300)).map(({ points }) => points)).toEqual([5]);
});

test("an invalid message fails alone", async () => {
  // The invalid message: a counter of this member is so large that no points can be added.
  await sendTogether([aPurchase(5_400)]);
  await gateway.sql(
    "update reward_counters set value = 9007199254740991 where key = (select 'total/one-for-one/' || member_id from member_identities where value = '5400')",
  );
  const others = Array.from({ length: 48 }, (_, index) => aPurchase(5_401 + (index % 5)));
  const answers = await sendTogether([...others.slice(0, 20), aPurchase(5_400), ...others.slice(20)]);
  expect(answers.filter(isAccepted)).toHaveLength(48);
  expect(answers[20]).toContain("is full");
  expect(await awardsOf(5_400)).toHaveLength(1);
  const awards = (await Promise.all([0, 1, 2, 3, 4].map((member) => awardsOf(5_401 + member)))).flat();
  expect(awards).toHaveLength(48);
});

test("several processes use a budget without a lock up to its limit and no further", async () => {
  await retire(gateway, "one-for-one");
  await addRule(gateway, "limited", "transactionpromo", {
    minimumAmount: 0,
    tiers: [{ from: 0, rate: { points: 1, perAmount: 1 } }],
    multipliers: [],
    caps: { budget: 500 },
  });
  const config = readConfig(testEnvironment(gateway.databaseUrl, gateway.sandbox.url));
  const others = openDb(gateway.databaseUrl, 5);
  const second = openProcessor({
    config,
    nikKey,
    db: others,
    bus: makeLocalBus(),
    clock: systemClock,
    metrics: undefined,
  });
  const messages = (from: number) => Array.from({ length: 60 }, (_, index) => aPurchase(from + index, 7));
  await Promise.all([sendTogether(messages(5_500)), sendTogether(messages(5_600), second)]);
  await others.$disconnect();
  const [given] = await gateway.sql(
    `select sum(a.quantity)::int as points, min(a.quantity)::int as last, (select value::int from reward_counters where key = 'budget/limited') as used
     from reward_awards a join reward_decisions d on d.id = a.decision_id where d.rule_id = 'limited'`,
  );
  expect(given).toEqual({ points: 500, last: 500 % 7, used: 500 });
});

test("the guard of a budget refuses an award beyond the limit, also the first one", async () => {
  const key = `budget/${randomUUID()}`;
  const use = (by: number) => inTransaction(db, (tx) => useBudgets(tx, [{ key, by }], new Map([[key, 10]])));
  await use(6);
  await expect(use(5)).rejects.toThrow(BudgetExceeded);
  await use(4);
  await expect(use(1)).rejects.toThrow(BudgetExceeded);
  expect(await gateway.sql("select value::int as value from reward_counters where key = $1", [key])).toEqual([
    { value: 10 },
  ]);
});
