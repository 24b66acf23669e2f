import type { Redeemable } from "../upstream/capillary/points.ts";

type Answer = Redeemable | Error;

/** Up to so many prices, as many as a page has by default, are asked about one by one. */
const MOST_ONE_BY_ONE = 20;

/**
 * Asks whether a wallet could pay each of these prices. Capillary takes one amount a call, and a page of a hundred rewards would
 * use up a minute's calls of the customer. Of many prices only some are therefore asked about: where the answers to a lower and a
 * higher price agree, the prices between are answered alike. Refusals by a rule about amounts are no such answers, because a
 * multiple of something may lie between. All of it is advice; redeeming decides.
 *
 * @returns the answer to each price. The error of a call is that of all prices that depend on it.
 */
export async function askPrices(
  prices: readonly number[],
  ask: (points: number) => Promise<Redeemable>,
): Promise<Map<number, Answer>> {
  const sorted = [...new Set(prices)].sort((a, b) => a - b);
  const answers = new Map<number, Answer>();
  const askAbout = async (price: number) => {
    const answer = await ask(price).catch(asError);
    answers.set(price, answer);
    return answer;
  };
  if (sorted.length <= MOST_ONE_BY_ONE) {
    await Promise.all(sorted.map(askAbout));
    return answers;
  }

  const priceAt = (index: number) => sorted[index] as number;
  /** Answers the prices between two that were asked about. */
  async function fill(low: number, high: number, isProbed: boolean): Promise<void> {
    if (high - low < 2) return;
    const atLow = answers.get(priceAt(low)) as Answer;
    const atHigh = answers.get(priceAt(high)) as Answer;
    if (isProbed && isAlike(atLow, atHigh)) {
      for (const price of sorted.slice(low + 1, high)) answers.set(price, atHigh);
      return;
    }
    const middle = Math.floor((low + high) / 2);
    await askAbout(priceAt(middle));
    await Promise.all([fill(low, middle, true), fill(middle, high, true)]);
  }
  const last = sorted.length - 1;
  await Promise.all([askAbout(priceAt(0)), askAbout(priceAt(last))]);
  await fill(0, last, false);
  return answers;
}

/** Failed calls count as alike: more of them would hardly fare better. */
function isAlike(a: Answer, b: Answer): boolean {
  if (a instanceof Error || b instanceof Error) return a instanceof Error && b instanceof Error;
  if (a.isRedeemable || b.isRedeemable) return a.isRedeemable && b.isRedeemable;
  return a.reason === b.reason && a.reason !== "amount-rule";
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
