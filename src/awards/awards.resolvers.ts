import { refusal } from "../domain/refusal.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { NOWHERE, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { Db } from "../platform/db.ts";
import { actionWords, explain } from "../rules/index.ts";
import { awardName, isPrize, readAward } from "./award-model.ts";
import type { ResolveAward } from "./credit/resolve-award.ts";

export function awardsResolvers({ db, resolveAward }: { db: Db; resolveAward: ResolveAward }): Resolvers {
  return {
    Mutation: {
      async resolveAward(_, { input }, context) {
        const operatorId = requireOperator(context, "support");
        const awardId = uuidOf("RewardAward", input.awardId) ?? NOWHERE;
        const { resolution, note } = input;
        if (!(await resolveAward({ awardId, resolution, note, operatorId }))) {
          const message = "No such award waits for this answer.";
          return { award: null, userErrors: [refusal("NOTHING_TO_RESOLVE", message, ["input", "awardId"])] };
        }
        return { award: await readAward(db, awardId), userErrors: [] };
      },
    },

    RewardAward: {
      id: ({ id }) => toGlobalId("RewardAward", id),
      action: ({ explanation }) => actionWords[explanation.facts.action],
      name: (award) => awardName(award, award.explanation),
      quantity: ({ quantity }) => Number(quantity),
      waitsForLink: ({ customerId }) => customerId === null,
      explanation: (award) =>
        isPrize(award) ? [`${awardName(award, award.explanation)}.`] : explain(award.explanation),
    },
  };
}
