import { awardsOf } from "../awards/index.ts";
import { isRefused } from "../domain/refusal.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireCustomer } from "../graphql/guards.ts";
import { readOutcomes } from "../intake/index.ts";
import type { Db } from "../platform/db.ts";
import type { Invitations } from "./invitations.ts";

export interface InvitationsResolversDeps {
  db: Db;
  invitations: Invitations;
  /** Undefined where the gateway's own pages have no address of their own. */
  publicOrigin: string | undefined;
}

export function invitationsResolvers({ db, invitations, publicOrigin }: InvitationsResolversDeps): Resolvers {
  return {
    Customer: {
      invitation: ({ customerId }, _, { viewer }) =>
        viewer.kind === "customer" && viewer.customerId === customerId ? invitations.of(customerId) : null,
    },
    Invitation: {
      link: ({ code }) => (publicOrigin === undefined ? null : `${publicOrigin}/invite/${code}`),
      acceptedCount: ({ customerId }) => invitations.acceptedCount(customerId),
    },
    Mutation: {
      async acceptInvitation(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        const answer = await invitations.accept(customerId, input.code);
        if (isRefused(answer)) return { awards: [], replayed: false, customer: null, userErrors: answer.refusals };
        const { messageId, replayed } = answer;
        const awards = (await readOutcomes(db, messageId)).flatMap(awardsOf);
        const own = awards.filter((award) => award.customerId === customerId);
        return { awards: own, replayed, customer: { customerId }, userErrors: [] };
      },
    },
  };
}
