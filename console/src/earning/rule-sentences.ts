import { count, moment, points } from "../ui/format.ts";
import type { Audience, Caps, Definition, Multiplier, Period } from "./rule-definition.ts";

/** A rule in sentences, in the order of evaluation. Versions are compared sentence by sentence. */
export function sentencesOf(definition: Definition): string[] {
  return [
    ...earningSentences(definition),
    windowSentence(definition.window),
    audienceSentence(definition.audience),
    ...capSentences(definition),
    definition.pendingDays === 0
      ? "The points are credited immediately."
      : `The points are credited ${days(definition.pendingDays)} after they were earned, at the earliest.`,
    definition.expiryDays === null
      ? "Pending points never expire."
      : `Points that cannot be credited within a further ${days(definition.expiryDays)} expire.`,
    definition.stacking === "stackable"
      ? "It applies in addition to other rules."
      : `Only the first matching rule applies; this rule has priority ${definition.priority}.`,
  ];
}

function earningSentences(definition: Definition): string[] {
  switch (definition.action) {
    case "register":
      return [`A member who joins the programme earns ${points(definition.points)}.`];
    case "registerreferral":
      return [
        ...definition.ladder.map(
          ({ from, points: each }) =>
            `From friend number ${count(from)} on, each invited friend earns ${points(each)}.`,
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
        `The first to the seventh consecutive day earn ${definition.days.map(count).join(", ")} points; then the cycle starts again.`,
        ...definition.streakBonuses.map(
          ({ streak, points: each }) => `A streak of ${days(streak)} earns a bonus of ${points(each)}.`,
        ),
        definition.freezes
          ? `Up to ${days(definition.freezes)} may be missed without ending the streak.`
          : "A missed day ends the streak.",
      ];
    case "luckydraw":
      return [
        `Each full ${count(definition.amountPerTicket)} of a purchase earns a ticket for the draw ${definition.drawId || "…"}.`,
      ];
  }
}

const days = (number: number) => (number === 1 ? "1 day" : `${count(number)} days`);

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
export const weekdayName = (number: number): string => WEEKDAYS[number - 1] ?? "";

function multiplierSentence({ name, basisPoints, weekdays, window }: Multiplier): string {
  const when = [
    ...(weekdays ? [`on ${weekdays.map(weekdayName).join(", ")}`] : []),
    ...(window ? [periodText(window)] : []),
  ].join(" and ");
  return `${name || "A multiplier"}: ${when || "always"}, the points are multiplied by ${basisPoints / 10_000}.`;
}

const periodText = ({ from, until }: Period) =>
  until === null ? `from ${moment(from)} on` : `from ${moment(from)} until ${moment(until)}`;

const windowSentence = (window: Period) =>
  window.until === null
    ? `It applies to events from ${moment(window.from)} on.`
    : `It applies to events from ${moment(window.from)} until ${moment(window.until)}.`;

function audienceSentence(audience: Audience): string {
  switch (audience.kind) {
    case "everybody":
      return "It applies to everybody.";
    case "new-members":
      return `It applies to members who joined at most ${days(audience.withinDays)} before.`;
    case "members":
      return audience.memberIds.length <= 5
        ? `It applies only to ${audience.memberIds.join(", ") || "…"}.`
        : `It applies only to ${count(audience.memberIds.length)} members: ${audience.memberIds.slice(0, 4).join(", ")} and others.`;
  }
}

function capSentences({ caps, action }: Definition): string[] {
  const amount = (limit: number) => (action === "luckydraw" ? `${count(limit)} tickets` : points(limit));
  const limits: [keyof Caps, string][] = [
    ["perEvent", "Limit per event:"],
    ["memberDay", "Limit per member and day:"],
    ["memberTotal", "Limit per member in total:"],
    ["budget", "Budget for all members:"],
  ];
  const set = limits.flatMap(([cap, text]) => {
    const limit = caps[cap];
    return limit === null ? [] : [`${text} ${amount(limit)}.`];
  });
  return set.length > 0 ? set : ["It has no limit."];
}
