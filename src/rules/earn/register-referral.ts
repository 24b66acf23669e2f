import { counterKey } from "../counters.ts";
import type { Step } from "../explanation.ts";
import type { EventOf } from "../reward-event.ts";
import type { DefinitionOf } from "../rule.ts";
import type { Usage } from "../usage.ts";
import type { Earned } from "./earned.ts";

/**
 * Both sides of a referral. The receiver comes first, so that an almost used budget still covers the newcomer's bonus.
 * A sharer whose step of the ladder earns 0 leaves the receiver's side unchanged.
 */
export function earnRegisterReferral(
  ruleId: string,
  { ladder, receiverPoints }: DefinitionOf<"registerreferral">,
  { sharerId, receiverId }: EventOf<"registerreferral">,
  usage: Usage,
): Earned {
  if (sharerId === receiverId) return { steps: [], skip: { reason: "SELF_REFERRAL" } };
  if (usage.referredBy.has(receiverId)) return { steps: [], skip: { reason: "SECOND_REFERRAL" } };
  if (isAbove(receiverId, sharerId, usage.referredBy)) return { steps: [], skip: { reason: "REVERSED_REFERRAL" } };

  const referralsSoFar = usage.counters.get(counterKey.referrals(ruleId, sharerId)) ?? 0;
  const referral = referralsSoFar + 1;
  const rung = ladder.findLast(({ from }) => from <= referral) ?? { from: 1, points: 0 };
  const steps: Step[] = [
    { step: "fixed", side: "RECEIVER", result: receiverPoints },
    { step: "ladder", side: "SHARER", referralsSoFar, referral, from: rung.from, result: rung.points },
  ];
  return {
    steps,
    sides: [
      { role: "RECEIVER", memberId: receiverId, quantity: receiverPoints },
      { role: "SHARER", memberId: sharerId, quantity: rung.points },
    ],
  };
}

/** Checked before the earlier awards, because a newcomer who names another sharer repeats no event. */
export function isReferredByAnother(
  { sharerId, receiverId }: EventOf<"registerreferral">,
  { referredBy }: Usage,
): boolean {
  return referredBy.has(receiverId) && referredBy.get(receiverId) !== sharerId;
}

/** Whether someone referred the other, directly or through others: otherwise two members could refer each other. */
function isAbove(candidate: string, other: string, referredBy: ReadonlyMap<string, string>): boolean {
  const seen = new Set<string>();
  for (let above = referredBy.get(other); above !== undefined && !seen.has(above); above = referredBy.get(above)) {
    if (above === candidate) return true;
    seen.add(above);
  }
  return false;
}
