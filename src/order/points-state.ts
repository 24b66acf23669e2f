import type { PointsState } from "../domain/generated/words.ts";
import type { MovementKind, MovementState } from "../platform/generated/prisma/enums.ts";

interface Movement {
  kind: MovementKind;
  state: MovementState;
  points: number;
  /** When the first call that may have reached the ledger began; null before that. */
  sentAt: Date | null;
}

/**
 * Summarises all movements of an order, the most urgent state first.
 *
 * @param issues of units: the issue decides about the points provider's points if Capillary charges none
 */
export function pointsStateOf(
  movements: readonly Movement[],
  issues: readonly { state: MovementState }[] = [],
): PointsState {
  const some = (state: MovementState, kind?: MovementKind) =>
    movements.some((movement) => movement.state === state && (kind === undefined || movement.kind === kind));
  const confirmed = (kind: MovementKind) =>
    movements.filter((m) => m.kind === kind && m.state === "CONFIRMED").reduce((sum, m) => sum + m.points, 0);

  for (const urgent of ["NEEDS_ATTENTION", "UNCERTAIN"] as const) {
    if (some(urgent) || issues.some(({ state }) => state === urgent)) return urgent;
  }
  if (some("PENDING", "RETURNED")) return "RETURNING";
  if (some("PENDING", "TAKEN")) {
    const isBegun = movements.some((m) => m.state === "CONFIRMED" || (m.kind === "TAKEN" && m.sentAt !== null));
    return isBegun ? "TAKING" : "NOT_TAKEN";
  }
  const [taken, returned] = [confirmed("TAKEN"), confirmed("RETURNED")];
  if (taken === 0) return "NOT_TAKEN";
  if (returned === 0) return "TAKEN";
  return returned === taken ? "RETURNED" : "PARTIALLY_RETURNED";
}

/** An order is settled if its status is final and it has no open movement. */
export const hasOpenMovement = (movements: readonly Pick<Movement, "state">[]) =>
  movements.some(({ state }) => state === "PENDING" || state === "UNCERTAIN");
