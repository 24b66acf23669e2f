/**
 * floor(value × numerator ÷ denominator) for whole numbers that are not negative. The product is taken as a bigint: an
 * amount in rupiah times a rate passes 2^53 long before either looks large, and a double would then round up now and then.
 *
 * @returns null where the result itself is no safe integer
 */
export function mulDivFloor(value: number, numerator: number, denominator: number): number | null {
  return toSafe((BigInt(value) * BigInt(numerator)) / BigInt(denominator));
}

/** Back from bigint; null where it does not fit. */
export function toSafe(value: bigint): number | null {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : null;
}
