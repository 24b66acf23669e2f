import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleRewards } from "../../prisma/sample/rewards.ts";
import { checkDraw, drawCampaign, type Prize } from "../../src/draws/draw-campaign.ts";
import { holderOf } from "../../src/draws/holder.ts";
import { prizeOf } from "../../src/draws/prize-of.ts";
import { rollOf } from "../../src/draws/roll.ts";
import { sampleDraw } from "../../src/draws/sample-draw.ts";
import { commitOf, newSeed } from "../../src/draws/seed.ts";
import { campaign, play, seed } from "../support/rewards/draws.ts";

/** Four standard deviations of a binomial count: with a fixed seed this always holds or never does. */
const tolerance = (tickets: number, chance: number) => 4 * Math.sqrt(tickets * chance * (1 - chance));

describe("a roll", () => {
  test("follows the documented recipe", () => {
    const mac = createHmac("sha256", Buffer.from(seed, "hex")).update("tessera-draw/1\ntest-draw\n1\n0").digest();
    expect(rollOf(seed, "test-draw", 1)).toBe(mac.readUInt32BE(0) % 1_000_000);
  });
  test("discards values that would favour small rolls, and increments the counter", () => {
    const first = (ticket: number, counter: number) =>
      createHmac("sha256", Buffer.from(seed, "hex"))
        .update(`tessera-draw/1\ntest-draw\n${ticket}\n${counter}`)
        .digest()
        .readUInt32BE(0);
    const biased = Array.from({ length: 20_000 }, (_, n) => n + 1).filter(
      (ticket) => first(ticket, 0) >= 4_294_000_000,
    );
    expect(biased.length).toBeGreaterThan(0);
    for (const ticket of biased) expect(rollOf(seed, "test-draw", ticket)).toBe(first(ticket, 1) % 1_000_000);
  });
  test("depends on the seed, the draw and the ticket", () => {
    const rolls = [
      rollOf(seed, "test-draw", 1),
      rollOf(seed, "test-draw", 2),
      rollOf(seed, "other-draw", 1),
      rollOf("0".repeat(64), "test-draw", 1),
    ];
    expect(new Set(rolls).size).toBe(4);
  });
  test("falls into each tenth of the range about as often", () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let ticket = 1; ticket <= 10_000; ticket += 1) {
      const tenth = Math.floor(rollOf(seed, "test-draw", ticket) / 100_000);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // χ² of nine degrees of freedom is above 27.88 once in a thousand.
    expect(tenths.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(27.88);
  });
});

describe("a prize", () => {
  test.each([
    [0, "phone"],
    [1_999, "phone"],
    [2_000, "bonus"],
    [51_999, "bonus"],
    [52_000, "small"],
    [351_999, "small"],
    [352_000, "nothing"],
    [999_999, "nothing"],
  ])("of roll %i is %s", (roll, prize) => {
    expect(prizeOf(campaign, roll, {})).toEqual({ hit: prize, prize });
  });
  test("that has run out is replaced by the fallback, and the original hit is kept", () => {
    expect(prizeOf(campaign, 0, { phone: 2 })).toEqual({ hit: "phone", prize: "phone" });
    expect(prizeOf(campaign, 0, { phone: 3 })).toEqual({ hit: "phone", prize: "nothing" });
  });
});

test("a prize may have any id", () => {
  const odd = {
    ...campaign,
    prizes: [{ ...(campaign.prizes[0] as Prize), id: "constructor" }, ...campaign.prizes.slice(1)],
  };
  expect(prizeOf(odd, 0, {})).toEqual({ hit: "constructor", prize: "constructor" });
});

describe("ten thousand tickets", () => {
  const { tickets, state } = play(10_000);

  test("are numbered from 1 without a gap", () => {
    expect(tickets.map(({ number }) => number)).toEqual(Array.from({ length: 10_000 }, (_, n) => n + 1));
  });
  test.each(campaign.prizes.filter(({ oddsPpm }) => oddsPpm > 0))(
    "hit $id about as often as its odds predict",
    (prize) => {
      const chance = prize.oddsPpm / 1_000_000;
      const hits = tickets.filter(({ hit }) => hit === prize.id).length;
      expect(Math.abs(hits - 10_000 * chance)).toBeLessThan(tolerance(10_000, chance));
    },
  );
  test("never award more than the stock, and award all of it", () => {
    expect(state.given).toMatchObject({ phone: 3, small: 1_000 });
    expect(tickets.filter(({ hit }) => hit === "phone").length).toBeGreaterThan(3);
    expect(Object.values(state.given).reduce((sum, count) => sum + count, 0)).toBe(10_000);
  });
});

test("stock is never oversold, for any odds and stock", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 60 }),
      fc.nat(1_000_000),
      (oddsPpm, stock, count, n) => {
        const from = commitOf(String(n).padStart(64, "0"));
        const prizes = [
          { id: "prize", name: "Prize", oddsPpm, stock, kind: "none" as const },
          { id: "nothing", name: "Nothing", oddsPpm: 0, stock: null, kind: "none" as const },
        ];
        const { tickets, state } = play(count, { ...campaign, seedCommit: commitOf(from), prizes }, from);
        const hits = tickets.filter(({ hit }) => hit === "prize").length;
        expect(state.given["prize"] ?? 0).toBe(Math.min(hits, stock));
      },
    ),
    { numRuns: 60 },
  );
});

describe("a draw", () => {
  const [phone, bonus, small, nothing] = campaign.prizes as [Prize, Prize, Prize, Prize];
  test("is valid as in the sample", () => {
    const sample = drawCampaign.parse(sampleDraw(commitOf(seed)));
    expect(checkDraw(sample)).toEqual([]);
    const skus = sample.prizes.flatMap((prize) => (prize.kind === "reward" ? prize.sku : []));
    expect(sampleRewards.map(({ sku }) => sku)).toEqual(expect.arrayContaining(skus));
  });
  test("is valid with the test's campaign", () => {
    expect(checkDraw(drawCampaign.parse(campaign))).toEqual([]);
  });
  test.each([
    ["prize phone is listed twice", { prizes: [phone, phone, nothing] }],
    [
      "the odds add up to 1000001 parts per million, more than there are",
      { prizes: [{ ...bonus, oddsPpm: 1_000_001 }, nothing] },
    ],
    ["prize small can never be won", { prizes: [{ ...small, oddsPpm: 0 }, nothing] }],
    ["the fallback nothing is not among the prizes", { prizes: [phone] }],
    ["the fallback phone may run out: its stock has to be null", { fallback: "phone" }],
  ])("is refused because %s", (message, changes) => {
    expect(checkDraw({ ...campaign, ...changes }).map((problem) => problem.message)).toContain(message);
  });
});

test("a commitment covers the seed's bytes", () => {
  expect(commitOf("00".repeat(32))).toBe("66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
  expect(newSeed()).toMatch(/^[0-9a-f]{64}$/);
  expect(newSeed()).not.toBe(newSeed());
});

test("the secret of the ticket identifies its holder", () => {
  expect(holderOf("571", seed)).not.toBe(holderOf("571", "0".repeat(64)));
  expect(holderOf("571", seed)).not.toBe(holderOf("572", seed));
});
