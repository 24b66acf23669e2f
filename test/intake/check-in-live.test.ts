import { afterAll, beforeAll, expect, test } from "vitest";
import { DAY, HOUR, MINUTE, makeTestClock } from "../support/clock.ts";
import type { TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { link, post, startRewards } from "../support/rewards/rewards.ts";

// Half an hour before midnight in Jakarta.
const clock = makeTestClock("2026-06-03T16:30:00.000Z");
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards({}, { clock });
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface CheckedIn {
  date: string;
  streak: number;
  replayed: boolean;
  awards: { quantity: number; state: string; waitsForLink: boolean }[];
}
const checkIn = async (customer: Caller) =>
  (
    await customer.ok<{ checkIn: CheckedIn }>(
      "mutation { checkIn { date streak replayed awards { quantity state waitsForLink } } }",
    )
  ).checkIn;

test("a customer checks in once per day of the programme's time zone, and receives the event", async () => {
  const customer = await gateway.customer();
  const award = (quantity: number) => [{ quantity, state: "PENDING", waitsForLink: false }];
  expect(await checkIn(customer)).toEqual({ date: "2026-06-03", streak: 1, replayed: false, awards: award(5) });
  expect(await checkIn(customer)).toEqual({ date: "2026-06-03", streak: 1, replayed: true, awards: award(5) });
  clock.advance(HOUR);
  const nextDay = await gateway.customer({ customerId: customer.customerId });
  const twins = await Promise.all([checkIn(nextDay), checkIn(nextDay), checkIn(nextDay)]);
  expect(twins.map(({ replayed }) => replayed).toSorted()).toEqual([false, true, true]);
  expect(twins[0]).toMatchObject({ date: "2026-06-04", streak: 2, awards: award(5) });

  const events = await gateway.sql(
    "select seq, type, data->>'streak' as streak, data->>'quantity' as points from member_events where customer_id = $1 order by seq",
    [customer.customerId],
  );
  expect(events).toEqual([
    { seq: 1, type: "CHECK_IN_RECORDED", streak: "1", points: null },
    { seq: 2, type: "AWARD_MADE", streak: null, points: "5" },
    { seq: 3, type: "CHECK_IN_RECORDED", streak: "2", points: null },
    { seq: 4, type: "AWARD_MADE", streak: null, points: "5" },
  ]);
});

const producerTells = (id: number, date: string) =>
  post(gateway, { Action: "dailycheckin", Data: { id, command: "dailycheckin", date } });
const points = async (customerId: string) => {
  const rows = await gateway.sql<{ points: number }>(
    "select quantity::int as points from reward_awards where customer_id = $1 order by created_at, effect_key",
    [customerId],
  );
  return rows.map((row) => row.points);
};

test("the answer includes the customer's standing", async () => {
  const customer = await gateway.customer();
  const { checkIn } = await customer.ok<{ checkIn: object }>(
    "mutation { checkIn { customer { customerId checkIn { streak today cycleDay } } } }",
  );
  expect(checkIn).toEqual({
    customer: { customerId: customer.customerId, checkIn: { streak: 1, today: true, cycleDay: 1 } },
  });
});

test("a producer that reports the same day again earns no more points", async () => {
  const customer = await gateway.customer();
  await link(gateway, { customerId: customer.customerId, userId: "501" });
  await checkIn(customer);
  await producerTells(501, new Date(clock.now().getTime() - MINUTE).toISOString());
  clock.advance(DAY);
  await producerTells(501, clock.now().toISOString());
  const nextDay = await gateway.customer({ customerId: customer.customerId });
  expect(await checkIn(nextDay)).toMatchObject({ replayed: false, streak: 2, awards: [] });
  expect(await points(customer.customerId)).toEqual([5, 5]);
});

test("a late day joins the streaks around it; a day that is much too late counts alone", async () => {
  await link(gateway, { customerId: "late", userId: "502" });
  const daysAgo = (days: number) => new Date(clock.now().getTime() - days * DAY).toISOString();
  for (const days of [3, 2, 0]) {
    await producerTells(502, daysAgo(days));
    clock.advance(1);
  }
  expect(await points("late")).toEqual([5, 5, 5]);
  await producerTells(502, daysAgo(1));
  clock.advance(1);
  expect(await points("late")).toEqual([5, 5, 5, 5 + 5 + 10 + 10 - 15]);
  for (const days of [8, 9]) {
    await producerTells(502, daysAgo(days));
    clock.advance(1);
  }
  expect(await points("late")).toEqual([5, 5, 5, 15, 5, 5]);
});

test("a programme with freezes allows a missed day, and every surface shows the same streak", async () => {
  const { rewardRules } = await gateway.operator.ok<{ rewardRules: { ruleId: string; definition: string }[] }>(
    "{ rewardRules { ruleId definition } }",
  );
  const found = rewardRules.find(({ ruleId }) => ruleId === "daily-check-in");
  const revise = async (changes: object) => {
    const definition = JSON.stringify({ ...JSON.parse(found?.definition ?? "{}"), ...changes });
    const { reviseRewardRule } = await gateway.operator.ok<{ reviseRewardRule: { userErrors: unknown[] } }>(
      "mutation ($input: RewardRuleInput!) { reviseRewardRule(input: $input) { userErrors { message } } }",
      { input: { ruleId: "daily-check-in", definition } },
    );
    expect(reviseRewardRule.userErrors).toEqual([]);
  };
  await revise({ freezes: 1 });
  const { rewardCampaigns } = await gateway.anonymous.ok<{ rewardCampaigns: object[] }>(
    "{ rewardCampaigns { id freezes } }",
  );
  expect(rewardCampaigns).toContainEqual({ id: "daily-check-in", freezes: 1 });
  let customer = await gateway.customer();
  const { customerId } = customer;
  for (const streak of [1, 2, 3]) {
    expect(await checkIn(customer)).toMatchObject({ streak, awards: [{ quantity: streak === 3 ? 10 : 5 }] });
    clock.advance(2 * DAY);
    customer = await gateway.customer({ customerId });
  }
  const standing = { streak: 3, longest: 3, today: false, freezes: 1 };
  const { me } = await customer.ok<{ me: { checkIn: object } }>("{ me { checkIn { streak longest today freezes } } }");
  expect(me.checkIn).toEqual(standing);
  expect(
    await gateway.sql(
      "select data->>'streak' as streak from member_events where customer_id = $1 and type = 'CHECK_IN_RECORDED' order by seq",
      [customerId],
    ),
  ).toEqual([{ streak: "1" }, { streak: "2" }, { streak: "3" }]);
  clock.advance(DAY);
  const late = await gateway.customer({ customerId });
  expect(await checkIn(late)).toMatchObject({ streak: 1, awards: [{ quantity: 5 }] });
  await revise({});
});
