import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button, ButtonLink } from "../../../microsite/src/ui/button.tsx";
import { RulesDocument, type RuleVersionFragment } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { downloadCsv } from "../ui/csv.ts";
import { count } from "../ui/format.ts";
import { Card, Empty, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { actionTitles, definitionOf } from "./rule-definition.ts";
import { sentencesOf } from "./rule-sentences.ts";

export function RulesPage() {
  const { may } = useOperator();
  const { data, error, loading, refetch } = useQuery(RulesDocument);
  const rules = data?.rewardRules;
  return (
    <Page
      title="Earning"
      badge={rules && <small className={ui.soft}>{count(rules.length)}</small>}
      actions={
        <span className={ui.row}>
          <Button variant="quiet" disabled={!rules?.length} onClick={() => rules && exportRules(rules)}>
            Export as CSV
          </Button>
          {may("REWARDS") && <ButtonLink to="/earning/new">New rule</ButtonLink>}
        </span>
      }
    >
      <Failure error={error} retry={refetch} />
      {!data && loading && <Waiting />}
      {rules?.length === 0 && (
        <Card label="Rules">
          <Empty>No rule exists yet. Create a rule: from then on it is applied to the messages of producers.</Empty>
        </Card>
      )}
      {rules?.map((rule) => (
        <RuleCard key={rule.ruleId} rule={rule} />
      ))}
    </Page>
  );
}

function RuleCard({ rule }: { rule: RuleVersionFragment }) {
  const definition = definitionOf(rule);
  return (
    <Card label={`${definition.name}, ${rule.ruleId}`}>
      <header className={ui.row}>
        <h2>
          <Link to={`/earning/rules/${encodeURIComponent(rule.ruleId)}`}>{definition.name}</Link>
        </h2>
        {stateMark(rule)}
        <span className={`${ui.soft} ${ui.small}`}>
          {`${actionTitles[definition.action]} · ${rule.ruleId} · version ${rule.version}`}
        </span>
      </header>
      <ul>
        {sentencesOf(definition)
          .slice(0, 6)
          .map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
      </ul>
      <Budget rule={rule} />
    </Card>
  );
}

const NEARLY_USED_SHARE = 0.9;

/** The used part of a rule's budget, over all versions. */
export function Budget({ rule }: { rule: RuleVersionFragment }) {
  const { budget, budgetUsed } = rule;
  const unit = rule.action === "LUCKY_DRAW" ? "tickets" : "points";
  if (budget == null)
    return <p className={ui.small}>{`${count(budgetUsed)} ${unit} awarded; the rule has no budget.`}</p>;
  const share = Math.min(1, budgetUsed / budget);
  return (
    <p className={`${ui.row} ${ui.small}`}>
      <meter
        aria-label={`Budget of ${rule.ruleId} used`}
        min={0}
        max={budget}
        high={budget * NEARLY_USED_SHARE}
        value={budgetUsed}
      />
      <span>{`${count(budgetUsed)} of ${count(budget)} ${unit} awarded (${Math.round(share * 100)} %)`}</span>
      {share >= NEARLY_USED_SHARE && (
        <Badge tone="bad">{share >= 1 ? "Budget used up" : "Budget nearly used up"}</Badge>
      )}
    </p>
  );
}

export function stateMark({ retiredAt, definition }: RuleVersionFragment, now = Date.now()) {
  const { window } = JSON.parse(definition) as { window: { from: string; until: string | null } };
  if (retiredAt) return <Badge tone="plain">Retired</Badge>;
  if (window.until !== null && Date.parse(window.until) <= now) return <Badge tone="plain">Ended</Badge>;
  if (Date.parse(window.from) > now) return <Badge tone="info">Scheduled</Badge>;
  return <Badge tone="good">Active</Badge>;
}

const exportRules = (rules: readonly RuleVersionFragment[]) =>
  downloadCsv(
    "rules.csv",
    ["rule_id", "version", "action", "sentences", "budget", "budget_used", "created_by", "created_at", "retired_at"],
    rules.map((rule) => [
      rule.ruleId,
      rule.version,
      rule.action,
      sentencesOf(definitionOf(rule)).join(" "),
      rule.budget ?? "",
      rule.budgetUsed,
      rule.createdBy,
      rule.createdAt,
      rule.retiredAt ?? "",
    ]),
  );
