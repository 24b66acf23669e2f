import { describe, expect, test } from "vitest";
import { inferFromRefusal, inferOutcome } from "../../src/ledger/evidence.ts";

/** A wallet with 1,000 points ever earned unless a test sets another number. */
const wallet = (balance: number, earned: number | null = 1_000) => ({ balance, earned });

describe("evidence of a call whose answer was lost", () => {
  test.each([
    ["a balance reduced by exactly the points confirms the deduction", wallet(500), -200, [wallet(300)], "happened"],
    ["a balance increased by exactly the points confirms a return", wallet(500), 200, [wallet(700)], "happened"],
    ["a grant of as many points does not hide it", wallet(500), -200, [wallet(500, 1_200)], "happened"],
    ["a grant does not hide a return", wallet(500), 200, [wallet(750, 1_050)], "happened"],
    ["a grant of as many points does not fake a return", wallet(500), 200, [wallet(700, 1_200)], "look-again"],
    ["an unchanged balance is read again", wallet(500), -200, [wallet(500)], "look-again"],
    [
      "a balance unchanged twice says it did not happen",
      wallet(500),
      -200,
      [wallet(500), wallet(500)],
      "did-not-happen",
    ],
    ["so do two grants", wallet(500), -200, [wallet(550, 1_050), wallet(600, 1_100)], "did-not-happen"],
    [
      "looks that failed in between do not count",
      wallet(500),
      -200,
      [wallet(500), null, wallet(500)],
      "did-not-happen",
    ],
    ["an unchanged reading and failures are not sufficient", wallet(500), -200, [wallet(500), null], "look-again"],
    ["a late deduction is visible in the second reading", wallet(500), -200, [wallet(500), wallet(300)], "happened"],
    ["a balance changed by another number is inconclusive", wallet(500), -200, [wallet(400)], "unclear"],
    ["a balance that cannot be read is tried again", wallet(500), -200, [null, null, null, null], "look-again"],
    ["a balance that can never be read is inconclusive", wallet(500), -200, [null, null, null, null, null], "unclear"],
    ["without the earlier balance the outcome is inconclusive", null, -200, [wallet(300)], "unclear"],
    ["a record without the points earned confirms a deduction", wallet(500, null), -200, [wallet(300)], "happened"],
    [
      "a record without the points earned does not exclude a deduction",
      wallet(500, null),
      -200,
      [wallet(500), wallet(500)],
      "unclear",
    ],
  ] as const)("%s", (_, before, change, readings, verdict) => {
    expect(inferOutcome(before, change, readings)).toBe(verdict);
  });
});

describe("evidence after a refusal", () => {
  test.each([
    ["an unchanged balance agrees", wallet(500), -200, wallet(500), "refused"],
    ["so does one less by fewer points", wallet(250), -200, wallet(100), "refused"],
    [
      "a balance that is too small after spending in another channel confirms the refusal",
      wallet(500),
      -200,
      wallet(100),
      "refused",
    ],
    ["exactly the points were taken, and the balance would do again", wallet(500), -200, wallet(300), "happened"],
    ["the same beside a grant", wallet(500), -200, wallet(600, 1_300), "happened"],
    ["exactly the points are gone, and the balance is too small", wallet(300), -200, wallet(100), "unclear"],
    ["more than the points are gone, and the balance would do", wallet(900), -200, wallet(500), "unclear"],
    ["a return has arrived", wallet(500), 200, wallet(700), "happened"],
    ["a return has not", wallet(500), 200, wallet(500), "refused"],
    ["a grant is not a return", wallet(500), 200, wallet(700, 1_200), "refused"],
    ["more than the return has arrived", wallet(500), 200, wallet(900), "unclear"],
    ["the balance cannot be read", wallet(500), -200, null, "unreadable"],
    ["the balance before is not known", null, -200, wallet(300), "unreadable"],
  ] as const)("%s", (_, before, change, after, verdict) => {
    expect(inferFromRefusal(before, change, after)).toBe(verdict);
  });
});
