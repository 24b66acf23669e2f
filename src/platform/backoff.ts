/**
 * @param firstMs the first pause, in milliseconds
 * @param earlier the number of pauses so far; each doubles the pause
 * @param mostMs the upper limit
 * @returns the pause in milliseconds
 */
export const backoffMs = (firstMs: number, earlier: number, mostMs: number): number =>
  Math.min(firstMs * 2 ** Math.min(earlier, 20), mostMs);

/** The pause with a random part of a quarter to both sides, which spreads the retries of several receivers and after an outage. */
export const spreadBackoffMs = (firstMs: number, earlier: number, mostMs: number): number =>
  backoffMs(firstMs, earlier, mostMs) * (0.75 + Math.random() / 2);
