import type { Role } from "./effect-key.ts";
import type { Explanation, Skip, Step } from "./explanation.ts";
import type { CapName, Unit } from "./rule.ts";

/**
 * An explanation as sentences, in the order of the calculation. It is safe for members: the sides of a referral are
 * named by their role, never by an id, and the size of the budget is omitted.
 */
export function explain({ rule, unit, steps, awards, skip }: Explanation): string[] {
  const isPair = steps.some(({ side }) => side === "RECEIVER");
  const sentenceFor = (side: Role, sentence: string) =>
    isPair ? `${sideWords[side]}: ${sentence}` : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
  return [
    `Rule "${rule.name}", version ${rule.version}.`,
    ...steps.filter(isInformative).map((step) => sentenceFor(step.side, sentenceOf(step, unit))),
    ...awards.map(({ side, quantity }) => sentenceFor(side, `${counted(quantity, unit)} awarded.`)),
    ...(skip ? [reasonOf(skip)] : []),
  ];
}

/** A cap without an effect is only in the stored numbers, not in the sentences. */
const isInformative = (step: Step) => step.step !== "cap" || step.result < step.before;

const sideWords: Record<Role, string> = { MEMBER: "Member", SHARER: "Sharer", RECEIVER: "Newcomer" };

const capWords: Record<CapName, string> = {
  PER_EVENT: "per event",
  MEMBER_DAY: "per member and day",
  MEMBER_TOTAL: "per member",
  BUDGET: "of the programme",
};

function sentenceOf(step: Step, unit: Unit): string {
  const result = counted(step.result, unit);
  switch (step.step) {
    case "fixed":
      return `a fixed bonus of ${result}.`;
    case "ladder":
      return `referral number ${step.referral}, by the step from ${step.from}: ${result}.`;
    case "rate":
      return `${step.amount} at ${counted(step.points, unit)} per ${step.perAmount} (the tier from ${step.from}), rounded down: ${result}.`;
    case "multiplier":
      return `${step.before} times ${asFactor(step.basisPoints)} for "${step.name}", rounded down: ${result}.`;
    case "product":
      return `product ${step.productId}: ${result}.`;
    case "cycle-day":
      return `consecutive day ${step.streak}, day ${step.day} of the cycle: ${result}.`;
    case "streak-bonus":
      return `a bonus of ${step.bonus} for ${step.streak} consecutive days: ${result}.`;
    case "run":
      return `a late day makes a streak of ${step.run} days worth ${step.worth}, of which ${step.worthBefore} were already awarded: ${result}.`;
    case "tickets":
      return `one ticket for each full ${step.amountPerTicket} of ${step.amount}: ${result}.`;
    case "cap":
      return step.cap === "BUDGET" // the size of the budget is confidential
        ? `${step.before} cut to ${step.result}: the budget of the programme is used up.`
        : `the cap ${capWords[step.cap]} is ${step.limit}, ${step.used} used: ${step.before} cut to ${step.result}.`;
  }
}

function reasonOf(skip: Skip): string {
  switch (skip.reason) {
    case "MISSING_FACT":
      return `No award: the message lacks ${skip.missing}.`;
    case "OUTSIDE_WINDOW":
      return `No award: the event happened ${skip.at}, and the rule applies from ${skip.from}${skip.until ? ` until ${skip.until}` : ""}.`;
    case "NOT_IN_AUDIENCE":
      return `No award: the rule is for ${skip.audience === "new-members" ? "new members" : "selected members"}.`;
    case "ALREADY_AWARDED":
      return "No award: the event was awarded before.";
    case "EXCLUDED":
      return "No award: another rule was applied instead.";
    case "SELF_REFERRAL":
      return "No award: members cannot refer themselves.";
    case "SECOND_REFERRAL":
      return "No award: the newcomer was referred before.";
    case "REVERSED_REFERRAL":
      return "No award: the newcomer joined first and referred the sharer.";
    case "BELOW_MINIMUM":
      return `No award: ${skip.amount} is below the minimum of ${skip.minimumAmount}.`;
    case "PRODUCT_NOT_LISTED":
      return `No award: the rule does not list product ${skip.productId}.`;
    case "NOTHING_EARNED":
      return "No award: the calculation results in zero.";
    case "CAP_REACHED":
      return `No award: the cap ${capWords[skip.cap]} is reached.`;
    case "RESULT_TOO_LARGE":
      return "No award: the result exceeds the largest possible award.";
    case "DRAW_NOT_OPEN":
      return "No award: the draw is not open.";
  }
}

const counted = (quantity: number, unit: Unit) =>
  `${quantity} ${unit === "TICKETS" ? "ticket" : "point"}${quantity === 1 ? "" : "s"}`;

/** 15 000 basis points are 1.5, formatted without a division that could round. */
function asFactor(basisPoints: number): string {
  const digits = String(basisPoints).padStart(5, "0");
  const decimals = digits.slice(-4).replace(/0+$/, "");
  return `${digits.slice(0, -4)}${decimals && `.${decimals}`}`;
}
