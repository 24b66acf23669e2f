import type { AtCrashPoint } from "../platform/crash-point.ts";
import type { Job, JobType } from "../platform/jobs/job.ts";
import type { FulfilRewards } from "./fulfil-rewards.ts";
import { type ContinueIssueDeps, continueIssue, type IssueMemory } from "./issue/continue-issue.ts";
import { type ContinueMovementDeps, continueMovement, type MoveMemory } from "./movement/continue-movement.ts";
import type { MarkedMovement } from "./movement/send-movement.ts";
import { changeOrder } from "./order.store.ts";

export interface PlaceOrderInput {
  orderId: string;
  /** The deduction; null for an order of 0 points. */
  movementId: string | null;
}

/** The state of the current step. At most one field is set. */
interface Memory {
  move?: MoveMemory;
  issue?: IssueMemory;
}

export interface PlaceOrderDeps extends ContinueMovementDeps, ContinueIssueDeps {
  fulfilRewards: FulfilRewards;
  atCrashPoint: AtCrashPoint;
}

/**
 * The steps of a created order: take the points from the points provider, fulfil our own rewards, then have Capillary
 * issue its units one by one, each with the points that Capillary keeps. The transaction that fails a unit also inserts
 * the return of its points, with a job of its own.
 */
export function placeOrderJob(deps: PlaceOrderDeps): JobType<PlaceOrderInput, Memory, MarkedMovement> {
  const { recordOutcome, orders, fulfilRewards, atCrashPoint } = deps;

  return {
    name: "place-order",
    async run({ orderId, movementId }, memory, job, marked) {
      let toIssue: string[] | undefined;
      if (movementId !== null) {
        const deduction = { id: movementId, orderId, kind: "TAKEN" as const };
        const moved = await continueMovement(deps, deduction, job, memory?.move, marked);
        if ("pause" in moved) return { ...moved.pause, memory: { move: moved.pause.memory } };
        if (moved.outcome === "unsent")
          await changeOrder(orders, orderId, (change) => recordOutcome.gaveUp(change, movementId));
        if (moved.outcome !== "confirmed") return "done";
        toIssue = moved.toIssue;
      }
      toIssue ??= await fulfilInOwnTransaction(orderId, job);
      for (const unitId of toIssue) {
        const pause = await continueIssue(deps, { orderId, unitId }, job, memory?.issue);
        if (pause) return { ...pause, memory: { issue: pause.memory } };
        if (job.shouldYield) return { inMs: 0, memory: {} };
      }
      return "done";
    },
  };

  /** For an order of 0 points, and for an order whose deduction was confirmed earlier or by an operator. */
  async function fulfilInOwnTransaction(orderId: string, job: Job): Promise<string[]> {
    const toIssue = await changeOrder(orders, orderId, async (change) => {
      const { order } = change;
      const needsNoDeduction = !order.movements.some(({ ledger }) => ledger === "CLIENT");
      const shouldStart = order.status === "PENDING" && needsNoDeduction;
      if (!shouldStart && order.status !== "PROCESSING") return [];
      const toIssue = await fulfilRewards(
        change,
        shouldStart ? await change.appendEvent({ status: "PROCESSING" }) : order,
      );
      if (toIssue.length === 0) await job.end(change);
      return toIssue;
    });
    atCrashPoint("fulfil:after-commit");
    return toIssue;
  }
}
