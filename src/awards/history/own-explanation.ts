import { type Explanation, explain } from "../../rules/index.ts";
import type { EarnedReward } from "./history.store.ts";

/**
 * The explanation of an award in sentences for its member. A referral decision awards two members; the sentences omit
 * the other member's award and how close that member is to a cap.
 */
export function ownExplanation({ role, unit, explanation }: Pick<EarnedReward, "role" | "unit" | "explanation">) {
  const own: Explanation = {
    ...explanation,
    steps: explanation.steps.filter(({ side }) => side === role),
    awards: explanation.awards.filter(({ side }) => side === role),
  };
  const sentences = explain(own);
  return unit === explanation.unit ? sentences : ["Won in a lucky draw, by a ticket that was earned so:", ...sentences];
}
