import type { OrderStatus } from "../domain/generated/words.ts";
import type { UnitState } from "../platform/generated/prisma/enums.ts";

/** The unit is neither fulfilled nor unfulfilled yet. */
export const isOpen = (state: UnitState) => state === "PENDING" || state === "PREPARING";
/** The unit will not be fulfilled, so its points belong to the customer. */
export const isUnfulfilled = (state: UnitState) => state === "FAILED" || state === "CANCELLED" || state === "REVERSED";

/**
 * Derives the status of a line, or of a whole order, from its units.
 *
 * @param arePointsTaken false while the deduction is not confirmed
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
