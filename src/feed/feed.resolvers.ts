import { z } from "zod";
import type { SessionStore } from "../auth/index.ts";
import { abortable } from "../graphql/abortable.ts";
import { cursorPart, makeCursor, readCursor } from "../graphql/connection.ts";
import { unauthenticated } from "../graphql/errors.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { uuidOf } from "../graphql/global-id.ts";
import { requireCustomer } from "../graphql/guards.ts";
import { translated } from "../texts/index.ts";
import type { FeedStore } from "./feed.store.ts";
import type { FeedEvent } from "./member-event.ts";
import { type ShownEvent, shownEvent } from "./shown-event.ts";
import type { WatchFeed } from "./watch-feed.ts";

export interface FeedDeps {
  feeds: FeedStore;
  sessions: SessionStore;
  watchFeed: WatchFeed;
}

const cursorShape = z.tuple([z.literal("event"), cursorPart.int4.min(0)]);
const cursorOf = (seq: number) => makeCursor(["event", seq]);

const typeNames = {
  AWARD_MADE: "AwardMade",
  AWARD_CREDITED: "AwardCredited",
  AWARD_REFUSED: "AwardRefused",
  CHECK_IN_RECORDED: "CheckInRecorded",
  TICKET_DRAWN: "TicketDrawn",
  DRAW_RESULT: "DrawResult",
  ORDER_STATUS_CHANGED: "OrderStatusChanged",
  EVENTS_MISSED: "EventsMissed",
} as const satisfies Record<ShownEvent["type"], string>;

export function feedResolvers({ feeds, sessions, watchFeed }: FeedDeps): Resolvers {
  const cursor = ({ seq }: ShownEvent) => cursorOf(seq);
  return {
    Subscription: {
      memberEvents: {
        subscribe(_, { after }, context) {
          const { customerId, sessionId } = requireCustomer(context);
          const afterSeq = readCursor(after, cursorShape)?.[1];
          const authorise = async () => {
            if (!(await sessions.live(sessionId))) throw unauthenticated();
          };
          return abortable((signal) => watchFeed({ customerId, afterSeq, authorise, signal }), context.signal);
        },
        resolve: (event: FeedEvent) => ({ ...shownEvent(event), __typename: typeNames[event.type] }),
      },
    },

    Customer: {
      memberEventsCursor: async ({ customerId }, _, { viewer }) =>
        viewer.kind === "customer" && viewer.customerId === customerId ? cursorOf(await feeds.head(customerId)) : null,
    },

    AwardMade: {
      cursor,
      rule: ({ rule }, args, context) => translated(rule, args, context),
      availableAt: ({ availableAt }) => new Date(availableAt),
      expiresAt: ({ expiresAt }) => (expiresAt === null ? null : new Date(expiresAt)),
    },
    AwardCredited: { cursor },
    AwardRefused: { cursor },
    CheckInRecorded: { cursor, nextCheckInAt: ({ nextCheckInAt }) => new Date(nextCheckInAt) },
    TicketDrawn: { cursor, drawName: ({ drawName }, args, context) => translated(drawName, args, context) },
    DrawResult: {
      cursor,
      drawName: ({ drawName }, args, context) => translated(drawName, args, context),
      prizeName: ({ prizeName }, args, context) => translated(prizeName, args, context),
    },
    OrderStatusChanged: {
      cursor,
      order: ({ orderId }, _, { loaders }) => loaders.order.load(uuidOf("Order", orderId) ?? ""),
    },
    EventsMissed: { cursor },
  };
}
