import { unauthenticated } from "../graphql/errors.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { groupIdOf, textOf, toGlobalId } from "../graphql/global-id.ts";
import type { GroupSelector } from "../upstream/capillary/identities.ts";

export function groupResolvers(): Resolvers {
  return {
    Query: {
      groupWallet(_, { by }, { viewer, loaders }) {
        if (viewer.kind === "anonymous") throw unauthenticated();
        return loaders.group.load({ ...by } as GroupSelector);
      },
    },

    Customer: {
      name: ({ customerId }, _, { loaders }) => loaders.customerName.load(customerId),
      async groupWallets({ customerId }, _, { loaders }) {
        const theirs = await loaders.groupsOf.load(customerId);
        return theirs.filter(({ status }) => status !== "DELETED");
      },
    },

    GroupWallet: {
      __resolveReference(reference, { loaders }) {
        if ("externalId" in reference) {
          const externalId = textOf(reference.externalId);
          return externalId === null ? null : loaders.group.load({ externalId });
        }
        const groupId = "id" in reference ? groupIdOf(reference.id) : textOf(reference.groupId);
        return groupId === null ? null : loaders.group.load({ groupId });
      },
      id: ({ groupId }) => toGlobalId("GroupWallet", groupId),
      balance: ({ balance, groupId }, _, { loaders }) => balance ?? loaders.groupBalance.load(groupId),
      expiring: ({ expiring, groupId }, _, { loaders }) => expiring ?? loaders.groupExpiring.load(groupId),
      members: ({ groupId }, _, { loaders }) => loaders.groupMembers.load(groupId),
    },
  };
}
