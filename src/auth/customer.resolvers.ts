import { seesCustomers } from "../domain/operator-roles.ts";
import { isRefused, type Refused } from "../domain/refusal.ts";
import { seesAllCustomers } from "../domain/viewer.ts";
import type { Context } from "../graphql/context.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { AuthLoaders } from "./auth.loaders.ts";
import type { ManageCustomers, ManagedCustomer } from "./manage-customers.ts";

/** The operators' view of customers. */
export function customerResolvers(customers: ManageCustomers): Resolvers {
  const payload = (answer: ManagedCustomer | Refused, { loaders }: Context<AuthLoaders>) => {
    if (isRefused(answer)) return { customer: null, sessionsEnded: 0, userErrors: answer.refusals };
    loaders.sessionsOfCustomer.clear(answer.customerId);
    loaders.block.clear(answer.customerId);
    return { customer: answer, sessionsEnded: answer.sessionsEnded, userErrors: [] };
  };

  return {
    Query: {
      async customer(_, { customerId }, context) {
        requireOperator(context, ...seesCustomers);
        const found = await customers.find(customerId);
        return found === null ? null : { customerId: found };
      },
    },

    Mutation: {
      async signOutCustomer(_, { input: { customerId, note = null, sessionId = null } }, context) {
        const operatorId = requireOperator(context, "support");
        return payload(await customers.signOut(customerId, { note, sessionId }, operatorId), context);
      },
      async blockCustomer(_, { input: { customerId, reason } }, context) {
        const operatorId = requireOperator(context, "support");
        return payload(await customers.block(customerId, reason, operatorId), context);
      },
      async unblockCustomer(_, { input: { customerId, note } }, context) {
        const operatorId = requireOperator(context, "support");
        return payload(await customers.unblock(customerId, note ?? null, operatorId), context);
      },
    },

    Customer: {
      sessions: ({ customerId }, _, { viewer, loaders }) =>
        seesAllCustomers(viewer) ? loaders.sessionsOfCustomer.load(customerId) : null,
      block: ({ customerId }, _, { viewer, loaders }) =>
        seesAllCustomers(viewer) ? loaders.block.load(customerId) : null,
    },
  };
}
