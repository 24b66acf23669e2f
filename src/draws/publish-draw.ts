import type { Cipher } from "../platform/cipher.ts";
import type { Db } from "../platform/db.ts";
import type { DrawCampaign } from "./draw-campaign.ts";
import { closeDraw } from "./draw-ticket.ts";
import { headerOf, toLine } from "./published.ts";

/** The lines of a published draw, read one page of tickets at a time. Null for an unknown draw. */
export type PublishDraw = (drawId: string) => Promise<AsyncIterable<string> | null>;

const TICKETS_A_PAGE = 1_000;

/** An open draw has no reveal yet: its tickets are final, but their results cannot be recomputed. */
export function makePublishDraw({ db, seeds }: { db: Db; seeds: Cipher }): PublishDraw {
  return async (drawId) => {
    const draw = await db.drawCampaign.findUnique({ where: { id: drawId } });
    if (!draw) return null;
    return lines();

    async function* lines() {
      if (!draw) return;
      yield toLine(headerOf(draw.campaign as DrawCampaign));
      // Stops at the number of tickets at the start: later tickets belong to the next reading.
      for (let after = 0; after < draw.tickets; after += TICKETS_A_PAGE) {
        const until = Math.min(draw.tickets, after + TICKETS_A_PAGE);
        const tickets = await db.drawTicket.findMany({
          where: { drawId, number: { gt: after, lte: until } },
          orderBy: { number: "asc" },
          select: { number: true, holder: true, issuedAt: true, roll: true, hit: true, prize: true, hash: true },
        });
        yield tickets
          .map((ticket) => toLine({ ...ticket, type: "ticket", issuedAt: ticket.issuedAt.toISOString() }))
          .join("");
      }
      if (draw.closedAt === null) return;
      const { tickets, lastHash } = draw;
      yield toLine(closeDraw(seeds.decrypt(draw.seed, drawId), { tickets, lastHash, given: {} }));
    }
  };
}
