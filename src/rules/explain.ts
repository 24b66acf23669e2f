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
    ...awards.map(({ side, quantity }) => sentenceFor(side, `${counted(quantity, unit)} given.`)),
    ...(skip ? [reasonOf(skip)] : []),
  ];
}

/** A cap without an effect is only in the stored numbers, not in the sentences. */
const isInformative = (step: Step) => step.step !== "cap" || step.result < step.before;

const sideWords: Record<Role, string> = { MEMBER: "Member", SHARER: "Sharer", RECEIVER: "Newcomer" };

const capWords: Record<CapName, string> = {
  PER_EVENT: "for one event",
  MEMBER_DAY: "for a member's day",
  MEMBER_TOTAL: "for a member in all",
  BUDGET: "of the programme",
};

function sentenceOf(step: Step, unit: Unit): string {
  const result = counted(step.result, unit);
  switch (step.step) {
    case "fixed":
      return `a fixed bonus of ${result}.`;
    case "ladder":
      return `referral number ${step.referral}, by the rung from ${step.from}: ${result}.`;
    case "rate":
      return `${step.amount} at ${counted(step.points, unit)} per ${step.perAmount} (the tier from ${step.from}), rounded down: ${result}.`;
    case "multiplier":
      return `${step.before} times ${asFactor(step.basisPoints)} for "${step.name}", rounded down: ${result}.`;
    case "product":
      return `product ${step.productId}: ${result}.`;
    case "cycle-day":
      return `day ${step.streak} in a row, day ${step.day} of the cycle: ${result}.`;
    case "streak-bonus":
      return `${step.bonus} more for ${step.streak} days in a row: ${result}.`;
    case "run":
      return `a late day makes a run of ${step.run} worth ${step.worth}, of which ${step.worthBefore} had counted: ${result}.`;
    case "tickets":
      return `one ticket for each full ${step.amountPerTicket} of ${step.amount}: ${result}.`;
    case "cap":
      return step.cap === "BUDGET" // the size of the budget is confidential
        ? `${step.before} cut to ${step.result}: the programme has no more left.`
        : `the cap ${capWords[step.cap]} is ${step.limit}, ${step.used} used: ${step.before} cut to ${step.result}.`;
  }
}

function reasonOf(skip: Skip): string {
  switch (skip.reason) {
    case "MISSING_FACT":
      return `Nothing given: the message lacks ${skip.missing}.`;
    case "OUTSIDE_WINDOW":
      return `Nothing given: it happened ${skip.at}, and the rule holds from ${skip.from}${skip.until ? ` until ${skip.until}` : ""}.`;
    case "NOT_IN_AUDIENCE":
      return `Nothing given: the rule is for ${skip.audience === "new-members" ? "new members" : "chosen members"}.`;
    case "ALREADY_AWARDED":
      return "Nothing given: it has been given before.";
    case "EXCLUDED":
      return "Nothing given: another rule has been applied instead.";
    case "SELF_REFERRAL":
      return "Nothing given: nobody brings in themselves.";
    case "SECOND_REFERRAL":
      return "Nothing given: the newcomer has been brought in before.";
    case "REVERSED_REFERRAL":
      return "Nothing given: the newcomer was there first, and brought in the sharer.";
    case "BELOW_MINIMUM":
      return `Nothing given: ${skip.amount} is below the minimum of ${skip.minimumAmount}.`;
    case "PRODUCT_NOT_LISTED":
      return `Nothing given: product ${skip.productId} is not in the table.`;
    case "NOTHING_EARNED":
      return "Nothing given: it comes to nothing.";
    case "CAP_REACHED":
      return `Nothing given: the cap ${capWords[skip.cap]} is reached.`;
    case "RESULT_TOO_LARGE":
      return "Nothing given: the result is too large to be true.";
    case "DRAW_NOT_OPEN":
      return "Nothing given: the draw is not open.";
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
