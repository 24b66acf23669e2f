import { type Explanation, explain } from "../../rules/index.ts";
import type { EarnedReward } from "./history.store.ts";

/**
 * How an award was worked out, in sentences for whom it is. A referral gives to two people in one decision; what the other one
 * got, and how close they are to a cap, is theirs to know.
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
