import { isRefused } from "../domain/refusal.ts";
import { badUserInput } from "../graphql/errors.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { ManageTranslations } from "./manage-translations.ts";

const MAX_TEXTS = 100;

export function textsResolvers(translations: ManageTranslations): Resolvers {
  return {
    Query: {
      nameTranslations(_, { texts }, context) {
        requireOperator(context, "catalogue", "rewards", "support");
        if (texts.length > MAX_TEXTS) throw badUserInput("texts", `at most ${MAX_TEXTS}`);
        return translations.of(texts);
      },
    },
    Mutation: {
      async setNameTranslations(_, { input }, context) {
        const answer = await translations.set(input, requireOperator(context, "catalogue", "rewards"));
        if (isRefused(answer)) return { translations: null, userErrors: answer.refusals };
        return { translations: answer, userErrors: [] };
      },
    },
  };
}
