import type { FieldProblem } from "../domain/field-problem.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import { readJsonText } from "../platform/json-text.ts";
import { slug } from "../platform/slug.ts";
import { checkNextVersion, readRule } from "./check-rule.ts";
import { type RuleRow, toRule, toStoredRule } from "./rule.store.ts";
import type { RuleDefinition } from "./rule.ts";

export interface ManageRules {
  /** @param definition JSON text */
  create(input: { ruleId: string; definition: string }, actor: string): Promise<RuleRow | Refused>;
  /** Adds the next version of a rule. Earlier versions still decide about events in their windows. */
  revise(input: { ruleId: string; definition: string }, actor: string): Promise<RuleRow | Refused>;
  /** Retires all versions; their awards stay. @returns the newest version */
  retire(ruleId: string, actor: string): Promise<RuleRow | Refused>;
}

export function makeManageRules({ db, clock }: { db: Db; clock: Clock }): ManageRules {
  async function write(
    { ruleId, definition }: { ruleId: string; definition: string },
    { actor, isNew }: { actor: string; isNew: boolean },
  ): Promise<RuleRow | Refused> {
    const json = readJsonText(definition);
    if ("fault" in json) return invalid([{ field: json.fault.path.split("."), message: json.fault.problem }]);
    const read = readRule(json.value);
    if ("problems" in read) return invalid(read.problems);
    return underLock(ruleId, async (tx, versions) => {
      const [newest] = versions;
      if (isNew && newest)
        return refused(refusal("RULE_ID_TAKEN", "A rule with this id exists already.", ["input", "ruleId"]));
      if (!isNew && !newest) return notFound();
      if (newest?.retiredAt) return refused(refusal("RULE_RETIRED", "This rule is retired.", ["input", "ruleId"]));
      const problems = [
        ...(newest ? checkNextVersion(toRule(newest).definition, read.definition) : []),
        ...(await drawProblems(tx, read.definition)),
      ];
      if (problems.length > 0) return invalid(problems);
      const version = (newest?.version ?? 0) + 1;
      const createdAt = clock.now();
      const row = await tx.rewardRule.create({
        data: { ...toStoredRule({ id: ruleId, version, definition: read.definition }), createdBy: actor, createdAt },
      });
      const action = isNew ? "reward-rule.create" : "reward-rule.revise";
      await audit(tx, { at: createdAt, actor, action, subject: ruleId, details: { version } });
      return row;
    });
  }

  /** Serialises the changes of a rule's versions. */
  function underLock(ruleId: string, work: (tx: Tx, newestFirst: RuleRow[]) => Promise<RuleRow | Refused>) {
    return inTransaction(db, async (tx) => {
      await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`tessera.rule:${ruleId}`}, 0))`;
      return work(tx, await tx.rewardRule.findMany({ where: { ruleId }, orderBy: { version: "desc" } }));
    });
  }

  return {
    async create(input, actor) {
      const { error } = slug.max(64).safeParse(input.ruleId);
      if (error) return invalid([{ field: ["ruleId"], message: error.issues[0]?.message ?? "is no name" }], []);
      return write(input, { actor, isNew: true });
    },
    revise: (input, actor) => write(input, { actor, isNew: false }),

    retire: (ruleId, actor) =>
      underLock(ruleId, async (tx, [newest]) => {
        if (!newest) return notFound();
        if (newest.retiredAt) return newest;
        const retiredAt = clock.now();
        await tx.rewardRule.updateMany({ where: { ruleId }, data: { retiredAt } });
        await audit(tx, { at: retiredAt, actor, action: "reward-rule.retire", subject: ruleId });
        return { ...newest, retiredAt };
      }),
  };
}

const notFound = () => refused(refusal("RULE_NOT_FOUND", "Rule not found.", ["input", "ruleId"]));

function invalid(problems: readonly FieldProblem[], within = ["definition"]): Refused {
  const [first, ...others] = problems.map(({ field, message }) =>
    refusal("INVALID_INPUT", `${field.join(".") || "the definition"}: ${message}`, [
      "input",
      ...within,
      ...field.map(String),
    ]),
  );
  return refused(first ?? refusal("INVALID_INPUT", "The rule is not valid.", ["input"]), ...others);
}

async function drawProblems(tx: Tx, definition: RuleDefinition): Promise<FieldProblem[]> {
  if (definition.action !== "luckydraw") return [];
  const draw = await tx.drawCampaign.findUnique({ where: { id: definition.drawId }, select: { closedAt: true } });
  if (draw && draw.closedAt === null) return [];
  return [{ field: ["drawId"], message: draw ? "this draw is closed" : "there is no such draw" }];
}
