import type { OrderDetailFragment } from "../graphql/generated/graphql.ts";
import type { MessageKey } from "../i18n/i18n.tsx";

export interface Step {
  name: MessageKey;
  state: "done" | "now" | "unsure" | "part" | "not" | "ahead";
  at: string | undefined;
}

type OrderProgress = Pick<OrderDetailFragment, "history" | "status" | "placedAt" | "pointsTrail">;

/** Returns the order's steps: placed, paid, fulfilled and, if units could not be fulfilled, returned. */
export function stepsOf(order: OrderProgress): Step[] {
  const { history, status, placedAt, pointsTrail } = order;
  const firstTime = (predicate: (event: OrderDetailFragment["history"][number]) => boolean) =>
    history.find(predicate)?.at;
  const isFinal = status !== "PENDING" && status !== "PROCESSING";
  const taken = pointsTrail.filter(({ kind }) => kind === "TAKEN");
  const returned = pointsTrail.filter(({ kind }) => kind === "RETURNED");
  const isFree = taken.length === 0;
  const isTaken = taken.some(({ state }) => state === "CONFIRMED");
  const isUncertain = taken.some(({ state }) => state === "UNCERTAIN" || state === "NEEDS_ATTENTION");

  const steps: Step[] = [{ name: "step.placed", state: "done", at: placedAt }];
  if (!isFree) {
    const state = isUncertain ? "unsure" : isTaken ? "done" : isFinal ? "not" : "now";
    const at =
      isTaken && !isUncertain
        ? firstTime((event) => event.pointsState === "TAKEN" || event.status === "PROCESSING")
        : undefined;
    const names = { unsure: "step.confirming", done: "step.taken", not: "step.notTaken", now: "step.taking" } as const;
    steps.push({ name: names[state], state, at });
  }
  const fulfilmentStates: Partial<Record<typeof status, Step["state"]>> = {
    FULFILLED: "done",
    REVERSED: "done",
    PARTIALLY_FULFILLED: "part",
    FAILED: "not",
    CANCELLED: "not",
    PROCESSING: "now",
  };
  const fulfilmentState = fulfilmentStates[status] ?? "ahead";
  steps.push({
    name:
      status === "CANCELLED"
        ? "step.cancelled"
        : fulfilmentState === "not"
          ? "step.notFulfilled"
          : fulfilmentState === "part"
            ? "step.partFulfilled"
            : fulfilmentState === "now"
              ? "step.fulfilling"
              : "step.fulfilled",
    state: fulfilmentState,
    at: isFinal ? firstTime((event) => event.status !== "PENDING" && event.status !== "PROCESSING") : undefined,
  });
  if (returned.length > 0) {
    steps.push(returnStep(returned, order));
  }
  return steps;
}

/** A refused return is final: no points come back. */
function returnStep(returned: OrderDetailFragment["pointsTrail"], { history }: OrderProgress): Step {
  const hasState = (...states: (typeof returned)[number]["state"][]) =>
    returned.some(({ state }) => states.includes(state));
  if (hasState("UNCERTAIN", "NEEDS_ATTENTION")) return { name: "step.returning", state: "unsure", at: undefined };
  if (hasState("PENDING")) return { name: "step.returning", state: "now", at: undefined };
  const at = returned.findLast(({ settledAt }) => settledAt !== null)?.settledAt ?? history.at(-1)?.at;
  if (!hasState("REFUSED")) return { name: "step.returned", state: "done", at };
  return hasState("CONFIRMED")
    ? { name: "step.partReturned", state: "part", at }
    : { name: "step.notReturned", state: "not", at };
}
