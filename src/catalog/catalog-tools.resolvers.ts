import { isRefused } from "../domain/refusal.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { NO_UUID, uuidOf } from "../graphql/global-id.ts";
import { requireOperator } from "../graphql/guards.ts";
import { payloadOf } from "../graphql/payload-of.ts";
import type { ImportRewards } from "./import-rewards.ts";
import type { OverlayRewards } from "./overlay-rewards.ts";
import type { Pictures } from "./pictures/pictures.ts";

export interface CatalogToolsDeps {
  pictures: Pictures;
  importRewards: ImportRewards;
  overlays: OverlayRewards;
}

/** Operators' tools beyond single rewards: pictures, files and overlays. */
export function catalogToolsResolvers({ pictures, importRewards, overlays }: CatalogToolsDeps): Resolvers {
  return {
    Query: {
      rewardOverlay(_, { rewardId }, context) {
        requireOperator(context, "catalogue", "support");
        return overlays.read(uuidOf("Reward", rewardId) ?? NO_UUID);
      },
    },

    Mutation: {
      async uploadPicture(_, { input }, context) {
        return payloadOf(await pictures.upload(input.base64, requireOperator(context, "catalogue")));
      },
      async importRewards(_, { input }, context) {
        const operatorId = requireOperator(context, "catalogue");
        const answer = await importRewards(
          { csv: input.csv, dryRun: input.dryRun ?? false, skipRejected: input.skipRejected ?? false },
          operatorId,
        );
        if (!isRefused(answer)) return { ...answer, userErrors: [] };
        return { created: 0, updated: 0, unchanged: 0, rejected: [], userErrors: answer.refusals };
      },
      async overlayReward(_, { input: { rewardId, ...changes } }, context) {
        const operatorId = requireOperator(context, "catalogue");
        return payloadOf(await overlays.write(uuidOf("Reward", rewardId) ?? NO_UUID, changes, operatorId));
      },
    },
  };
}
