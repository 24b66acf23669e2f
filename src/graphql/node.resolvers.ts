import { MAX_PAGE } from "./connection.ts";
import type { Context } from "./context.ts";
import { badUserInput } from "./errors.ts";
import type { Resolvers } from "./generated/resolvers.ts";
import { fromGlobalId } from "./global-id.ts";

/** A type's `__resolveReference`: the entity, if it exists and the viewer may see it. */
export type FindReference = (
  reference: { __typename: string; id: string },
  context: Context,
) => object | null | Promise<object | null>;

/** The types whose global ids have another name. */
const typeNames: Record<string, string> = Object.assign(Object.create(null), {
  Movement: "PointsMovement",
  RewardAward: "RewardHistoryEntry",
});

/** `node` and `nodes` use the same finders as references from a router. @param finders by type */
export function nodeResolvers(finders: ReadonlyMap<string, FindReference>): Resolvers {
  async function find(id: string, context: Context) {
    const named = fromGlobalId(id)?.type ?? "";
    const __typename = typeNames[named] ?? named;
    const found = await finders.get(__typename)?.({ __typename, id }, context);
    // The interface needs the type's name, which rows of the database lack.
    return found ? Object.assign(Object.create(null), found, { __typename }) : null;
  }

  return {
    Query: {
      node: (_, { id }, context) => find(id, context),
      nodes(_, { ids }, context) {
        if (ids.length > MAX_PAGE) throw badUserInput("ids", `at most ${MAX_PAGE}, found ${ids.length}`);
        // Separate promises: an unreadable node does not fail the others.
        return ids.map((id) => find(id, context));
      },
    },
    Node: { __resolveType: (node) => typeNameOf(node) as "Reward" },
    MemberEvent: { __resolveType: (event) => typeNameOf(event) as "AwardMade" },
    UserError: { __resolveType: (error) => typeNameOf(error) as "BasicUserError" },
  };
}

const typeNameOf = (value: object): string => ("__typename" in value ? String(value.__typename) : "");
