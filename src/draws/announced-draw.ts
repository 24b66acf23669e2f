import type { Tx } from "../platform/db.ts";
import type { DrawCampaign } from "./draw-campaign.ts";
import type { Awarded } from "./prize-of.ts";

/** The public view of a draw, also while its seed is secret. */
export interface AnnouncedDraw {
  readonly campaign: DrawCampaign;
  readonly given: Awarded;
  readonly openingHash: string;
  readonly tickets: number;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

/** The public view of a prize. Null in `left` means an unlimited stock. */
export type AnnouncedPrize = DrawCampaign["prizes"][number] & { readonly left: number | null };

export async function announcedDraws(db: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, AnnouncedDraw>> {
  const rows = await db.drawCampaign.findMany({ where: { id: { in: [...ids] } }, omit: { seed: true } });
  return new Map(rows.map((row) => [row.id, announced(row)]));
}

/** All draws: open ones first, each group from the newest opening to the oldest. */
export async function allDraws(db: Tx): Promise<AnnouncedDraw[]> {
  const rows = await db.drawCampaign.findMany({
    omit: { seed: true },
    orderBy: [{ closedAt: { sort: "desc", nulls: "first" } }, { openedAt: "desc" }],
  });
  return rows.map(announced);
}

const announced = <Row extends { campaign: unknown; given: unknown }>(row: Row) => ({
  ...row,
  campaign: row.campaign as DrawCampaign,
  given: row.given as Awarded,
});
