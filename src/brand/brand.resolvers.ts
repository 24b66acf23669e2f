import { isRefused } from "../domain/refusal.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { Brand, makeSetBrand } from "./brand.store.ts";
import { brandPalettes } from "./colours.ts";

export function brandResolvers(deps: {
  brand(): Promise<Brand>;
  setBrand: ReturnType<typeof makeSetBrand>;
}): Resolvers {
  return {
    Query: { brand: () => deps.brand() },

    Mutation: {
      async setBrand(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        const { name = null, primaryColour = null, logoUrl = null, supportUrl = null } = input;
        const answer = await deps.setBrand({ name, primaryColour, logoUrl, supportUrl }, operatorId);
        return isRefused(answer) ? { userErrors: answer.refusals } : { brand: answer, userErrors: [] };
      },
    },

    Brand: {
      logoUrl: ({ logo }) => logo?.imageUrl ?? null,
      colours: ({ primaryColour }) => brandPalettes(primaryColour) ?? null,
    },
  };
}
