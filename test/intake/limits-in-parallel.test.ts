import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyDraw } from "../../src/draws/verify-draw.ts";
import type { TestGateway } from "../support/gateway.ts";
import { addRule, awardsIn, post, purchase, retire, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
  await retire(gateway, "points-for-purchases");
  await retire(gateway, "lucky-draw-tickets");
});
afterAll(() => gateway[Symbol.asyncDispose]());

const quantities = async (ruleId: string) => {
  const rows = await gateway.sql<{ quantity: number; value: string; day: string }>(
    `select a.quantity::int as quantity, i.value, d.explanation->'facts'->>'localDate' as day
     from reward_awards a join reward_decisions d on d.id = a.decision_id join member_identities i on i.member_id = a.member_id
     where d.rule_id = $1 and a.effect_key not like 'draw/%'`,
    [ruleId],
  );
  return rows;
};
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

test("concurrent messages exceed no cap and no budget, and use each budget to the last point", async () => {
  await addRule(gateway, "capped", "transactionpromo", {
    minimumAmount: 0,
    tiers: [{ from: 0, rate: { points: 1, perAmount: 1 } }],
    multipliers: [],
    caps: { perEvent: 40, memberDay: 100, memberTotal: 150, budget: 500 },
  });
  const messages = [1, 2, 3, 4, 5].flatMap((id) =>
    ["2024-02-08", "2024-02-09"].flatMap((day) =>
      Array.from({ length: 5 }, (_, number) => purchase(2000 + id, 55, `${id}-${day}-${number}`, `${day}T11:00:00`)),
    ),
  );
  await Promise.all(messages.map((message) => post(gateway, message)));

  const given = await quantities("capped");
  expect(Math.max(...given.map(({ quantity }) => quantity))).toBe(40);
  expect(sum(given.map(({ quantity }) => quantity))).toBe(500);
  for (const id of ["2001", "2002", "2003", "2004", "2005"]) {
    const own = given.filter(({ value }) => value === id);
    expect(sum(own.map(({ quantity }) => quantity))).toBeLessThanOrEqual(150);
    for (const day of ["2024-02-08", "2024-02-09"]) {
      expect(sum(own.filter((award) => award.day === day).map(({ quantity }) => quantity))).toBeLessThanOrEqual(100);
    }
  }
  const [budget] = await gateway.sql("select value::int as value from reward_counters where key = 'budget/capped'");
  expect(budget).toEqual({ value: 500 });
});

const published = async (drawId: string) => {
  const response = await fetch(`${gateway.url}/draws/${drawId}.jsonl`);
  return { status: response.status, text: await response.text() };
};

test("concurrently drawn tickets have gapless numbers and keep to the stock", async () => {
  await addRule(gateway, "many-tickets", "luckydraw", { drawId: "sample-draw", amountPerTicket: 100 });
  await Promise.all(
    Array.from({ length: 40 }, (_, number) =>
      post(gateway, {
        Action: "luckydraw",
        Data: {
          id: 3000 + (number % 7),
          trxId: `T-${number}`,
          transaction: [{ date: "2024-02-08T11:22:06", amount: 550 }],
        },
      }),
    ),
  );
  const tickets = await gateway.sql<{ number: number }>("select number from draw_tickets order by number");
  expect(tickets.map(({ number }) => number)).toEqual(Array.from({ length: 200 }, (_, place) => place + 1));
  const { text } = await published("sample-draw");
  expect(verifyDraw(text)).toMatchObject({
    ok: false,
    problems: [{ message: expect.stringContaining("has not been revealed") }],
  });
});

test("points won by a ticket are a separate award, one each", async () => {
  const [counts] = await gateway.sql(`
    select (select count(*)::int from draw_tickets where prize like 'points-%') as won,
           (select count(*)::int from reward_awards where effect_key like 'draw/%' and unit = 'POINTS') as given`);
  expect(counts?.["won"]).toBeGreaterThan(0);
  expect(counts?.["given"]).toBe(counts?.["won"]);
});

