import { z } from "zod";
import { type DrawCampaign, drawCampaign, type Prize } from "./draw-campaign.ts";
import { sha256Of } from "./hashes.ts";
import { ROLLS } from "./roll.ts";
import { hex32 } from "./seed.ts";

/**
 * The published form of a draw: JSON lines, each with a final newline. The header comes first, then all tickets from 1 on
 * without a gap, then the reveal. Each hash covers the previous one, so a changed, missing or inserted line changes every
 * later hash, and members have receipts for some of those.
 *
 *     {"type":"header","format":"tessera-draw/1","campaign":{…},"hash":H0}    H0 = sha256(format ␊ campaign)
 *     {"type":"ticket","number":1,…,"hash":H1}                               H1 = sha256(H0 ␊ ticket without its hash)
 *     {"type":"reveal","seed":…,"tickets":n,"lastHash":Hn}
 *
 * Each line has a canonical form (the order of keys below, no spaces), so the same draw is the same bytes.
 */
export const format = "tessera-draw/1";

const hash = z.string().regex(hex32, "is a SHA-256 in 64 small hex digits");
const count = z.int().min(0);

export const ticket = z.strictObject({
  type: z.literal("ticket"),
  number: z.int().min(1),
  /** A pseudonym of the holder, which only the holder can prove: see `holderOf`. */
  holder: hash,
  issuedAt: z.iso.datetime({ precision: 3 }),
  roll: z
    .int()
    .min(0)
    .max(ROLLS - 1),
  /** The prize that the roll hit, and the awarded one: the fallback if the hit prize had run out. */
  hit: z.string(),
  prize: z.string(),
  hash,
});
export type Ticket = z.infer<typeof ticket>;

export const published = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("header"), format: z.literal(format), campaign: drawCampaign, hash }),
  ticket,
  z.strictObject({ type: z.literal("reveal"), seed: hash, tickets: count, lastHash: hash }),
]);
export type Published = z.infer<typeof published>;
export type Header = Extract<Published, { type: "header" }>;
export type Reveal = Extract<Published, { type: "reveal" }>;

export function headerOf(campaign: DrawCampaign): Header {
  return { type: "header", format, campaign, hash: sha256Of(`${format}\n${JSON.stringify(inOrder(campaign))}`) };
}

/** @param previousHash the hash of the previous ticket, or of the header for the first ticket */
export function hashOfTicket(previousHash: string, ticket: Omit<Ticket, "hash">): string {
  return sha256Of(`${previousHash}\n${JSON.stringify(ticketInOrder(ticket))}`);
}

/** The canonical form of a record, including the newline. */
export function toLine(record: Published): string {
  switch (record.type) {
    case "header": {
      const { type, format, campaign, hash } = record;
      return `${JSON.stringify({ type, format, campaign: inOrder(campaign), hash })}\n`;
    }
    case "ticket":
      return `${JSON.stringify({ ...ticketInOrder(record), hash: record.hash })}\n`;
    case "reveal": {
      const { type, seed, tickets, lastHash } = record;
      return `${JSON.stringify({ type, seed, tickets, lastHash })}\n`;
    }
  }
}

const ticketInOrder = ({ type, number, holder, issuedAt, roll, hit, prize }: Omit<Ticket, "hash">) => ({
  type,
  number,
  holder,
  issuedAt,
  roll,
  hit,
  prize,
});

const inOrder = ({ id, name, seedCommit, prizes, fallback }: DrawCampaign) => ({
  id,
  name,
  seedCommit,
  prizes: prizes.map(prizeInOrder),
  fallback,
});

function prizeInOrder(prize: Prize) {
  const { id, name, oddsPpm, stock, kind } = prize;
  const common = { id, name, oddsPpm, stock, kind };
  if (prize.kind === "points") return { ...common, points: prize.points };
  return prize.kind === "reward" ? { ...common, sku: prize.sku } : common;
}
