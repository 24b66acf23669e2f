import { randomBytes } from "node:crypto";
import type { Tx } from "../platform/db.ts";
import type { DrawTicket } from "../platform/generated/prisma/client.ts";
import type { SecretBox } from "../platform/secret-box.ts";
import { checkDraw, type DrawCampaign, drawCampaign, type Prize } from "./draw-campaign.ts";
import { type DrawState, drawTicket, openDraw } from "./draw-ticket.ts";
import { holderOf } from "./holder.ts";
import type { Given } from "./prize-of.ts";
import { headerOf } from "./published.ts";
import { commitOf, newSeed } from "./seed.ts";

/** A draw that is locked until the transaction ends. */
export interface OpenDraw {
  readonly campaign: DrawCampaign;
  readonly seed: string;
  state: DrawState;
}

export interface DrawnTicket {
  readonly number: number;
  readonly hash: string;
  readonly prize: Prize;
}

export interface DrawStore {
  /** Those of these draws that are open, each locked, in the order of their ids. */
  lockOpen(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, OpenDraw>>;
  /** Makes an award's tickets, the next numbers of the draw. */
  drawFor(
    tx: Tx,
    draw: OpenDraw,
    award: { id: string; memberId: string; quantity: number },
    now: Date,
  ): Promise<DrawnTicket[]>;
  /** Announces a draw with a new seed. */
  open(tx: Tx, make: (seedCommit: string) => DrawCampaign, now: Date): Promise<void>;
}

/** @param seeds keeps the seeds of open draws out of reach of whoever can read the database */
export function makeDrawStore(seeds: SecretBox): DrawStore {
  return {
    async lockOpen(tx, ids) {
      const rows = await tx.$queryRaw<
        { id: string; campaign: DrawCampaign; seed: Uint8Array; tickets: number; lastHash: string; given: Given }[]
      >`select id, campaign, seed, tickets, last_hash as "lastHash", given from draw_campaigns
        where id = any(${[...ids]}) and closed_at is null order by id for update`;
      return new Map(
        rows.map(({ id, campaign, seed, ...state }) => [id, { campaign, seed: seeds.decrypt(seed, id), state }]),
      );
    },

    async drawFor(tx, draw, { id: awardId, memberId, quantity }, issuedAt) {
      const { campaign, seed } = draw;
      const rows: TicketRow[] = [];
      for (let count = 0; count < quantity; count++) {
        const ticketSecret = randomBytes(32).toString("hex");
        const drawn = drawTicket(campaign, seed, draw.state, { holder: holderOf(memberId, ticketSecret), issuedAt });
        const { type: _, issuedAt: __, ...ticket } = drawn.ticket;
        rows.push({ ...ticket, ticketSecret });
        draw.state = drawn.state;
      }
      await insertTickets(tx, rows, { drawId: campaign.id, awardId, memberId, issuedAt });
      const { tickets, lastHash, given } = draw.state;
      await tx.drawCampaign.update({ where: { id: campaign.id }, data: { tickets, lastHash, given } });
      return rows.map(({ number, hash, prize }) => ({ number, hash, prize: prizeNamed(campaign, prize) }));
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

type TicketRow = Pick<DrawTicket, "number" | "holder" | "ticketSecret" | "roll" | "hit" | "prize" | "hash">;

/** One statement with a list for each column, because an award may be of hundreds. */
async function insertTickets(
  tx: Tx,
  rows: readonly TicketRow[],
  { drawId, awardId, memberId, issuedAt }: Pick<DrawTicket, "drawId" | "awardId" | "memberId" | "issuedAt">,
): Promise<void> {
  const all = <Column extends keyof TicketRow>(column: Column) => rows.map((row) => row[column]);
  await tx.$executeRaw`
    insert into draw_tickets (draw_id, award_id, member_id, holder_id, issued_at,
      number, holder, ticket_secret, roll, hit, prize, hash)
    select ${drawId}, ${awardId}::uuid, ${memberId}::uuid, ${memberId}, ${issuedAt}, each.* from unnest(
      ${all("number")}::int[], ${all("holder")}::text[], ${all("ticketSecret")}::text[], ${all("roll")}::int[],
      ${all("hit")}::text[], ${all("prize")}::text[], ${all("hash")}::text[]) as each`;
}

function prizeNamed({ prizes }: DrawCampaign, id: string): Prize {
  const prize = prizes.find((each) => each.id === id);
  if (!prize) throw new Error(`a ticket won ${id}, which is no prize of its draw`);
  return prize;
}