test("a closed draw is published with its seed and verifies; with an altered ticket it does not", async () => {
  const seedOf = async () => (await published("sample-draw")).text.includes('"reveal"');
  expect(await seedOf()).toBe(false);
  for (const times of ["once", "again"]) {
    const { closeLuckyDraw } = await gateway.operator.ok<{ closeLuckyDraw: { draw: object } }>(
      `mutation { closeLuckyDraw(input: { drawId: "sample-draw" }) {
        draw { tickets published openingHash closedAt } userErrors { code } } }`,
    );
    expect(closeLuckyDraw.draw, times).toMatchObject({ tickets: 200, published: "/draws/sample-draw.jsonl" });
  }
  const { text } = await published("sample-draw");
  expect(verifyDraw(text)).toMatchObject({ ok: true, tickets: 200 });
  expect(verifyDraw(text.replace(/"prize":"no-luck"/, '"prize":"points-50"'))).toMatchObject({ ok: false });
});

test("a closed draw issues no tickets, and says so", async () => {
  const before = (await awardsIn(gateway)).length;
  await post(gateway, {
    Action: "luckydraw",
    Data: { id: 3001, transaction: [{ date: "2024-02-10T11:22:06", amount: 900 }] },
  });
  expect((await awardsIn(gateway)).length).toBe(before);
  const outcomes = await gateway.sql("select outcome from reward_decisions where reason = 'DRAW_NOT_OPEN'");
  expect(outcomes).toEqual([{ outcome: "SKIP" }]);
});

test("an operator opens a draw, whose exhausted prize is replaced by the fallback", async () => {
  const announcement = {
    name: "One bicycle",
    prizes: [
      { id: "bicycle", name: "A bicycle", oddsPpm: 1_000_000, stock: 1, kind: "reward", sku: "WATTLEWIRE-HEADPHONES" },
      { id: "bell", name: "A bell", oddsPpm: 0, stock: null, kind: "none" },
    ],
    fallback: "bell",
  };
  const open = (input: object) =>
    gateway.operator.send<{ openLuckyDraw: { draw: unknown; userErrors: { code: string; field: string[] }[] } }>(
      "mutation ($input: OpenLuckyDrawInput!) { openLuckyDraw(input: $input) { draw { prizes { id left } } userErrors { code field } } }",
      { input },
    );
  const input = { drawId: "one-bicycle", announcement: JSON.stringify(announcement) };
  expect((await open(input)).data?.openLuckyDraw.draw).toEqual({
    prizes: [
      { id: "bicycle", left: 1 },
      { id: "bell", left: null },
    ],
  });
  expect((await open(input)).data?.openLuckyDraw.userErrors).toMatchObject([{ code: "DRAW_ID_TAKEN" }]);
  const wrong = JSON.stringify({ ...announcement, name: "" });
  expect((await open({ drawId: "two", announcement: wrong })).data?.openLuckyDraw.userErrors[0]).toMatchObject({
    code: "INVALID_INPUT",
    field: ["input", "announcement", "name"],
  });

  await retire(gateway, "many-tickets");
  await addRule(gateway, "bicycle-tickets", "luckydraw", { drawId: "one-bicycle", amountPerTicket: 100 });
  await Promise.all(
    Array.from({ length: 20 }, (_, number) =>
      post(gateway, {
        Action: "luckydraw",
        Data: { id: 3100 + number, transaction: [{ date: "2024-02-11T11:22:06", amount: 150 }] },
      }),
    ),
  );
  const won = await gateway.sql(
    "select prize, count(*)::int from draw_tickets where draw_id = 'one-bicycle' group by prize order by 2",
  );
  expect(won).toEqual([
    { prize: "bicycle", count: 1 },
    { prize: "bell", count: 19 },
  ]);
});

test("an unknown draw has no publication", async () => {
  expect((await published("none")).status).toBe(404);
});
