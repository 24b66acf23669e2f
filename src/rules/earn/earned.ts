import type { Role } from "../effect-key.ts";
import type { Skip, Step } from "../explanation.ts";

/** What one side of an event has earned before any cap. */
export interface Side {
  role: Role;
  memberId: string;
  quantity: number;
}

/** What a rule makes of an event before caps: the sides with what led to it, or why it is nothing. */
export type Earned = { steps: Step[]; sides: Side[] } | { steps: Step[]; skip: Skip };

/** The usual case: one member earned what the last step comes to. */
export function earnedBy(memberId: string, steps: Step[], role: Role = "MEMBER"): Earned {
  return { steps, sides: [{ role, memberId, quantity: steps.at(-1)?.result ?? 0 }] };
}
