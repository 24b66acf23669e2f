import { hasRole } from "../domain/operator-roles.ts";
import { isRefused, type Refused } from "../domain/refusal.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { Db } from "../platform/db.ts";
import { languageOf, translated } from "../texts/index.ts";
import { allDraws, announcedDraws } from "./announced-draw.ts";
import type { ManageDraws } from "./manage-draws.ts";
import { quantityOf } from "./prize-of.ts";
import { prizesOwed } from "./prizes-owed.ts";

export function drawsResolvers({ db, manageDraws }: { db: Db; manageDraws: ManageDraws }): Resolvers {
  async function drawPayload(answer: { drawId: string } | Refused) {
    if (isRefused(answer)) return { draw: null, userErrors: answer.refusals };
    const draws = await announcedDraws(db, [answer.drawId]);
    return { draw: draws.get(answer.drawId) ?? null, userErrors: [] };
  }

  return {
    Query: {
      luckyDraws(_, __, context) {
        requireOperator(context, "rewards", "support");
        return allDraws(db);
      },
    },

    Mutation: {
      openLuckyDraw: async (_, { input }, context) =>
        drawPayload(await manageDraws.open(input, requireOperator(context, "rewards"))),
      closeLuckyDraw: async (_, { input }, context) =>
        drawPayload(await manageDraws.close(input.drawId, requireOperator(context, "rewards"))),
    },

    LuckyDrawPrize: { name: ({ name }, args, context) => translated(name, args, context) },

    LuckyDraw: {
      id: ({ campaign }) => campaign.id,
      name: ({ campaign }, args, context) => translated(campaign.name, args, context),
      nameLanguage: ({ campaign }, args, context) => languageOf(campaign.name, args, context),
      seedCommit: ({ campaign }) => campaign.seedCommit,
      prizesOwed: ({ campaign }, _, { viewer }) =>
        viewer.kind === "operator" && hasRole(viewer.roles, ["rewards", "support"])
          ? prizesOwed(db, campaign.id)
          : null,
      published: ({ campaign }) => `/draws/${campaign.id}.jsonl`,
      prizes: ({ campaign, given }) =>
        campaign.prizes.map((prize) => ({
          ...prize,
          left: prize.stock === null ? null : prize.stock - quantityOf(given, prize.id),
        })),
    },
  };
}
