import { z } from "zod";
import { type DrawCampaign, drawCampaign, type Prize } from "./draw-campaign.ts";
import { sha256Of } from "./hashes.ts";
import { ROLLS } from "./roll.ts";
import { hex32 } from "./seed.ts";

/**
 * A draw as it is published: JSON lines, each ending with a newline. First the header, then every ticket from 1 on without
 * a gap, at last the reveal. Each hash covers the one before it, so a line cannot be changed, left out or slipped in
 * without changing every hash after it, and members hold receipts for some of those.
 *
 *     {"type":"header","format":"tessera-draw/1","campaign":{…},"hash":H0}    H0 = sha256(format ␊ campaign)
 *     {"type":"ticket","number":1,…,"hash":H1}                               H1 = sha256(H0 ␊ ticket without its hash)
 *     {"type":"reveal","seed":…,"tickets":n,"lastHash":Hn}
 *
 * There is one way to write each line (the order of keys below, no spaces), so the same draw is the same bytes.
 */
export const format = "tessera-draw/1";

const hash = z.string().regex(hex32, "is a SHA-256 in 64 small hex digits");
const count = z.int().min(0);

export const ticket = z.strictObject({
  type: z.literal("ticket"),
  number: z.int().min(1),
  /** Whose it is, in a form that only who holds the ticket can tell: see `holderOf`. */
  holder: hash,
  issuedAt: z.iso.datetime({ precision: 3 }),
  roll: z
    .int()
    .min(0)
    .max(ROLLS - 1),
  /** The prize the roll hit, and the one that was given: another one where the first had run out. */
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

/** @param previousHash of the ticket before, of the header for the first */
export function hashOfTicket(previousHash: string, ticket: Omit<Ticket, "hash">): string {
  return sha256Of(`${previousHash}\n${JSON.stringify(ticketInOrder(ticket))}`);
}

/** The one way to write a record, newline included. */
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
