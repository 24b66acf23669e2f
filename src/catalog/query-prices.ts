import type { Redeemable } from "../upstream/capillary/points.ts";

type Answer = Redeemable | Error;

/** Up to this number of prices, a page's default, each price has its own call. */
const MAX_ONE_BY_ONE = 20;

/**
 * Checks whether a wallet could pay each of these prices. Capillary accepts one amount a call, and a page of a hundred
 * rewards would use up a customer's calls for a minute. For many prices only some are therefore checked: if the results
 * for a lower and a higher price agree, the prices between them get the same result. Refusals by an amount rule do not
 * count as agreement, because a valid multiple may lie between. The results are only advice; redeeming decides.
 *
 * @returns the result for each price. A failed call fails all prices that depend on it.
 */
export async function queryPrices(
  prices: readonly number[],
  ask: (points: number) => Promise<Redeemable>,
): Promise<Map<number, Answer>> {
  const sorted = [...new Set(prices)].sort((a, b) => a - b);
  const answers = new Map<number, Answer>();
  const queryPrice = async (price: number) => {
    const answer = await ask(price).catch(asError);
    answers.set(price, answer);
    return answer;
  };
  if (sorted.length <= MAX_ONE_BY_ONE) {
    await Promise.all(sorted.map(queryPrice));
    return answers;
  }

  const priceAt = (index: number) => sorted[index] as number;
  /** Fills in the prices between two checked ones. */
  async function fill(low: number, high: number, isProbed: boolean): Promise<void> {
    if (high - low < 2) return;
    const atLow = answers.get(priceAt(low)) as Answer;
    const atHigh = answers.get(priceAt(high)) as Answer;
    if (isProbed && isAlike(atLow, atHigh)) {
      for (const price of sorted.slice(low + 1, high)) answers.set(price, atHigh);
      return;
    }
    const middle = Math.floor((low + high) / 2);
    await queryPrice(priceAt(middle));
    await Promise.all([fill(low, middle, true), fill(middle, high, true)]);
  }
  const last = sorted.length - 1;
  await Promise.all([queryPrice(priceAt(0)), queryPrice(priceAt(last))]);
  await fill(0, last, false);
  return answers;
}

/** Failed calls count as equal: further calls would probably fail too. */
function isAlike(a: Answer, b: Answer): boolean {
  if (a instanceof Error || b instanceof Error) return a instanceof Error && b instanceof Error;
  if (a.isRedeemable || b.isRedeemable) return a.isRedeemable && b.isRedeemable;
  return a.reason === b.reason && a.reason !== "amount-rule";
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
