import type { JobType } from "../../platform/jobs/job.ts";
import { type ContinueMovementDeps, continueMovement, type MoveMemory } from "./continue-movement.ts";

export interface ReturnPointsInput {
  orderId: string;
  movementId: string;
}

/** Returns points. The job never gives up: it ends with a confirmation or an escalation to an operator. */
export function returnPointsJob(deps: ContinueMovementDeps): JobType<ReturnPointsInput, MoveMemory> {
  return {
    name: "return-points",
    async run({ orderId, movementId }, memory, job) {
      const moved = await continueMovement(deps, { id: movementId, orderId, kind: "RETURNED" }, job, memory);
      return "pause" in moved ? moved.pause : "done";
    },
  };
}
