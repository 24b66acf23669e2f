/** A pause of `firstMs` that doubles with each of the `earlier` ones, and never exceeds `mostMs`. @returns milliseconds */
export const backoffMs = (firstMs: number, earlier: number, mostMs: number): number =>
  Math.min(firstMs * 2 ** Math.min(earlier, 20), mostMs);
