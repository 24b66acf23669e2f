import type { EventOf } from "../reward-event.ts";
import type { DefinitionOf } from "../rule.ts";
import { type Earned, earnedBy } from "./earned.ts";

/** The fixed bonus. That it is given once per member and campaign is the effect key's doing. */
export function earnRegister({ points }: DefinitionOf<"register">, { memberId }: EventOf<"register">): Earned {
  return earnedBy(memberId, [{ step: "fixed", side: "MEMBER", result: points }]);
}
