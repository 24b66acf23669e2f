import type { EventOf } from "../reward-event.ts";
import type { DefinitionOf } from "../rule.ts";
import { type Earned, earnedBy } from "./earned.ts";

/** The fixed bonus. The effect key limits it to one for each member and campaign. */
export function earnRegister({ points }: DefinitionOf<"register">, { memberId }: EventOf<"register">): Earned {
  return earnedBy(memberId, [{ step: "fixed", side: "MEMBER", result: points }]);
}
