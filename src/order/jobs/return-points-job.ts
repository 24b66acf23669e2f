import type { JobType } from "../../platform/jobs/job.ts";
import { type MoveMemory, type MovePointsDeps, moveOn } from "./move-points.ts";

export interface ReturnPointsInput {
  orderId: string;
  movementId: string;
}

/** Gives points back. It is never given up: it ends confirmed, or in front of people. */
export function returnPointsJob(
  deps: MovePointsDeps & { reverseRepeatable: boolean },
): JobType<ReturnPointsInput, MoveMemory> {
  return {
    name: "return-points",
    async run({ orderId, movementId }, memory, job) {
      const persistence = { isRepeatable: deps.reverseRepeatable, maxUnsent: Number.POSITIVE_INFINITY };
      const moved = await moveOn(deps, { id: movementId, orderId }, persistence, job, memory);
      return "pause" in moved ? moved.pause : "done";
    },
  };
}
