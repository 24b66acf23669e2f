import { pauseAfter, type RetryPolicies } from "../../ledger/retry-policies.ts";
import type { Job, JobType } from "../../platform/jobs/job.ts";
import type { UnitRef } from "../issue/issue-unit.ts";
import type { RevokeUnit } from "./revoke-unit.ts";

export interface RevokeInput {
  orderId: string;
  unitIds: string[];
}

export interface RevokeDeps {
  revokeUnit: RevokeUnit;
  retries: RetryPolicies;
}

/** The state that one run of the job passes to the next. */
interface Memory {
  unitId: string;
  tries: number;
  /** The number of balance readings since Capillary confirmed the revoke; null before that. */
  looks: number | null;
}

/** Revokes units at Capillary one after the other. Each ends revoked, refused, or escalated to an operator. */
export function revokeJob(deps: RevokeDeps): JobType<RevokeInput, Memory | undefined> {
  return {
    name: "revoke",
    async run({ orderId, unitIds }, memory, job) {
      for (const unitId of unitIds) {
        const pause = await revokeOn(deps, { orderId, unitId }, job, memory);
        if (pause) return pause;
        if (job.shouldYield) return { inMs: 0, memory: undefined };
      }
      return "done";
    },
  };
}

/** @returns a pause; null once the outcome is recorded */
async function revokeOn(
  { revokeUnit, retries }: RevokeDeps,
  unit: UnitRef,
  job: Job,
  earlier: Memory | undefined,
): Promise<{ inMs: number; memory: Memory } | null> {
  const { unitId } = unit;
  const { tries, looks } = earlier?.unitId === unitId ? earlier : { tries: 0, looks: null };
  if (looks !== null) return readReturnedPoints(looks);

  const sent = await revokeUnit.send(unit, job);
  if (sent === "settled") return null;
  if (sent === "taken-back") return readReturnedPoints(0);
  if (sent === "in-doubt" && (await revokeUnit.readBalance(unit))) return null;
  if (tries + 1 >= retries.revoke.tries) {
    await revokeUnit.giveUp(unit, sent, job);
    return null;
  }
  const failed = tries + 1;
  return { inMs: pauseAfter(failed, retries.revoke), memory: { unitId, tries: failed, looks: null } };

  async function readReturnedPoints(before: number) {
    if (await revokeUnit.readBalance(unit)) return null;
    const looks = before + 1;
    if (looks >= retries.revokedPoints.tries) {
      await revokeUnit.giveUp(unit, "taken-back", job);
      return null;
    }
    return { inMs: pauseAfter(looks, retries.revokedPoints), memory: { unitId, tries, looks } };
  }
}
