/**
 * The evidence for the outcome of a call: the customer's wallet before and after it. Compared are the points spent, which is
 * earned less balance: points that another channel grants meanwhile raise both and change nothing. While a call is in doubt
 * the gateway sends nothing else for the customer, so only that call, or another system, changes the points spent.
 */

/** A reading of a customer's own wallet. */
export interface WalletReading {
  balance: number;
  /** All points ever earned; null in a record of an earlier version, which kept the balance alone. */
  earned: number | null;
}

/** A reading after the call; null if the wallet could not be read. */
export type ReadingAfter = WalletReading | null;

export type Verdict = "happened" | "did-not-happen" | "unclear" | "look-again";

const READINGS_TO_INFER_NO_EFFECT = 2;
const MAX_FAILED_READINGS = 5;

/**
 * By how many points the wallet changed, apart from points earned meanwhile: negative if points were spent. Null if there is
 * nothing to compare.
 */
export function changeBetween(before: WalletReading | null, after: ReadingAfter): number | null {
  if (!before || !after) return null;
  const earned = before.earned === null || after.earned === null ? 0 : after.earned - before.earned;
  return after.balance - before.balance - earned;
}

/**
 * Judges a call whose answer was lost.
 *
 * @param before the reading just before the call; null if there is none
 * @param change the effect of the call on the balance: negative for a deduction
 * @param looks the readings since, oldest first
 */
export function inferOutcome(before: WalletReading | null, change: number, readings: readonly ReadingAfter[]): Verdict {
  if (before === null) return "unclear";
  const seen = readings.filter((reading) => reading !== null);
  const latest = seen.at(-1);
  const changed = latest === undefined ? 0 : changeBetween(before, latest);
  if (changed === change) return "happened";
  if (changed !== 0) return "unclear";
  // Without the points earned, a grant of as many points would hide a deduction.
  if (seen.length >= READINGS_TO_INFER_NO_EFFECT) return before.earned === null ? "unclear" : "did-not-happen";
  return readings.length - seen.length >= MAX_FAILED_READINGS ? "unclear" : "look-again";
}

/** @returns whether the wallet shows the effect of a confirmed call twice: something on the way has repeated it */
export const tookEffectTwice = (before: WalletReading | null, change: number, after: ReadingAfter): boolean =>
  changeBetween(before, after) === 2 * change;

/**
 * Judges a refusal, which may be the answer to a repetition that something on the way has made.
 *
 * - `refused`: the wallet does not show the effect of the call, or so much was spent elsewhere that the balance is too small
 * - `happened`: the wallet shows exactly the effect, and a balance that is too small does not explain the refusal
 * - `unclear`: the effect can be of this call or of another system
 * - `unreadable`: there is no evidence
 */
export function inferFromRefusal(
  before: WalletReading | null,
  change: number,
  after: ReadingAfter,
): "refused" | "happened" | "unclear" | "unreadable" {
  const changed = changeBetween(before, after);
  if (changed === null || after === null) return "unreadable";
  const isTooSmall = after.balance + change < 0;
  if (changed === change) return isTooSmall ? "unclear" : "happened";
  const isMore = change < 0 ? changed < change : changed > change;
  return isMore && !isTooSmall ? "unclear" : "refused";
}
