import { mulDivFloor } from "../integer.ts";
import type { EventOf } from "../reward-event.ts";
import type { DefinitionOf } from "../rule.ts";
import { type Earned, earnedBy } from "./earned.ts";

/** Tickets for an amount: one for each full `amountPerTicket`. Caps limit the tickets of an event or a day. */
export function earnLuckyDraw(
  { amountPerTicket }: DefinitionOf<"luckydraw">,
  { amount, memberId }: EventOf<"luckydraw">,
): Earned {
  if (amount < amountPerTicket)
    return { steps: [], skip: { reason: "BELOW_MINIMUM", amount, minimumAmount: amountPerTicket } };
  const result = mulDivFloor(amount, 1, amountPerTicket) ?? 0;
  return earnedBy(memberId, [{ step: "tickets", side: "MEMBER", amount, amountPerTicket, result }]);
}
