import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSecretBox } from "../../src/platform/secret-box.ts";
import type { DrawCampaign } from "../../src/reward-processor/draw/draw-campaign.ts";
import { closeDraw } from "../../src/reward-processor/draw/draw-ticket.ts";
import { headerOf, type Ticket, toLine } from "../../src/reward-processor/draw/published.ts";
import { verifyDraw } from "../../src/reward-processor/draw/verify-draw.ts";
import { SESSION_SECRET, type TestGateway } from "../support/gateway.ts";
import { addRule, awardsIn, post, purchase, retire, startRewards } from "./support/rewards.ts";

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

test("no cap and no budget is passed by messages that come at once, and what is left is given to the last point", async () => {
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

test("tickets drawn at once have gapless numbers, keep to the stock, and can be recomputed", async () => {
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
  const tickets = await gateway.sql<Ticket & { issued_at: Date }>(
    "select number, holder, issued_at, roll, hit, prize, hash from draw_tickets order by number",
  );
  expect(tickets.map(({ number }) => number)).toEqual(Array.from({ length: 200 }, (_, place) => place + 1));

  const [draw] = await gateway.sql<{ campaign: DrawCampaign; seed: Buffer; tickets: number; last_hash: string }>(
    "select campaign, seed, tickets, last_hash from draw_campaigns",
  );
  if (!draw) throw new Error("there is no draw");
  const seed = makeSecretBox(SESSION_SECRET, "draw-seed").decrypt(draw.seed, "sample-draw");
  const file = [
    headerOf(draw.campaign),
    ...tickets.map(({ issued_at, ...ticket }) => ({
      ...ticket,
      type: "ticket" as const,
      issuedAt: issued_at.toISOString(),
    })),
    closeDraw(seed, { tickets: draw.tickets, lastHash: draw.last_hash, given: {} }),
  ].map(toLine);
  expect(verifyDraw(file.join(""))).toMatchObject({ ok: true, tickets: 200 });
  expect(verifyDraw(file.join("").replace(/"prize":"no-luck"/, '"prize":"points-50"'))).toMatchObject({ ok: false });
});

test("points that a ticket has won are an award of their own, one each", async () => {
  const [counts] = await gateway.sql(`
    select (select count(*)::int from draw_tickets where prize like 'points-%') as won,
           (select count(*)::int from reward_awards where effect_key like 'draw/%' and unit = 'POINTS') as given`);
  expect(counts?.["won"]).toBeGreaterThan(0);
  expect(counts?.["given"]).toBe(counts?.["won"]);
});

test("a draw that is closed gives no tickets, and says so", async () => {
  await gateway.sql("update draw_campaigns set closed_at = now() where id = 'sample-draw'");
  const before = (await awardsIn(gateway)).length;
  await post(gateway, {
    Action: "luckydraw",
    Data: { id: 3001, transaction: [{ date: "2024-02-10T11:22:06", amount: 900 }] },
  });
  expect((await awardsIn(gateway)).length).toBe(before);
  expect(await gateway.sql("select outcome from reward_decisions where reason = 'DRAW_NOT_OPEN'")).toEqual([
    { outcome: "SKIP" },
  ]);
});
