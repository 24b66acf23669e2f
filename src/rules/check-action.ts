import { type FieldProblem, firstRepeated } from "../domain/field-problem.ts";
import { mulDivFloor } from "./integer.ts";
import type { DefinitionOf, Multiplier, RuleDefinition, Window } from "./rule.ts";
import { checkWindow } from "./window.ts";

/** Checks the action-specific part of a rule: its ladder, tiers, tables. */
export function checkAction(definition: RuleDefinition): FieldProblem[] {
  switch (definition.action) {
    case "register":
    case "luckydraw":
      return [];
    case "registerreferral":
      return checkReferral(definition);
    case "transactionpromo":
      return checkPromo(definition);
    case "transactionreferral": {
      const twice = firstRepeated(definition.products.map(({ productId }) => productId));
      return twice === undefined ? [] : [{ field: ["products"], message: `product ${twice} is listed twice` }];
    }
    case "dailycheckin":
      return checkCheckIn(definition);
  }
}

function checkReferral({ ladder, receiverPoints, stacking, caps }: DefinitionOf<"registerreferral">): FieldProblem[] {
  const problems = checkAscending(
    ladder.map(({ from }) => from),
    "ladder",
    "from",
    "rung",
  );
  if (ladder[0]?.from !== 1)
    problems.push({ field: ["ladder", 0, "from"], message: "the ladder starts with the first referral (from 1)" });
  if (receiverPoints === 0 && ladder.every(({ points }) => points === 0))
    problems.push({ field: ["ladder"], message: "neither the sharer nor the receiver ever gets anything" });
  if (stacking !== "exclusive")
    problems.push({
      field: ["stacking"],
      message: "a referral is exclusive: a person is brought in once in a lifetime",
    });
  if (caps.budget !== null && caps.budget < receiverPoints)
    problems.push({
      field: ["caps", "budget"],
      message: `the cap of the programme (${caps.budget}) is below the receiver's bonus (${receiverPoints})`,
    });
  return problems;
}

function checkPromo(definition: DefinitionOf<"transactionpromo">): FieldProblem[] {
  const { tiers, minimumAmount, multipliers, window } = definition;
  const problems = checkAscending(
    tiers.map(({ from }) => from),
    "tiers",
    "from",
    "tier",
  );
  const lowest = tiers[0]?.from ?? 0;
  if (lowest > minimumAmount)
    problems.push({
      field: ["tiers", 0, "from"],
      message: `amounts from the minimum (${minimumAmount}) up to the first tier (${lowest}) would earn nothing`,
    });
  tiers.forEach(({ rate }, index) => {
    const below = tiers[index - 1]?.rate;
    if (below && BigInt(rate.points) * BigInt(below.perAmount) < BigInt(below.points) * BigInt(rate.perAmount))
      problems.push({
        field: ["tiers", index, "rate"],
        message: `tier ${index + 1} has a lower rate than the one below it, so spending more would earn less`,
      });
  });
  if (minimumAmount > 0 && pointsOfMinimum(definition) === 0)
    problems.push({
      field: ["minimumAmount"],
      message: `the minimum amount (${minimumAmount}) earns less than a point`,
    });
  multipliers.forEach((multiplier, index) => {
    problems.push(...checkMultiplier(multiplier, ["multipliers", index], window));
  });
  return problems;
}

function checkMultiplier(
  { name, weekdays, window }: Multiplier,
  field: FieldProblem["field"],
  ruleWindow: Window,
): FieldProblem[] {
  const problems = window ? checkWindow(window, [...field, "window"]) : [];
  if (!weekdays && !window)
    problems.push({ field, message: `"${name}" always holds: name weekdays or a window, or change the rate` });
  if (weekdays && firstRepeated(weekdays) !== undefined)
    problems.push({ field: [...field, "weekdays"], message: `"${name}" names a weekday twice` });
  const endsBefore = (a: Window, b: Window) => a.until !== null && Date.parse(a.until) <= Date.parse(b.from);
  if (window && problems.length === 0 && (endsBefore(window, ruleWindow) || endsBefore(ruleWindow, window)))
    problems.push({ field: [...field, "window"], message: `"${name}" never holds while the rule is in force` });
  return problems;
}

/** The points for the minimum amount, before multipliers. */
export function pointsOfMinimum({ minimumAmount, tiers }: DefinitionOf<"transactionpromo">): number | null {
  const amount = Math.max(1, minimumAmount);
  const rate = tiers.findLast(({ from }) => from <= amount)?.rate;
  return rate ? mulDivFloor(amount, rate.points, rate.perAmount) : 0;
}

function checkCheckIn({ days, streakBonuses }: DefinitionOf<"dailycheckin">): FieldProblem[] {
  const problems = checkAscending(
    streakBonuses.map(({ streak }) => streak),
    "streakBonuses",
    "streak",
    "bonus",
  );
  if (days.every((points) => points === 0) && streakBonuses.length === 0)
    problems.push({ field: ["days"], message: "no day of the cycle earns anything" });
  return problems;
}

function checkAscending(values: readonly number[], list: string, field: string, word: string): FieldProblem[] {
  return values.flatMap((value, index) => {
    const before = values[index - 1];
    if (before === undefined || before < value) return [];
    const message = `${word} ${index + 1} (${field} ${value}) must come after ${word} ${index} (${field} ${before})`;
    return [{ field: [list, index, field], message }];
  });
}
