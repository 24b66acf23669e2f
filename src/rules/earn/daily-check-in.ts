import { joinRuns } from "../check-in/join-runs.ts";
import type { Step } from "../explanation.ts";
import { toSafe } from "../integer.ts";
import type { EventOf } from "../reward-event.ts";
import type { DefinitionOf } from "../rule.ts";
import { type Earned, earnedBy } from "./earned.ts";

type CheckInRule = DefinitionOf<"dailycheckin">;
const DAYS_OF_CYCLE = 7;

/**
 * The points of the day in the cycle, plus the bonus of a streak that has just reached its length.
 *
 * A late check-in that touches later days also changes the worth of those days. It earns the worth of the whole run,
 * less the worth of its parts without it, and 0 if that is negative: awards are never taken back.
 */
export function earnDailyCheckIn(
  rule: CheckInRule,
  { memberId, localDate, checkInDays }: EventOf<"dailycheckin">,
): Earned {
  const { streak, run, runsBefore } = joinRuns(checkInDays, localDate, rule.freezes ?? 0);
  const isOnTime = run === streak && runsBefore.length <= 1 && (runsBefore[0] ?? 0) === streak - 1;
  if (isOnTime) return earnedBy(memberId, stepsOfDay(rule, streak));

  const worth = worthOfRun(rule, run);
  const worthBefore = runsBefore.reduce((sum, length) => sum + worthOfRun(rule, length), 0n);
  const more = worth > worthBefore ? worth - worthBefore : 0n;
  const [safeWorth, safeBefore, result] = [toSafe(worth), toSafe(worthBefore), toSafe(more)];
  if (safeWorth === null || safeBefore === null || result === null)
    return { steps: [], skip: { reason: "RESULT_TOO_LARGE" } };
  return earnedBy(memberId, [
    {
      step: "run",
      side: "MEMBER",
      run,
      worth: safeWorth,
      runsBefore: [...runsBefore],
      worthBefore: safeBefore,
      result,
    },
  ]);
}

function stepsOfDay({ days, streakBonuses }: CheckInRule, streak: number): Step[] {
  const index = (streak - 1) % DAYS_OF_CYCLE;
  const points = days[index] ?? 0;
  const steps: Step[] = [{ step: "cycle-day", side: "MEMBER", streak, day: index + 1, result: points }];
  const bonus = streakBonuses.find((each) => each.streak === streak)?.points;
  if (bonus !== undefined)
    steps.push({ step: "streak-bonus", side: "MEMBER", streak, bonus, before: points, result: points + bonus });
  return steps;
}

/** The points of a run of this many days, from its first day to its last. */
function worthOfRun({ days, streakBonuses }: CheckInRule, length: number): bigint {
  const sum = (points: readonly number[]) => points.reduce((total, each) => total + BigInt(each), 0n);
  const cycles = BigInt(Math.floor(length / DAYS_OF_CYCLE));
  const bonuses = streakBonuses.filter(({ streak }) => streak <= length).map(({ points }) => points);
  return cycles * sum(days) + sum(days.slice(0, length % DAYS_OF_CYCLE)) + sum(bonuses);
}
