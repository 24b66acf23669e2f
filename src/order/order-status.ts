import type { OrderStatus } from "../domain/generated/words.ts";

/** The permitted transitions of an order's status. Transitions out of a final status are reversals by an operator. */
export const nextStatuses: Record<OrderStatus, readonly OrderStatus[]> = {
  PENDING: ["PROCESSING", "FAILED", "CANCELLED"],
  PROCESSING: ["FULFILLED", "PARTIALLY_FULFILLED", "FAILED", "CANCELLED"],
  FULFILLED: ["PARTIALLY_FULFILLED", "REVERSED"],
  PARTIALLY_FULFILLED: ["REVERSED"],
  FAILED: [],
  CANCELLED: [],
  REVERSED: [],
};

/** Statuses of a failed or cancelled order: a prize claimed with such an order can be claimed again. */
export const withoutEffect = ["FAILED", "CANCELLED"] as const satisfies readonly OrderStatus[];
export const isPrizeTaken = ({ status }: { status: OrderStatus }) => !withoutEffect.some((each) => each === status);

export const isFinal = (status: OrderStatus) => status !== "PENDING" && status !== "PROCESSING";

/** @throws Error for a transition that the table does not permit: that is a bug, never a customer's mistake */
export function assertMove(from: OrderStatus, to: OrderStatus): void {
  if (!nextStatuses[from].includes(to)) throw new Error(`an order cannot go from ${from} to ${to}`);
}

/**
 * Validates the table at the start.
 * @throws Error if a status cannot be reached, leads to itself, or is part of a cycle
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
