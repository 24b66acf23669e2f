import { decide } from "./decide.ts";
import { type Decision, skipped } from "./decision.ts";
import { factsOfIncomplete } from "./explanation.ts";
import { countOccurrences, type LineFacts } from "./facts.ts";
import { readEvent } from "./reward-event.ts";
import type { DefinitionOf, Rule, RuleDefinition } from "./rule.ts";
import { type Usage, usageAfter } from "./usage.ts";
import { isWithin } from "./window.ts";

/**
 * Evaluates one line: a decision of each rule of its action, in the sequence of evaluation. The function is pure: the
 * same input has the same decisions, whatever the order of the rules, without a clock and without rounding up.
 *
 * @param rules versions of rules in force; among versions of a rule, the newest whose window covers the event counts
 * @param usage the earlier awards; `usageNeeded` says which parts are read
 */
export function evaluate({
  rules,
  facts,
  usage,
}: {
  rules: readonly Rule[];
  facts: LineFacts;
  usage: Usage;
}): Decision[] {
  const event = readEvent(facts);
  const decisions: Decision[] = [];
  let now = usage;
  /** The exclusive rule that has decided; null without one. */
  let excludedBy: string | null = null;
  for (const rule of inOrder(rules, facts)) {
    const decision =
      "missing" in event
        ? skipped(rule, factsOfIncomplete(facts), { reason: "MISSING_FACT", ...event })
        : decide(rule, event, now, excludedBy);
    decisions.push(decision);
    now = usageAfter(now, [decision]);
    const isTaken = decision.outcome === "AWARD" || decision.skip.reason === "ALREADY_AWARDED";
    if (isTaken && rule.definition.stacking === "exclusive") excludedBy ??= rule.id;
  }
  return decisions;
}

/** Evaluates the lines of one message in sequence, each after the awards of the lines before it. */
export function evaluateLines<Line extends LineFacts>({
  rules,
  lines,
  usage,
}: {
  rules: readonly Rule[];
  lines: readonly Line[];
  usage: Usage;
}): { line: Line & { occurrence: number }; decisions: Decision[] }[] {
  let now = usage;
  return countOccurrences(lines).map((line) => {
    const decisions = evaluate({ rules, facts: line, usage: now });
    now = usageAfter(now, decisions);
    return { line, decisions };
  });
}

/** The rule of an action with the highest priority at that moment; null without one. */
export function leadingRule<A extends RuleDefinition["action"]>(
  rules: readonly Rule[],
  action: A,
  at: Date,
): DefinitionOf<A> | null {
  const isOf = (definition: RuleDefinition): definition is DefinitionOf<A> => definition.action === action;
  const definitions = inOrder(rules, { action, at }).map(({ definition }) => definition);
  return definitions.filter(isOf).find(({ window }) => isWithin(window, at)) ?? null;
}

/** A single version of each rule of the action: highest priority first, then by id. */
function inOrder(rules: readonly Rule[], { action, at }: Pick<LineFacts, "action" | "at">): Rule[] {
  const newest = new Map<string, Rule>();
  for (const rule of rules.filter(({ definition }) => definition.action === action)) {
    const other = newest.get(rule.id);
    if (!other || isPreferred(rule, other, at)) newest.set(rule.id, rule);
  }
  return [...newest.values()].sort(
    (a, b) => b.definition.priority - a.definition.priority || (a.id < b.id ? -1 : Number(a.id > b.id)),
  );
}

function isPreferred(rule: Rule, other: Rule, at: Date): boolean {
  const [covers, otherCovers] = [isWithin(rule.definition.window, at), isWithin(other.definition.window, at)];
  return covers === otherCovers ? rule.version > other.version : covers;
}
