import { isRefused } from "../domain/refusal.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { NO_UUID, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireCustomer } from "../graphql/guards.ts";
import { languageAmong, languagesFor } from "../graphql/languages.ts";
import type { PushSubscriptions } from "./push-subscriptions.ts";
import { FALLBACK_LANGUAGE, pushTexts } from "./push-texts.ts";

export interface PushResolversDeps {
  subscriptions: PushSubscriptions;
  /** Undefined if the gateway sends no notifications. */
  publicKey: string | undefined;
}

export function pushResolvers({ subscriptions, publicKey }: PushResolversDeps): Resolvers {
  return {
    Query: { pushSettings: () => (publicKey === undefined ? null : { publicKey }) },
    Customer: {
      pushSubscriptions: ({ customerId }, _, { viewer }) =>
        viewer.kind === "customer" && viewer.customerId === customerId ? subscriptions.of(customerId) : [],
    },
    PushSubscription: {
      id: ({ id }) => toGlobalId("PushSubscription", id),
      current: ({ sessionId }, _, { viewer }) => viewer.kind === "customer" && viewer.sessionId === sessionId,
    },
    Mutation: {
      async addPushSubscription(_, { input }, context) {
        const { customerId, sessionId } = requireCustomer(context);
        const { endpoint, p256dh, auth } = input;
        const wanted = languageAmong(languagesFor(input.language, context), pushTexts);
        const language = Object.hasOwn(pushTexts, wanted) ? wanted : FALLBACK_LANGUAGE;
        const answer = await subscriptions.add({ customerId, sessionId }, { endpoint, p256dh, auth, language });
        if (isRefused(answer)) return { pushSubscription: null, customer: null, userErrors: answer.refusals };
        return { pushSubscription: answer, customer: { customerId }, userErrors: [] };
      },
      async removePushSubscription(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        await subscriptions.remove(customerId, uuidOf("PushSubscription", input.id) ?? NO_UUID);
        return { customer: { customerId }, userErrors: [] };
      },
    },
  };
}
