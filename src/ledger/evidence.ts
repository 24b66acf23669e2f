/**
 * The evidence for the outcome of a call: the customer's wallet before and after it. The compared figure is the points
 * spent: points earned less balance. A grant by another channel raises both and so does not change it. While the
 * outcome of a call is unknown, the gateway sends no other call for the customer, so only that call, or another system,
 * changes the points spent.
 */

/** A reading of a customer's own wallet. */
export interface WalletReading {
  balance: number;
  /** All points ever earned; null in a record of an earlier version, which stored only the balance. */
  earned: number | null;
}

/** A reading after the call; null if the wallet could not be read. */
export type ReadingAfter = WalletReading | null;

export type Verdict = "happened" | "did-not-happen" | "unclear" | "look-again";

const READINGS_TO_INFER_NO_EFFECT = 2;
const MAX_FAILED_READINGS = 5;

/**
 * The change of the balance, without the points earned since: negative if points were spent. Null without two readings.
 */
export function changeBetween(before: WalletReading | null, after: ReadingAfter): number | null {
  if (!before || !after) return null;
  const earned = before.earned === null || after.earned === null ? 0 : after.earned - before.earned;
  return after.balance - before.balance - earned;
}

/**
 * Infers the outcome of a call whose answer was lost.
 *
 * @param before the reading just before the call; null without a reading
 * @param change the effect of the call on the balance: negative for a deduction
 * @param readings the readings since the call, oldest first
 */
export function inferOutcome(before: WalletReading | null, change: number, readings: readonly ReadingAfter[]): Verdict {
  if (before === null) return "unclear";
  const seen = readings.filter((reading) => reading !== null);
  const latest = seen.at(-1);
  const changed = latest === undefined ? 0 : changeBetween(before, latest);
  if (changed === change) return "happened";
  if (changed !== 0) return "unclear";
  // Without the points earned, a grant of the same amount would hide a deduction.
  if (seen.length >= READINGS_TO_INFER_NO_EFFECT) return before.earned === null ? "unclear" : "did-not-happen";
  return readings.length - seen.length >= MAX_FAILED_READINGS ? "unclear" : "look-again";
}

/** @returns whether the wallet shows the effect of a confirmed call twice, because a proxy repeated the call */
export const tookEffectTwice = (before: WalletReading | null, change: number, after: ReadingAfter): boolean =>
  changeBetween(before, after) === 2 * change;

/**
 * Infers the outcome of a refused call. The refusal may be the answer to a repetition by a proxy, after a first call
 * that succeeded.
 *
 * - `refused`: the wallet does not show the effect, or other spending leaves too small a balance
 * - `happened`: the wallet shows exactly the effect, and the balance was sufficient
 * - `unclear`: this call or another system may have had the effect
 * - `unreadable`: the evidence is missing
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
