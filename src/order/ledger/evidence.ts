/**
 * What became of a call whose answer was lost, judged from the customer's balance. While a call is in doubt we send
 * nothing else for the customer, so what changes the balance is that call, or something outside of us.
 */

/** One look at the balance after the call; null when it could not be read. */
export type Look = number | null;

export type Verdict = "happened" | "did-not-happen" | "unclear" | "look-again";

const LOOKS_TO_BELIEVE_NOTHING_HAPPENED = 2;
const MAX_FAILED_LOOKS = 5;

/**
 * @param before the balance just before the call; null when it was not recorded
 * @param change what the call does to the balance: negative for a deduction
 * @param looks the looks so far, oldest first
 */
export function judge(before: number | null, change: number, looks: readonly Look[]): Verdict {
  if (before === null) return "unclear";
  const seen = looks.filter((look) => look !== null);
  const latest = seen.at(-1);
  if (latest === before + change) return "happened";
  if (latest !== undefined && latest !== before) return "unclear";
  if (seen.length >= LOOKS_TO_BELIEVE_NOTHING_HAPPENED) return "did-not-happen";
  return looks.length - seen.length >= MAX_FAILED_LOOKS ? "unclear" : "look-again";
}
