import type { DrawStore, OpenDraw } from "../draws/index.ts";
import type { RewardAction } from "../messages/message.ts";
import type { Tx } from "../platform/db.ts";
import {
  type Decision,
  evaluateLines,
  factsOfIncomplete,
  type LineFacts,
  leadingRule,
  lockUsage,
  markUsed,
  type Rule,
  rulesInForce,
  skipped,
  usageNeeded,
} from "../rules/index.ts";
import { withOurIds } from "./named-audience.ts";

export interface DecidedLine {
  /** 1 is the first. */
  readonly line: number;
  readonly facts: LineFacts;
  readonly decisions: readonly Decision[];
}

export interface Judged {
  readonly lines: readonly DecidedLine[];
  /** The draws that tickets were given for, each locked. */
  readonly draws: ReadonlyMap<string, OpenDraw>;
  /** How many missed days in a row a streak survives now. */
  readonly freezes: number;
}

/** What the rules in force say to each line. What they looked at stays as it is until the transaction ends. */
export async function judgeLines(
  tx: Tx,
  store: DrawStore,
  {
    action,
    facts,
    memberIds,
    now,
  }: { action: RewardAction; facts: readonly LineFacts[]; memberIds: string[]; now: Date },
): Promise<Judged> {
  const { rules, unused } = await rulesInForce(tx, action);
  const draws = await lockDraws(tx, store, rules);
  const isOpen = ({ definition }: Rule) => !("drawId" in definition) || draws.has(definition.drawId);
  const open = await withOurIds(tx, rules.filter(isOpen), memberIds);
  const closed = rules.filter((rule) => !isOpen(rule));

  const usage = await lockUsage(tx, usageNeeded(open, facts));
  const lines = evaluateLines({ rules: open, lines: facts, usage }).map(({ line, decisions }, place) => ({
    line: place + 1,
    facts: line,
    decisions: [...decisions, ...closed.flatMap((rule) => drawNotOpen(rule, line))],
  }));
  await markUsed(tx, unused, now);
  return { lines, draws, freezes: leadingRule(rules, "dailycheckin", now)?.freezes ?? 0 };
}

async function lockDraws(tx: Tx, store: DrawStore, rules: readonly Rule[]): Promise<ReadonlyMap<string, OpenDraw>> {
  const ids = rules.flatMap(({ definition }) => ("drawId" in definition ? definition.drawId : []));
  return ids.length === 0 ? new Map() : store.lockOpen(tx, ids);
}

function drawNotOpen(rule: Rule, facts: LineFacts): Decision[] {
  const { definition } = rule;
  if (!("drawId" in definition)) return [];
  return [skipped(rule, factsOfIncomplete(facts), { reason: "DRAW_NOT_OPEN", drawId: definition.drawId })];
}
