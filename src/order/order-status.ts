import type { OrderStatus } from "../domain/generated/words.ts";

/** Where an order may go from each status. What leads on from a final one is an operator's reversal. */
export const nextStatuses: Record<OrderStatus, readonly OrderStatus[]> = {
  PENDING: ["PROCESSING", "FAILED", "CANCELLED"],
  PROCESSING: ["FULFILLED", "PARTIALLY_FULFILLED", "FAILED", "CANCELLED"],
  FULFILLED: ["PARTIALLY_FULFILLED", "REVERSED"],
  PARTIALLY_FULFILLED: ["REVERSED"],
  FAILED: [],
  CANCELLED: [],
  REVERSED: [],
};

/** Statuses of an order that came to nothing: whoever claimed a prize with it may claim it again. */
export const cameToNothing = ["FAILED", "CANCELLED"] as const satisfies readonly OrderStatus[];
export const isPrizeTaken = ({ status }: { status: OrderStatus }) =>
  !cameToNothing.some((nothing) => nothing === status);

export const isFinal = (status: OrderStatus) => status !== "PENDING" && status !== "PROCESSING";

/** @throws Error for a move that the table does not allow: a fault of ours, never of a customer's */
export function assertMove(from: OrderStatus, to: OrderStatus): void {
  if (!nextStatuses[from].includes(to)) throw new Error(`an order cannot go from ${from} to ${to}`);
}

/**
 * Checks the table itself, once at start.
 * @throws Error when a status cannot be reached, leads to itself, or can be left and entered in a circle
 */
export function checkOrderStatuses(table: Record<string, readonly string[]> = nextStatuses): void {
  const reached = new Set<string>();
  const visit = (status: string, path: readonly string[]) => {
    if (path.includes(status)) throw new Error(`order statuses run in a circle: ${[...path, status].join(" → ")}`);
    const next = table[status];
    if (!next) throw new Error(`order status ${status} is not in the table`);
    reached.add(status);
    for (const following of next) visit(following, [...path, status]);
  };
  visit("PENDING", []);
  const unreachable = Object.keys(table).filter((status) => !reached.has(status));
  if (unreachable.length > 0) throw new Error(`order statuses cannot be reached: ${unreachable.join(", ")}`);
}
