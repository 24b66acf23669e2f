/**
 * floor(value × numerator ÷ denominator) for non-negative integers. The product is a bigint: an amount in rupiah times
 * a rate exceeds 2^53 early, and a double would then sometimes round up.
 *
 * @returns null if the result is no safe integer
 */
export function mulDivFloor(value: number, numerator: number, denominator: number): number | null {
  return toSafe((BigInt(value) * BigInt(numerator)) / BigInt(denominator));
}

/** Converts from bigint; null if it does not fit. */
export function toSafe(value: bigint): number | null {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : null;
}
