import { z } from "zod";
import { hex32 } from "../draws/index.ts";
import { rewardActions } from "../messages/message.ts";
import { slug } from "../platform/slug.ts";

/**
 * What a member is told. This is the door of the feed: a field that is not listed here does not get in, whoever hands it over.
 * Texts are names out of our own rules and draws; a number in them that is long enough for a national id, a mobile or a card
 * is taken out. There is no field for anybody else's id, and none for a voucher code.
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
    /** The draw that tickets are for, or that points or a reward were won in. */
    forDraw: name.nullable(),
    /** From when on it may be credited, and when it lapses. */
    availableAt: instant,
    expiresAt: instant.nullable(),
  }),
  z.object({ type: z.literal("AWARD_CREDITED"), ...ofAward }),
  z.object({
    type: z.literal("AWARD_REFUSED"),
    ...ofAward,
    /** In one of our words: what the ledger said is for operators. */
    reason: z.enum(["REFUSED", "LAPSED", "CANCELLED"]),
  }),
  z.object({
    type: z.literal("CHECK_IN_RECORDED"),
    /** The day it is for, where the programme is. */
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
    /** Of a prize of points. */
    points: positive.nullable(),
  }),
]);
export type MemberEvent = z.input<typeof memberEvent>;

/** Written by the database as an order's own event commits, see migration 0006. */
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

/** In the place of events that are no longer kept. */
export interface EventsMissed {
  type: "EVENTS_MISSED";
  from: number;
  to: number;
}

/** One entry of a feed, numbered and dated. */
export type FeedEvent = { seq: number; at: Date } & (z.output<typeof memberEvent> | OrderStatusChanged | EventsMissed);
