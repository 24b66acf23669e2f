import { type AnnouncedDraw, announcedDraws } from "../draws/index.ts";
import type { Db } from "../platform/db.ts";
import { toRule } from "./rule.store.ts";
import type { RuleDefinition } from "./rule.ts";

export interface Campaign {
  readonly ruleId: string;
  readonly definition: RuleDefinition;
  readonly draw: AnnouncedDraw | null;
}

/** The current campaigns: for each rule the newest version whose window covers the moment. */
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
  const draws = await announcedDraws(db, drawIds);
  return newest.map(({ id, definition }) => ({
    ruleId: id,
    definition,
    draw: "drawId" in definition ? (draws.get(definition.drawId) ?? null) : null,
  }));
}
