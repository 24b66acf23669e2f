import type { WebhookEventType } from "../domain/generated/words.ts";

/** The name of each type on the wire and in the tables. */
export const wireNames = {
  ORDER_STATUS_CHANGED: "order.status_changed",
  AWARD_CHANGED: "award.changed",
  STOCK_LOW: "stock.low",
  ATTENTION_NEEDED: "attention.needed",
  MEMBER_EVENT: "member.event",
  TEST: "test",
} as const satisfies Record<WebhookEventType, string>;

const types = new Map<string, WebhookEventType>(
  Object.entries(wireNames).map(([type, name]) => [name, type as WebhookEventType]),
);

/** @throws Error for an unknown name */
export function typeOf(wireName: string): WebhookEventType {
  const type = types.get(wireName);
  if (!type) throw new Error(`no type of webhook events is named ${wireName}`);
  return type;
}
