import type { DrawStore, OpenDraw } from "../draws/index.ts";
import type { RewardAction } from "../messages/message.ts";
import type { Tx } from "../platform/db.ts";
import {
  type Budgets,
  type Decision,
  evaluateLines,
  factsOfIncomplete,
  type LineFacts,
  leadingRule,
  makeUsageSoFar,
  markUsed,
  type Rule,
  type RulesInForce,
  readUsage,
  skipped,
  usageNeeded,
} from "../rules/index.ts";
import { withOurIds } from "./named-audience.ts";

export interface DecidedLine {
  /** Counted from 1. */
  readonly line: number;
  readonly facts: LineFacts;
  readonly decisions: readonly Decision[];
}

export interface Evaluated {
  /** The lines of each message. */
  readonly messages: readonly (readonly DecidedLine[])[];
  /** The draws of the awarded tickets, each locked. */
  readonly draws: ReadonlyMap<string, OpenDraw>;
  /** The number of consecutive missed days that a streak survives now. */
  readonly freezes: number;
  /** The rules that were evaluated. */
  readonly rules: readonly Rule[];
}

export interface EvaluateInput {
  readonly messages: readonly { readonly action: RewardAction; readonly facts: readonly LineFacts[] }[];
  readonly memberIds: readonly string[];
  readonly now: Date;
  readonly budgets: Budgets;
}

/**
 * Applies the rules in force to each line of each message, each after the awards of the lines before it. The usage that
 * the rules read is locked until the transaction ends, except unlocked budgets.
 */
export async function evaluateMessages(
  tx: Tx,
  { draws: store, rulesInForce }: { draws: DrawStore; rulesInForce: RulesInForce },
  { messages, memberIds, now, budgets }: EvaluateInput,
): Promise<Evaluated> {
  const { rules, unused } = await rulesInForce(tx, [...new Set(messages.map(({ action }) => action))]);
  await markUsed(tx, unused, now);
  const draws = await lockDraws(tx, store, rules);
  const isOpen = ({ definition }: Rule) => !("drawId" in definition) || draws.has(definition.drawId);
  const open = await withOurIds(tx, rules.filter(isOpen), memberIds);
  const closed = rules.filter((rule) => !isOpen(rule));

  const needed = messages.map(({ facts }) => usageNeeded(open, facts));
  const usage = makeUsageSoFar(await readUsage(tx, needed, budgets));
  const evaluated = messages.map(({ action, facts }, place) => {
    const lines = evaluateLines({ rules: open, lines: facts, usage: usage.of(needed[place]) }).map(
      ({ line, decisions }, index) => ({
        line: index + 1,
        facts: line,
        decisions: [...decisions, ...closed.flatMap((rule) => drawNotOpen(rule, action, line))],
      }),
    );
    usage.add(lines.flatMap(({ decisions }) => decisions));
    return lines;
  });
  return { messages: evaluated, draws, freezes: leadingRule(rules, "dailycheckin", now)?.freezes ?? 0, rules: open };
}

async function lockDraws(tx: Tx, store: DrawStore, rules: readonly Rule[]): Promise<ReadonlyMap<string, OpenDraw>> {
  const ids = rules.flatMap(({ definition }) => ("drawId" in definition ? definition.drawId : []));
  return ids.length === 0 ? new Map() : store.lockOpen(tx, ids);
}

function drawNotOpen(rule: Rule, action: RewardAction, facts: LineFacts): Decision[] {
  const { definition } = rule;
  if (definition.action !== action || !("drawId" in definition)) return [];
  return [skipped(rule, factsOfIncomplete(facts), { reason: "DRAW_NOT_OPEN", drawId: definition.drawId })];
}
