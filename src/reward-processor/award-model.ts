import type { RewardAward } from "../platform/generated/prisma/client.ts";
import type { LineOutcome } from "./intake/outcomes.ts";
import type { Explanation } from "./rules/explanation.ts";

/** An award with why it was given, which stands with its decision. */
export type AwardModel = RewardAward & { readonly explanation: Explanation };

export const awardsOf = ({ awards, explanation }: LineOutcome): AwardModel[] =>
  awards.map((award) => ({ ...award, explanation }));
