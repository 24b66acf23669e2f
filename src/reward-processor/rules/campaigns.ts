import type { Db } from "../../platform/db.ts";
import type { DrawCampaign } from "../draw/draw-campaign.ts";
import type { Given } from "../draw/prize-of.ts";
import { toRule } from "./rule.store.ts";
import type { RuleDefinition } from "./rule.ts";

export interface Campaign {
  readonly ruleId: string;
  readonly definition: RuleDefinition;
  readonly draw: AnnouncedDraw | null;
}

export interface AnnouncedDraw {
  readonly campaign: DrawCampaign;
  readonly given: Given;
  readonly openingHash: string;
  readonly tickets: number;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

/** What anybody may earn now: of each rule the newest version whose window covers the moment. */
export async function readCampaigns(db: Db, now: Date): Promise<Campaign[]> {
  const rows = await db.rewardRule.findMany({
    where: { retiredAt: null },
    orderBy: [{ action: "asc" }, { ruleId: "asc" }, { version: "desc" }],
  });
  const open = rows.map(toRule).filter(({ definition: { window, audience } }) => {
    const hasBegun = Date.parse(window.from) <= now.getTime();
    return (
      hasBegun && (window.until === null || Date.parse(window.until) > now.getTime()) && audience.kind !== "members"
    );
  });
  const newest = [...new Map(open.toReversed().map((rule) => [rule.id, rule])).values()].toReversed();
  const drawIds = newest.flatMap(({ definition }) => ("drawId" in definition ? definition.drawId : []));
  const draws = await db.drawCampaign.findMany({ where: { id: { in: drawIds } }, omit: { seed: true } });
  return newest.map(({ id, definition }) => {
    const draw = "drawId" in definition ? draws.find((each) => each.id === definition.drawId) : undefined;
    return {
      ruleId: id,
      definition,
      draw: draw ? { ...draw, campaign: draw.campaign as DrawCampaign, given: draw.given as Given } : null,
    };
  });
}
