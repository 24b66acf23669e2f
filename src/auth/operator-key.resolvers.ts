import type { OperatorRole } from "../domain/operator-roles.ts";
import type { Resolvers, OperatorRole as ShownRole } from "../graphql/generated/resolvers.ts";
import { requireOperator, requireOperatorAndPerson } from "../graphql/guards.ts";
import { payloadOf } from "../graphql/payload-of.ts";
import type { OperatorKeyStore } from "./operator-key.store.ts";

const readRole = (role: ShownRole) => role.toLowerCase() as OperatorRole;
const shownRole = (role: OperatorRole) => role.toUpperCase() as ShownRole;

export function operatorKeyResolvers(keys: OperatorKeyStore): Resolvers {
  return {
    Query: {
      operatorKeys(_, __, context) {
        requireOperator(context, "admin");
        return keys.list();
      },
    },

    Mutation: {
      async createOperatorKey(_, { input: { name, roles, expiresAt } }, context) {
        const by = requireOperatorAndPerson(context, "admin");
        return payloadOf(await keys.create({ name, roles: roles.map(readRole), expiresAt }, by));
      },
      async withdrawOperatorKey(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        return payloadOf(await keys.withdraw(input.name, operatorId));
      },
    },

    OperatorKey: {
      roles: ({ roles }) => roles.map(shownRole),
    },
  };
}
