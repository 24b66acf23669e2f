import { AWARDS_TO_CREDIT } from "../../domain/topics.ts";
import { audit } from "../../platform/audit.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Db, inTransaction, type Prisma } from "../../platform/db.ts";
import type { Bus } from "../../platform/events.ts";
import type { AwardState } from "../../platform/generated/prisma/enums.ts";
import type { OnSettled, SettledAward } from "./credit.store.ts";

/** An operator's finding about an award, or instruction for it. */
export type AwardResolution =
  /** The points are in the customer's wallet. Only for an award that needs attention. */
  | "HAPPENED"
  /** The points are not in the wallet and will not be sent. Only for an award that needs attention. */
  | "DID_NOT_HAPPEN"
  /** Sends the award again with its reference. Also for a refused award. */
  | "TRY_AGAIN";

export interface ResolveAwardInput {
  awardId: string;
  resolution: AwardResolution;
  note: string;
  operatorId: string;
}

/** @returns the award after the change; null for an unknown award, or one that permits no such resolution */
export type ResolveAward = (input: ResolveAwardInput) => Promise<SettledAward | null>;

export function makeResolveAward(deps: {
  db: Db;
  bus: Bus;
  clock: Clock;
  settled?: OnSettled | undefined;
}): ResolveAward {
  const { db, bus, clock, settled } = deps;

  return async ({ awardId, resolution, note, operatorId }) => {
    const isRetry = resolution === "TRY_AGAIN";
    const award = await inTransaction(db, async (tx): Promise<SettledAward | null> => {
      const now = clock.now();
      const change = async (from: AwardState, to: Prisma.RewardAwardUpdateManyMutationInput) => {
        const where = { id: awardId, unit: "POINTS" as const, state: from };
        const { count } = await tx.rewardAward.updateMany({ where, data: { ...to, lastError: note } });
        return count === 1;
      };
      const isChanged =
        resolution === "HAPPENED"
          ? await change("NEEDS_ATTENTION", { state: "CREDITED", settledAt: now })
          : resolution === "DID_NOT_HAPPEN"
            ? await change("NEEDS_ATTENTION", { state: "REFUSED", settledAt: now })
            : // An unknown outcome stays unknown, with a new time limit. A refused award was never credited.
              (await change("NEEDS_ATTENTION", { state: "UNCERTAIN", sentAt: now })) ||
              (await change("REFUSED", { state: "PENDING", sentAt: null, settledAt: null }));
      if (!isChanged) return null;
      await audit(tx, {
        at: now,
        actor: operatorId,
        action: "award.resolve",
        subject: awardId,
        details: { resolution, note },
      });
      const { quantity, ...row } = await tx.rewardAward.findUniqueOrThrow({
        where: { id: awardId },
        select: {
          id: true,
          memberId: true,
          customerId: true,
          quantity: true,
          state: true,
          creditReference: true,
          lastError: true,
        },
      });
      const resolved = { ...row, points: Number(quantity) };
      if (!isRetry) await settled?.inTransaction(tx, [resolved]);
      return resolved;
    });
    if (award && isRetry) bus.notify(AWARDS_TO_CREDIT);
    else if (award) settled?.afterCommit([award]);
    return award;
  };
}
