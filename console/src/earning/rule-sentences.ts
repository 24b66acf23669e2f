import { count, moment, points } from "../ui/format.ts";
import type { Audience, Caps, Definition, Multiplier, Period } from "./rule-definition.ts";

/** A rule in sentences, in the order of evaluation. Versions are compared sentence by sentence. */
export function sentencesOf(definition: Definition): string[] {
  return [
    ...earnings(definition),
    windowSentence(definition.window),
    audienceSentence(definition.audience),
    ...capSentences(definition),
    definition.pendingDays === 0
      ? "It is credited at once."
      : `It is credited ${days(definition.pendingDays)} after it was earned, at the earliest.`,
    definition.expiryDays === null
      ? "It never lapses before it is credited."
      : `If it cannot be credited within ${days(definition.expiryDays)} more, it lapses.`,
    definition.stacking === "stackable"
      ? "It is given on top of other rules."
      : `Only the first rule that gives anything counts; this rule has the priority ${definition.priority}.`,
  ];
}

function earnings(definition: Definition): string[] {
  switch (definition.action) {
    case "register":
      return [`A member who joins the programme earns ${points(definition.points)}.`];
    case "registerreferral":
      return [
        ...definition.ladder.map(
          ({ from, points: each }) =>
            `From friend number ${count(from)} on, each friend brought in earns ${points(each)}.`,
        ),
        definition.receiverPoints > 0
          ? `The friend earns ${points(definition.receiverPoints)}.`
          : "The friend earns nothing.",
      ];
    case "transactionpromo":
      return [
        definition.minimumAmount > 0
          ? `A purchase of less than ${count(definition.minimumAmount)} earns nothing.`
          : "A purchase of any amount counts.",
        ...definition.tiers.map(
          ({ from, rate }) =>
            `A purchase of ${count(from)} or more earns ${points(rate.points)} for each ${count(rate.perAmount)} of it.`,
        ),
        ...definition.multipliers.map(multiplierSentence),
      ];
    case "transactionreferral":
      return definition.products.map(
        ({ productId, points: each }) =>
          `A friend's purchase of the product ${productId || "…"} earns ${points(each)}.`,
      );
    case "dailycheckin":
      return [
        `The first to the seventh day in a row earn ${definition.days.map(count).join(", ")} points; then the first again.`,
        ...definition.streakBonuses.map(
          ({ streak, points: each }) => `Reaching ${days(streak)} in a row earns ${points(each)} on top.`,
        ),
        definition.freezes
          ? `Up to ${days(definition.freezes)} in a row may be missed.`
          : "A missed day ends the days in a row.",
      ];
    case "luckydraw":
      return [
        `Each full ${count(definition.amountPerTicket)} of a purchase earns a ticket of the draw ${definition.drawId || "…"}.`,
      ];
  }
}

const days = (many: number) => (many === 1 ? "1 day" : `${count(many)} days`);

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
export const weekdayName = (number: number): string => WEEKDAYS[number - 1] ?? "";

function multiplierSentence({ name, basisPoints, weekdays, window }: Multiplier): string {
  const when = [
    ...(weekdays ? [`on ${weekdays.map(weekdayName).join(", ")}`] : []),
    ...(window ? [between(window)] : []),
  ].join(" and ");
  return `${name || "A multiplier"}: ${when || "always"}, that is multiplied by ${basisPoints / 10_000}.`;
}

const between = ({ from, until }: Period) =>
  until === null ? `from ${moment(from)} on` : `from ${moment(from)} until ${moment(until)}`;

const windowSentence = (window: Period) =>
  window.until === null
    ? `It decides about what happens from ${moment(window.from)} on.`
    : `It decides about what happens from ${moment(window.from)} until ${moment(window.until)}.`;

function audienceSentence(audience: Audience): string {
  switch (audience.kind) {
    case "everybody":
      return "It is for everybody.";
    case "new-members":
      return `It is for members who joined at most ${days(audience.withinDays)} before.`;
    case "members":
      return audience.memberIds.length <= 5
        ? `It is only for ${audience.memberIds.join(", ") || "…"}.`
        : `It is only for ${count(audience.memberIds.length)} members: ${audience.memberIds.slice(0, 4).join(", ")} and others.`;
  }
}

function capSentences({ caps, action }: Definition): string[] {
  const amount = (most: number) => (action === "luckydraw" ? `${count(most)} tickets` : points(most));
  const words: [keyof Caps, string][] = [
    ["perEvent", "For one event it gives at most"],
    ["memberDay", "To a member in a day it gives at most"],
    ["memberTotal", "To a member in all it gives at most"],
    ["budget", "To all members together it gives at most"],
  ];
  const set = words.flatMap(([cap, text]) => {
    const most = caps[cap];
    return most === null ? [] : [`${text} ${amount(most)}.`];
  });
  return set.length > 0 ? set : ["It has no limit."];
}
