import { type RewardEvent, subjectOf } from "./reward-event.ts";
import type { Audience } from "./rule.ts";
import { MS_PER_DAY } from "./window.ts";

/**
 * Whether the rule's audience includes the subject of the event. A registration makes its member new; for other events
 * the date of joining must be known.
 */
export function isInAudience(audience: Audience, event: RewardEvent): boolean {
  switch (audience.kind) {
    case "everybody":
      return true;
    case "members":
      return audience.memberIds.includes(subjectOf(event));
    case "new-members": {
      const isJoining = event.action === "register" || event.action === "registerreferral";
      const since = event.memberSince ?? (isJoining ? event.at : null);
      return since !== null && event.at.getTime() - since.getTime() <= audience.withinDays * MS_PER_DAY;
    }
  }
}
