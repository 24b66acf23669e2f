import { z } from "zod";
import { hex32 } from "../draws/index.ts";
import { rewardActions } from "../messages/message.ts";
import { slug } from "../platform/slug.ts";

/**
 * The events of the feed. The schema is an allowlist: fields that are not listed here cannot enter a feed. Texts are
 * names from our own rules and draws; numbers in them that are long enough for a national id, a mobile number or a card
 * number are removed. The schema has no field for another member's id or for a voucher code.
 */

const LONG_NUMBER = /[+(]*\d(?:[ ().-]{0,2}\d){8,}/g;
const withoutNumbers = (text: string) => text.replace(LONG_NUMBER, "…");
const said = z.string().max(200).transform(withoutNumbers);
const name = slug.transform(withoutNumbers);
const instant = z.iso.datetime({ offset: true });
const positive = z.int().min(1);
const ofAward = { awardId: z.uuid(), unit: z.enum(["POINTS", "TICKETS", "REWARD"]), quantity: positive };
const ofDraw = { drawId: name, drawName: said, number: positive };

export const memberEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("AWARD_MADE"),
    ...ofAward,
    action: z.enum(rewardActions),
    campaign: name,
    /** The name of the rule. */
    rule: said,
    /** The draw of the tickets, or the draw in which points or a reward were won. */
    forDraw: name.nullable(),
    /** The earliest time of crediting, and the time when the award lapses. */
    availableAt: instant,
    expiresAt: instant.nullable(),
  }),
  z.object({ type: z.literal("AWARD_CREDITED"), ...ofAward }),
  z.object({
    type: z.literal("AWARD_REFUSED"),
    ...ofAward,
    /** A reason from our list. The ledger's own message is for operators. */
    reason: z.enum(["REFUSED", "LAPSED", "CANCELLED"]),
  }),
  z.object({
    type: z.literal("CHECK_IN_RECORDED"),
    /** The day in the programme's time zone. */
    date: z.iso.date(),
    streak: z.int().min(0),
    longest: z.int().min(0),
    nextCheckInAt: instant,
  }),
  /** The hash is the member's receipt. */
  z.object({ type: z.literal("TICKET_DRAWN"), ...ofDraw, hash: z.string().regex(hex32) }),
  z.object({
    type: z.literal("DRAW_RESULT"),
    ...ofDraw,
    prizeId: name,
    prizeName: said,
    won: z.boolean(),
    /** Set for a prize of points. */
    points: positive.nullable(),
  }),
]);
export type MemberEvent = z.input<typeof memberEvent>;

/** Written by a database trigger at the commit of an order's event, see migration 0006. */
export interface OrderStatusChanged {
  type: "ORDER_STATUS_CHANGED";
  orderId: string;
  orderNumber: string;
  orderSeq: number;
  status: string;
  previousStatus: string | null;
  pointsState: string;
  lineId: string | null;
}

/** Replaces events that were deleted by age. */
export interface EventsMissed {
  type: "EVENTS_MISSED";
  from: number;
  to: number;
}

/** An entry of a feed, with its number and time. */
export type FeedEvent = { seq: number; at: Date } & (z.output<typeof memberEvent> | OrderStatusChanged | EventsMissed);
