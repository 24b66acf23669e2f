import { z } from "zod";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Prisma } from "../platform/db.ts";
import { link, lockReward, name, rewardNotFound } from "./manage-rewards.ts";
import { imagePath } from "./mirror/image/image-route.ts";
import { type Reward, toReward } from "./reward.ts";

export type Overlay = Prisma.RewardOverlayGetPayload<object>;

const MAX_PROMOTION = 1_000_000;
const changes = z.object({
  imageUrl: link.nullish(),
  category: name.nullish(),
  promotion: z.number().int().min(-MAX_PROMOTION).max(MAX_PROMOTION).optional(),
  hidden: z.boolean().optional(),
});

export interface OverlayRewards {
  read(rewardId: string): Promise<Overlay | null>;
  /** Undefined keeps a field; null removes an overlay. */
  write(
    rewardId: string,
    input: Record<string, unknown>,
    operatorId: string,
  ): Promise<{ reward: Reward; overlay: Overlay } | Refused>;
}

/** Overlays replace Capillary's values. Each run of the mirror reads them. */
export function makeOverlayRewards({ db, clock }: { db: Db; clock: Clock }): OverlayRewards {
  return {
    read: (rewardId) => db.rewardOverlay.findUnique({ where: { rewardId } }),

    async write(rewardId, input, operatorId) {
      const given = Object.fromEntries(
        Object.entries(input).filter(([field, value]) => value != null || field === "imageUrl" || field === "category"),
      );
      const parsed = changes.safeParse(given);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const field = issue?.path.map(String) ?? [];
        return refused(refusal("INVALID_INPUT", `${field.join(".")}: ${issue?.message}`, ["input", ...field]));
      }
      const data = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
      return inTransaction(db, async (tx) => {
        const before = await lockReward(tx, rewardId);
        if (!before) return rewardNotFound();
        if (before.source !== "CAPILLARY") {
          const message = "This reward is not mirrored: change the reward itself.";
          return refused(refusal("INVALID_INPUT", message, ["input", "rewardId"]));
        }
        const old = await tx.rewardOverlay.findUnique({ where: { rewardId } });
        const changed = { ...data, changedBy: operatorId, changedAt: clock.now() };
        const overlay = await tx.rewardOverlay.upsert({
          where: { rewardId },
          create: { rewardId, ...changed },
          update: changed,
        });
        const row = await tx.reward.update({
          where: { id: rewardId },
          data: {
            imageUrl: overlay.imageUrl ?? imagePath(rewardId),
            popularity: { increment: overlay.promotion - (old?.promotion ?? 0) },
            ...(overlay.category !== null && { category: overlay.category }),
            ...(overlay.hidden && { active: false }),
          },
        });
        await audit(tx, {
          at: clock.now(),
          actor: operatorId,
          action: "reward.overlay",
          subject: row.sku,
          details: { changed: Object.keys(data) },
        });
        return { reward: toReward(row), overlay };
      });
    },
  };
}
