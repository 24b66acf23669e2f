import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyDraw } from "../../src/draws/verify-draw.ts";
import type { TestGateway } from "../support/gateway.ts";
import { addRule, post, retire, startRewards } from "../support/rewards/rewards.ts";

const MESSAGES = 100;
const TICKETS_EACH = 100;
const ALL = MESSAGES * TICKETS_EACH;
/** About five hundred tickets hit one of the fifty bicycles, and a thousand hit the points. */
const prizes = [
  { id: "bicycle", name: "A bicycle", oddsPpm: 50_000, stock: 50, kind: "points", points: 1_000 },
  { id: "points-5", name: "5 points", oddsPpm: 100_000, stock: null, kind: "points", points: 5 },
  { id: "bell", name: "A bell", oddsPpm: 0, stock: null, kind: "none" },
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
  await retire(gateway, "lucky-draw-tickets");
  const input = { drawId: "big", announcement: JSON.stringify({ name: "A big draw", prizes, fallback: "bell" }) };
  await gateway.operator.ok(
    "mutation ($input: OpenLuckyDrawInput!) { openLuckyDraw(input: $input) { userErrors { message } } }",
    {
      input,
    },
  );
  await addRule(gateway, "big-tickets", "luckydraw", { drawId: "big", amountPerTicket: 10 });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const count = async (sql: string) =>
  (await gateway.sql<{ n: number }>(`select count(*)::int as n from ${sql}`))[0]?.n ?? 0;

test("ten thousand concurrent tickets keep to the stock and the odds, and can all be recomputed", async () => {
  const buy = (number: number) =>
    post(gateway, {
      Action: "luckydraw",
      Data: {
        id: 1 + (number % 23),
        trxId: `T-${number}`,
        transaction: [{ date: "2024-02-08T11:22:06", amount: 10 * TICKETS_EACH }],
      },
    });
  const answers = await Promise.all(Array.from({ length: MESSAGES }, (_, number) => buy(number)));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  await gateway.operator.ok(`mutation { closeLuckyDraw(input: { drawId: "big" }) { userErrors { message } } }`);

  const published = await (await fetch(`${gateway.url}/draws/big.jsonl`)).text();
  expect(verifyDraw(published)).toMatchObject({ ok: true, tickets: ALL });
  expect(await count("draw_tickets where prize = 'bicycle'")).toBe(50);
  expect(await count("reward_awards where effect_key like 'draw/%' and quantity = 1000")).toBe(50);

  // Six standard deviations to either side: a fair draw exceeds them twice in a thousand million times.
  const bounds = (odds: number) => {
    const deviation = Math.sqrt(ALL * odds * (1 - odds));
    return { from: ALL * odds - 6 * deviation, to: ALL * odds + 6 * deviation };
  };
  for (const { id, oddsPpm } of prizes.slice(0, 2)) {
    const { from, to } = bounds(oddsPpm / 1_000_000);
    const hits = await count(`draw_tickets where hit = '${id}'`);
    expect(hits, id).toBeGreaterThan(from);
    expect(hits, id).toBeLessThan(to);
  }
  expect(await count("reward_awards where effect_key like 'draw/%' and quantity = 5")).toBe(
    await count("draw_tickets where prize = 'points-5'"),
  );
});
