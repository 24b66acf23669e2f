import { z } from "zod";
import { refusal, refused } from "../domain/refusal.ts";
import { type Connection, connectionFields, makeCursor, readPage, toPage } from "../graphql/connection.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireOperator } from "../graphql/guards.ts";
import { payloadOf } from "../graphql/payload-of.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { countDeliveries, readDeliveries } from "./delivery-pages.sql.ts";
import { typeOf } from "./event-types.ts";
import { bodyOf } from "./message-body.ts";
import type { Message, WebhookStore } from "./webhook.store.ts";

const MOST = 2n ** 63n - 1n;
const MAX_REPLAYED_IDS = 100;
const cursorShape = z.tuple([
  z
    .string()
    .regex(/^\d{1,19}$/)
    .transform(BigInt)
    .refine((seq) => seq <= MOST),
]);

export function webhookResolvers(deps: { db: Db; clock: Clock; webhooks: WebhookStore }): Resolvers {
  const { db, clock, webhooks } = deps;
  return {
    Query: {
      webhooks(_, __, context) {
        requireOperator(context, "admin");
        return webhooks.list();
      },
      webhook(_, { name }, context) {
        requireOperator(context, "admin");
        return webhooks.byName(name);
      },
    },

    Mutation: {
      async createWebhook(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        const { name, url, eventTypes, stockLowAt } = input;
        return payloadOf(await webhooks.create({ name, url, eventTypes, stockLowAt: stockLowAt ?? 10 }, operatorId));
      },
      async updateWebhook(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        const { name, url, eventTypes, stockLowAt, active } = input;
        const change = {
          name,
          url: url ?? undefined,
          eventTypes: eventTypes ?? undefined,
          stockLowAt: stockLowAt ?? undefined,
          active: active ?? undefined,
        };
        return payloadOf(await webhooks.update(change, operatorId));
      },
      async rotateWebhookSecret(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        return payloadOf(await webhooks.rotateSecret(input.name, operatorId));
      },
      async deleteWebhook(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        return payloadOf(await webhooks.delete(input.name, operatorId));
      },
      async testWebhook(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        return payloadOf(await webhooks.test(input.name, operatorId));
      },
      async replayWebhook(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        const { name, deliveryIds, failedSince } = input;
        const invalid = (field: string, message: string) => ({
          replayed: 0,
          ...payloadOf(refused(refusal("INVALID_INPUT", `${field}: ${message}`, ["input", field]))),
        });
        if (deliveryIds && deliveryIds.length > MAX_REPLAYED_IDS) {
          return invalid("deliveryIds", `at most ${MAX_REPLAYED_IDS} in one call`);
        }
        const ids = deliveryIds?.flatMap((id) => uuidOf("WebhookDelivery", id) ?? []);
        const what = ids ? { ids } : failedSince ? { failedSince } : null;
        if (!what) return invalid("failedSince", "required without deliveryIds");
        return { replayed: 0, ...payloadOf(await webhooks.replay(name, what, operatorId)) };
      },
    },

    Webhook: {
      eventTypes: ({ types }) => types.map(typeOf),
      lastSecretUntil: ({ lastSecretUntil: until }) => (until && until > clock.now() ? until : null),
      async deliveries({ id: webhookId }, { states, ...args }) {
        const bounds = readPage(args, cursorShape);
        const query = { webhookId, states };
        const rows = await readDeliveries(db, query, bounds);
        const connection: Connection<Message> = {
          ...toPage(rows, bounds),
          cursorOf: ({ seq }) => makeCursor([String(seq)]),
          totalCount: () => countDeliveries(db, query),
        };
        return connection;
      },
    },

    WebhookDelivery: {
      id: ({ id }) => toGlobalId("WebhookDelivery", id),
      messageId: ({ id }) => id,
      eventType: ({ type }) => typeOf(type),
      occurredAt: ({ at }) => at,
      dueAt: ({ state, dueAt }) => (state === "PENDING" ? dueAt : null),
      body: bodyOf,
    },

    WebhookDeliveryConnection: connectionFields<Message>(),
  };
}
