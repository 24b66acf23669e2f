import { isInAudience } from "./audience.ts";
import { award } from "./award.ts";
import { type Decision, skipped } from "./decision.ts";
import { earnDailyCheckIn } from "./earn/daily-check-in.ts";
import type { Earned } from "./earn/earned.ts";
import { earnLuckyDraw } from "./earn/lucky-draw.ts";
import { earnRegister } from "./earn/register.ts";
import { earnRegisterReferral, isReferredByAnother } from "./earn/register-referral.ts";
import { earnTransactionPromo } from "./earn/transaction-promo.ts";
import { earnTransactionReferral } from "./earn/transaction-referral.ts";
import { effectKey, rolesOf } from "./effect-key.ts";
import { factsOf, type Skip, type Step } from "./explanation.ts";
import type { RewardEvent } from "./reward-event.ts";
import type { Rule } from "./rule.ts";
import type { Usage } from "./usage.ts";
import { isWithin } from "./window.ts";

/**
 * The decision of one rule about one event. Cheap checks come first: window, audience, exclusive rules, earlier awards;
 * then the earned award and its caps.
 *
 * @param excludedBy the exclusive rule that has decided this event; null without one
 */
export function decide(rule: Rule, event: RewardEvent, usage: Usage, excludedBy: string | null): Decision {
  const { definition } = rule;
  const facts = factsOf(event);
  const skip = (reason: Skip, steps: Step[] = []) => skipped(rule, facts, reason, steps);
  if (!isWithin(definition.window, event.at))
    return skip({ reason: "OUTSIDE_WINDOW", at: event.at.toISOString(), ...definition.window });
  if (!isInAudience(definition.audience, event))
    return skip({ reason: "NOT_IN_AUDIENCE", audience: definition.audience.kind });
  if (excludedBy !== null && definition.stacking === "exclusive")
    return skip({ reason: "EXCLUDED", byRule: excludedBy });
  if (event.action === "registerreferral" && isReferredByAnother(event, usage))
    return skip({ reason: "SECOND_REFERRAL" });
  const given = rolesOf(event)
    .map((role) => effectKey(rule, event, role))
    .find((key) => usage.given.has(key));
  if (given !== undefined) return skip({ reason: "ALREADY_AWARDED", effectKey: given });

  const earned = earn(rule, event, usage);
  if ("skip" in earned) return skip(earned.skip, earned.steps);
  if (earned.sides.every(({ quantity }) => quantity === 0)) return skip({ reason: "NOTHING_EARNED" }, earned.steps);
  return award(rule, event, usage, earned);
}

function earn({ id, definition }: Rule, event: RewardEvent, usage: Usage): Earned {
  if (definition.action === "register" && event.action === "register") return earnRegister(definition, event);
  if (definition.action === "registerreferral" && event.action === "registerreferral")
    return earnRegisterReferral(id, definition, event, usage);
  if (definition.action === "transactionpromo" && event.action === "transactionpromo")
    return earnTransactionPromo(definition, event);
  if (definition.action === "transactionreferral" && event.action === "transactionreferral")
    return earnTransactionReferral(definition, event);
  if (definition.action === "dailycheckin" && event.action === "dailycheckin")
    return earnDailyCheckIn(definition, event);
  if (definition.action === "luckydraw" && event.action === "luckydraw") return earnLuckyDraw(definition, event);
  throw new TypeError(`a rule for ${definition.action} was asked about ${event.action}`);
}
