import type { z } from "zod";
import { type FieldProblem, firstRepeated } from "../domain/field-problem.ts";
import { readAudienceName } from "./audience-name.ts";
import { checkAction, pointsOfMinimum } from "./check-action.ts";
import { type RuleDefinition, ruleDefinition } from "./rule.ts";
import { checkWindow } from "./window.ts";

/** Parses an operator's rule: the definition, or all its problems. */
export function readRule(input: unknown): { definition: RuleDefinition } | { problems: FieldProblem[] } {
  const parsed = ruleDefinition.safeParse(input);
  if (!parsed.success) return { problems: parsed.error.issues.map(toProblem) };
  const { definition, problems: nameProblems } = withReadNames(parsed.data);
  const problems = [...nameProblems, ...checkRule(definition)];
  return problems.length === 0 ? { definition } : { problems };
}

/** Normalises the names in the rule's audience. */
function withReadNames(definition: RuleDefinition): { definition: RuleDefinition; problems: FieldProblem[] } {
  const { audience } = definition;
  if (audience.kind !== "members") return { definition, problems: [] };
  const read = audience.memberIds.map(readAudienceName);
  const problems = read.flatMap((each, place) =>
    "problem" in each ? [{ field: ["audience", "memberIds", place], message: each.problem }] : [],
  );
  const memberIds = read.flatMap((each) => ("name" in each ? [each.name] : []));
  return { definition: { ...definition, audience: { ...audience, memberIds } }, problems };
}

const toProblem = ({ path, message }: z.core.$ZodIssue): FieldProblem => ({
  field: path.map((part) => (typeof part === "number" ? part : String(part))),
  message,
});

/** Checks rules that involve several fields: contradictions, and rules that can never have an effect. */
export function checkRule(definition: RuleDefinition): FieldProblem[] {
  return [
    ...checkWindow(definition.window, ["window"]),
    ...checkAudience(definition),
    ...checkCapOrder(definition),
    ...checkSmallestAward(definition),
    ...checkAction(definition),
  ];
}

/** Checks the fields that all versions of a rule must share, because effect keys depend on them. */
export function checkNextVersion(previous: RuleDefinition, next: RuleDefinition): FieldProblem[] {
  return (["action", "campaign", "stacking"] as const)
    .filter((field) => previous[field] !== next[field])
    .map((field) => ({
      field: [field],
      message: `a new version keeps the ${field} (${previous[field]}): write a new rule instead`,
    }));
}

function checkAudience({ audience }: RuleDefinition): FieldProblem[] {
  if (audience.kind !== "members") return [];
  const twice = firstRepeated(audience.memberIds);
  return twice === undefined ? [] : [{ field: ["audience", "memberIds"], message: `member ${twice} is listed twice` }];
}

const capOrder = [
  ["perEvent", "per event"],
  ["memberDay", "per member and day"],
  ["memberTotal", "per member in all"],
  ["budget", "of the programme"],
] as const;

function checkCapOrder({ caps }: RuleDefinition): FieldProblem[] {
  const set = capOrder.flatMap(([field, words]) => {
    const limit = caps[field];
    return limit === null ? [] : [{ field, words, limit }];
  });
  return set.flatMap((wider, index) => {
    const narrower = set[index - 1];
    if (!narrower || narrower.limit <= wider.limit) return [];
    return [
      {
        field: ["caps", wider.field],
        message: `the cap ${wider.words} (${wider.limit}) is below the cap ${narrower.words} (${narrower.limit})`,
      },
    ];
  });
}

/** Rejects a cap below the smallest award, which would cut every award. */
function checkSmallestAward(definition: RuleDefinition): FieldProblem[] {
  const smallest = smallestAward(definition);
  return capOrder.flatMap(([field, words]) => {
    const limit = definition.caps[field];
    if (limit === null || limit >= smallest) return [];
    return [
      { field: ["caps", field], message: `the cap ${words} (${limit}) is below the smallest award (${smallest})` },
    ];
  });
}

/** The smallest award of a rule; 1 if it depends on more than the rule. */
function smallestAward(definition: RuleDefinition): number {
  switch (definition.action) {
    case "register":
      return definition.points;
    case "registerreferral":
      return leastPositive(definition.ladder.map(({ points }) => points));
    case "transactionpromo":
      return definition.multipliers.some(({ basisPoints }) => basisPoints < 10_000)
        ? 1
        : Math.max(1, pointsOfMinimum(definition) ?? 1);
    case "transactionreferral":
      return leastPositive(definition.products.map(({ points }) => points));
    case "dailycheckin":
      return leastPositive(definition.days);
    case "luckydraw":
      return 1;
  }
}

const leastPositive = (points: readonly number[]) => {
  const positive = points.filter((each) => each > 0);
  return positive.length === 0 ? 1 : Math.min(...positive);
};
