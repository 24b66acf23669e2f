import { toGlobalId } from "../graphql/global-id.ts";
import type { FeedEvent } from "./member-event.ts";

/** Converts an event to its public form, for GraphQL and Redis alike: with the global ids of the graph. */
export function shownEvent(event: FeedEvent) {
  const { type } = event;
  switch (type) {
    case "AWARD_MADE":
    case "AWARD_CREDITED":
    case "AWARD_REFUSED":
      return { ...event, awardId: toGlobalId("RewardAward", event.awardId) };
    case "ORDER_STATUS_CHANGED":
      return {
        ...event,
        orderId: toGlobalId("Order", event.orderId),
        lineId: event.lineId && toGlobalId("OrderLine", event.lineId),
      };
    case "CHECK_IN_RECORDED":
    case "TICKET_DRAWN":
    case "DRAW_RESULT":
    case "EVENTS_MISSED":
      return event;
    default:
      throw new Error(`unknown event type ${type satisfies never}`);
  }
}

export type ShownEvent = ReturnType<typeof shownEvent>;
type Shown<Type extends ShownEvent["type"]> = Extract<ShownEvent, { type: Type }>;
export type ShownAwardMade = Shown<"AWARD_MADE">;
export type ShownAwardCredited = Shown<"AWARD_CREDITED">;
export type ShownAwardRefused = Shown<"AWARD_REFUSED">;
export type ShownCheckInRecorded = Shown<"CHECK_IN_RECORDED">;
export type ShownTicketDrawn = Shown<"TICKET_DRAWN">;
export type ShownDrawResult = Shown<"DRAW_RESULT">;
export type ShownOrderStatusChanged = Shown<"ORDER_STATUS_CHANGED">;
export type ShownEventsMissed = Shown<"EVENTS_MISSED">;
