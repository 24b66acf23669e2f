import { randomBytes } from "node:crypto";
import type { Cipher } from "../platform/cipher.ts";
import type { Tx } from "../platform/db.ts";
import type { DrawTicket } from "../platform/generated/prisma/client.ts";
import { checkDraw, type DrawCampaign, drawCampaign, type Prize } from "./draw-campaign.ts";
import { type DrawState, drawTicket, openDraw } from "./draw-ticket.ts";
import { holderOf } from "./holder.ts";
import type { Awarded } from "./prize-of.ts";
import { headerOf } from "./published.ts";
import { commitOf, newSeed } from "./seed.ts";

/** A draw that is locked until the transaction ends. */
export interface OpenDraw {
  readonly campaign: DrawCampaign;
  readonly seed: string;
  state: DrawState;
}

export interface DrawnTicket {
  readonly draw: OpenDraw;
  readonly row: TicketRow;
  readonly number: number;
  readonly hash: string;
  readonly prize: Prize;
}

export interface DrawStore {
  /** The open ones of these draws, each locked, in the order of their ids. */
  lockOpen(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, OpenDraw>>;
  /** Draws an award's tickets with the next numbers of the draw; `save` inserts them. */
  drawFor(draw: OpenDraw, award: { id: string; memberId: string; quantity: number }, now: Date): DrawnTicket[];
  /** Inserts the drawn tickets, whose awards must exist, and the new states of their draws. */
  save(tx: Tx, drawn: readonly DrawnTicket[]): Promise<void>;
  /** Announces a draw with a new seed. */
  open(tx: Tx, make: (seedCommit: string) => DrawCampaign, now: Date): Promise<void>;
}

/** @param seeds encrypts the seeds of open draws, so that access to the database does not reveal them */
export function makeDrawStore(seeds: Cipher): DrawStore {
  return {
    async lockOpen(tx, ids) {
      const rows = await tx.$queryRaw<
        { id: string; campaign: DrawCampaign; seed: Uint8Array; tickets: number; lastHash: string; given: Awarded }[]
      >`select id, campaign, seed, tickets, last_hash as "lastHash", given from draw_campaigns
        where id = any(${[...ids]}) and closed_at is null order by id for update`;
      return new Map(
        rows.map(({ id, campaign, seed, ...state }) => [id, { campaign, seed: seeds.decrypt(seed, id), state }]),
      );
    },

    drawFor(draw, { id: awardId, memberId, quantity }, issuedAt) {
      const { campaign, seed } = draw;
      return Array.from({ length: quantity }, () => {
        const ticketSecret = randomBytes(32).toString("hex");
        const drawn = drawTicket(campaign, seed, draw.state, { holder: holderOf(memberId, ticketSecret), issuedAt });
        const { type: _, ...ticket } = drawn.ticket;
        draw.state = drawn.state;
        const { number, hash } = ticket;
        const row = { ...ticket, ticketSecret, drawId: campaign.id, awardId, memberId };
        return { draw, row, number, hash, prize: prizeNamed(campaign, ticket.prize) };
      });
    },

    async save(tx, drawn) {
      if (drawn.length === 0) return;
      await insertTickets(
        tx,
        drawn.map(({ row }) => row),
      );
      for (const { campaign, state } of new Set(drawn.map(({ draw }) => draw))) {
        const { tickets, lastHash, given } = state;
        await tx.drawCampaign.update({ where: { id: campaign.id }, data: { tickets, lastHash, given } });
      }
    },

    async open(tx, make, openedAt) {
      const seed = newSeed();
      const campaign = drawCampaign.parse(make(commitOf(seed)));
      const [problem] = checkDraw(campaign);
      if (problem) throw new RangeError(problem.message);
      const { id } = campaign;
      await tx.drawCampaign.create({
        data: {
          id,
          campaign,
          seed: seeds.encrypt(seed, id),
          openingHash: headerOf(campaign).hash,
          ...openDraw(campaign),
          openedAt,
        },
      });
    },
  };
}

type TicketRow = Pick<
  DrawTicket,
  "drawId" | "awardId" | "memberId" | "number" | "holder" | "ticketSecret" | "roll" | "hit" | "prize" | "hash"
> & { issuedAt: string };

/** Inserts tickets in one statement with a list for each column, because an award may have hundreds. */
async function insertTickets(tx: Tx, rows: readonly TicketRow[]): Promise<void> {
  const all = <Column extends keyof TicketRow>(column: Column) => rows.map((row) => row[column]);
  await tx.$executeRaw`
    insert into draw_tickets (draw_id, award_id, member_id, holder_id, issued_at,
      number, holder, ticket_secret, roll, hit, prize, hash)
    select * from unnest(${all("drawId")}::text[], ${all("awardId")}::uuid[], ${all("memberId")}::uuid[], ${all("memberId")}::text[],
      ${all("issuedAt")}::timestamptz[], ${all("number")}::int[], ${all("holder")}::text[], ${all("ticketSecret")}::text[],
      ${all("roll")}::int[], ${all("hit")}::text[], ${all("prize")}::text[], ${all("hash")}::text[])`;
}

function prizeNamed({ prizes }: DrawCampaign, id: string): Prize {
  const prize = prizes.find((each) => each.id === id);
  if (!prize) throw new Error(`a ticket won ${id}, which is not a prize of its draw`);
  return prize;
}
