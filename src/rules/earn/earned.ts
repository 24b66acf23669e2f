import type { Role } from "../effect-key.ts";
import type { Skip, Step } from "../explanation.ts";

/** The award of one side of an event before caps. */
export interface Side {
  role: Role;
  memberId: string;
  quantity: number;
}

/** The result of a rule for an event before caps: the sides with their steps, or the reason without an award. */
export type Earned = { steps: Step[]; sides: Side[] } | { steps: Step[]; skip: Skip };

/** For an event with one side: the member earned the result of the last step. */
export function earnedBy(memberId: string, steps: Step[], role: Role = "MEMBER"): Earned {
  return { steps, sides: [{ role, memberId, quantity: steps.at(-1)?.result ?? 0 }] };
}
