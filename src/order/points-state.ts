import type { PointsState } from "../graphql/generated/resolvers.ts";
import type { MovementKind, MovementState } from "../platform/generated/prisma/enums.ts";

interface Movement {
  kind: MovementKind;
  state: MovementState;
  points: number;
  /** Set once a call that may have reached the ledger was begun. */
  sentAt: Date | null;
}

/** All movements of an order in one word, the most pressing first. */
export function pointsStateOf(movements: readonly Movement[]): PointsState {
  const some = (state: MovementState, kind?: MovementKind) =>
    movements.some((movement) => movement.state === state && (kind === undefined || movement.kind === kind));
  const confirmed = (kind: MovementKind) =>
    movements.filter((m) => m.kind === kind && m.state === "CONFIRMED").reduce((sum, m) => sum + m.points, 0);

  if (some("NEEDS_ATTENTION")) return "NEEDS_ATTENTION";
  if (some("UNCERTAIN")) return "UNCERTAIN";
  if (some("PENDING", "RETURNED")) return "RETURNING";
  if (some("PENDING", "TAKEN")) {
    return movements.some((m) => m.kind === "TAKEN" && m.state === "PENDING" && m.sentAt) ? "TAKING" : "NOT_TAKEN";
  }
  const [taken, returned] = [confirmed("TAKEN"), confirmed("RETURNED")];
  if (taken === 0) return "NOT_TAKEN";
  if (returned === 0) return "TAKEN";
  return returned === taken ? "RETURNED" : "PARTIALLY_RETURNED";
}

/** Settled: the status is final and no points are on their way or being confirmed. */
export const hasOpenMovement = (movements: readonly Pick<Movement, "state">[]) =>
  movements.some(({ state }) => state === "PENDING" || state === "UNCERTAIN");
