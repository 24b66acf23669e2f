import type { AtCrashPoint } from "../../platform/crash-point.ts";
import type { Job, JobType } from "../../platform/jobs/job.ts";
import type { GiveRewards } from "../give-rewards.ts";
import { changeOrder } from "../order.store.ts";
import { type IssueMemory, type IssueUnitsDeps, issueOn } from "./issue-units.ts";
import { type MoveMemory, type MovePointsDeps, moveOn } from "./move-points.ts";

export interface PlaceOrderInput {
  orderId: string;
  /** The deduction; null when the order costs nothing. */
  movementId: string | null;
  /**
   * The reading of the wallet that the order was judged by, which an earlier version has kept without the points earned; null
   * for an order that costs nothing.
   */
  seen?: { version: number; balance: number; earned?: number; at: string } | null;
}

/** The state of the current step; at most one of the two. */
interface Memory {
  move?: MoveMemory;
  issue?: IssueMemory;
}

export interface PlaceOrderDeps extends MovePointsDeps, IssueUnitsDeps {
  giveRewards: GiveRewards;
  atCrashPoint: AtCrashPoint;
  giveUpUnsent(input: { orderId: string; movementId: string }): Promise<void>;
  redeemRepeatable: boolean;
}

/** Some 6 seconds: a customer waits, and nothing has been taken. */
const MAX_UNSENT_DEDUCTIONS = 5;

/**
 * What follows on an order that has been created: take the Client's points, give our own rewards, then have Capillary give
 * its own, one by one, which takes the points it keeps. Whatever cannot be given is
 * settled with the intent to pay it back in the same transaction, and paid back by a job of its own.
 */
export function placeOrderJob(deps: PlaceOrderDeps): JobType<PlaceOrderInput, Memory> {
  return {
    name: "place-order",
    async run({ orderId, movementId, seen }, memory, job) {
      let toIssue: string[] | undefined;
      if (movementId !== null) {
        const movement = { id: movementId, orderId };
        const persistence = { isRepeatable: deps.redeemRepeatable, maxUnsent: MAX_UNSENT_DEDUCTIONS };
        const fresh =
          seen?.earned !== undefined && !memory ? { ...seen, earned: seen.earned, at: new Date(seen.at) } : null;
        const moved = await moveOn(deps, movement, persistence, job, memory?.move, fresh);
        if ("pause" in moved) return { ...moved.pause, memory: { move: moved.pause.memory } };
        if (moved.outcome === "unsent") await deps.giveUpUnsent({ orderId, movementId });
        if (moved.outcome !== "confirmed") return "done";
        toIssue = moved.toIssue;
      }
      toIssue ??= await giveInOwnTransaction(orderId, job);
      for (const unitId of toIssue) {
        const pause = await issueOn(deps, { orderId, unitId }, job, memory?.issue);
        if (pause) return { ...pause, memory: { issue: pause.memory } };
        if (job.isToYield) return { inMs: 0, memory: {} };
      }
      return "done";
    },
  };

  /** For an order that costs nothing, and for one whose deduction was confirmed earlier or by an operator. */
  async function giveInOwnTransaction(orderId: string, job: Job): Promise<string[]> {
    const toIssue = await changeOrder(deps.orders, orderId, async (change) => {
      const { order } = change;
      const needsNoDeduction = !order.movements.some(({ ledger }) => ledger === "CLIENT");
      const isToStart = order.status === "PENDING" && needsNoDeduction;
      if (!isToStart && order.status !== "PROCESSING") return [];
      const toIssue = await deps.giveRewards(
        change,
        isToStart ? await change.advance({ status: "PROCESSING" }) : order,
      );
      if (toIssue.length === 0) await job.end(change.tx);
      return toIssue;
    });
    deps.atCrashPoint("fulfil:after-commit");
    return toIssue;
  }
}
