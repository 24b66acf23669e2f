import type { OrderDetailFragment } from "../graphql/generated/graphql.ts";
import { type MessageKey, useI18n } from "../i18n/i18n.tsx";
import styles from "./orders.module.css";

interface Step {
  name: MessageKey;
  state: "done" | "now" | "unsure" | "part" | "not" | "ahead";
  at: string | undefined;
}

/** Laid tile by tile: placed, paid, given; and, where something could not be given, returned. */
export function Progress({ order }: { order: OrderDetailFragment }) {
  const { t, time, day } = useI18n();
  const today = day(new Date().toISOString());
  return (
    <ol className={styles.progress}>
      {stepsOf(order).map(({ name, state, at }) => (
        <li key={name} data-state={state} aria-current={state === "now" || state === "unsure" ? "step" : undefined}>
          <span className={styles.stone} aria-hidden="true" />
          <strong>{t(name)}</strong>
          <small>{at && <time dateTime={at}>{day(at) === today ? time(at) : day(at)}</time>}</small>
        </li>
      ))}
    </ol>
  );
}

function stepsOf({ history, status, pointsState, placedAt, pointsTrail }: OrderDetailFragment): Step[] {
  const first = (holds: (event: OrderDetailFragment["history"][number]) => boolean) => history.find(holds)?.at;
  const last = (holds: (event: OrderDetailFragment["history"][number]) => boolean) => history.findLast(holds)?.at;
  const isFinal = status !== "PENDING" && status !== "PROCESSING";
  const taken = pointsTrail.filter(({ kind }) => kind === "TAKEN");
  const returned = pointsTrail.filter(({ kind }) => kind === "RETURNED");
  const isFree = taken.length === 0;
  const isTaken = taken.some(({ state }) => state === "CONFIRMED");
  const isUnsure = taken.some(({ state }) => state === "UNCERTAIN" || state === "NEEDS_ATTENTION");

  const steps: Step[] = [{ name: "step.placed", state: "done", at: placedAt }];
  if (!isFree) {
    const state = isUnsure ? "unsure" : isTaken ? "done" : isFinal ? "not" : "now";
    const at =
      isTaken && !isUnsure
        ? first((event) => event.pointsState === "TAKEN" || event.status === "PROCESSING")
        : undefined;
    const names = { unsure: "step.confirming", done: "step.taken", not: "step.notTaken", now: "step.taking" } as const;
    steps.push({ name: names[state], state, at });
  }
  const given: Partial<Record<typeof status, Step["state"]>> = {
    FULFILLED: "done",
    REVERSED: "done",
    PARTIALLY_FULFILLED: "part",
    FAILED: "not",
    CANCELLED: "not",
    PROCESSING: "now",
  };
  const givenState = given[status] ?? "ahead";
  steps.push({
    name:
      status === "CANCELLED"
        ? "step.cancelled"
        : givenState === "not"
          ? "step.notGiven"
          : givenState === "part"
            ? "step.partGiven"
            : givenState === "now"
              ? "step.giving"
              : "step.given",
    state: givenState,
    at: isFinal ? first((event) => event.status !== "PENDING" && event.status !== "PROCESSING") : undefined,
  });
  if (returned.length > 0) {
    const isBack = returned.every(({ state }) => state === "CONFIRMED");
    const isAsked = pointsState === "NEEDS_ATTENTION" || pointsState === "UNCERTAIN";
    steps.push({
      name: isBack ? "step.returned" : "step.returning",
      state: isBack ? "done" : isAsked ? "unsure" : "now",
      at: isBack
        ? last((event) => event.pointsState === "RETURNED" || event.pointsState === "PARTIALLY_RETURNED")
        : undefined,
    });
  }
  return steps;
}
