import type { OrderStatus } from "../domain/generated/words.ts";
import type { UnitState } from "../platform/generated/prisma/enums.ts";

/** Not yet decided. */
export const isOpen = (state: UnitState) => state === "PENDING" || state === "PREPARING";
/** Will not be given, so its points belong to the customer. */
export const isUnfulfilled = (state: UnitState) => state === "FAILED" || state === "CANCELLED" || state === "REVERSED";

/**
 * The status that units add up to, for a line as for a whole order.
 *
 * @param arePointsTaken false while the units wait for the points
 */
export function statusOfUnits(states: readonly UnitState[], arePointsTaken: boolean): OrderStatus {
  if (states.some(isOpen)) return arePointsTaken ? "PROCESSING" : "PENDING";
  const fulfilled = states.filter((state) => state === "FULFILLED").length;
  if (fulfilled === states.length) return "FULFILLED";
  if (fulfilled > 0) return "PARTIALLY_FULFILLED";
  if (states.includes("REVERSED")) return "REVERSED";
  if (states.includes("CANCELLED")) return "CANCELLED";
  return "FAILED";
}
