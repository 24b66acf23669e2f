import { useMutation } from "@apollo/client/react";
import { type FormEvent, useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { SelectField, TextField } from "../../../microsite/src/ui/field.tsx";
import {
  CreateRuleDocument,
  ReviseRuleDocument,
  RulesDocument,
  RuleVersionsDocument,
} from "../graphql/generated/graphql.ts";
import { formResultOf, Refusals, TextArea } from "../ui/form.tsx";
import { localMoment } from "../ui/format.ts";
import { Card } from "../ui/page.tsx";
import { NumberField } from "../ui/rows.tsx";
import ui from "../ui/ui.module.css";
import { EarnsFields } from "./earns-fields.tsx";
import {
  type Action,
  type Audience,
  actionTitles,
  type Caps,
  type Definition,
  newEarnings,
  withEarnings,
} from "./rule-definition.ts";
import { sentencesOf } from "./rule-sentences.ts";

const capLabels: [keyof Caps, string][] = [
  ["perEvent", "Limit per event"],
  ["memberDay", "Limit per member and day"],
  ["memberTotal", "Limit per member in total"],
  ["budget", "Budget for all members"],
];

/**
 * Builds a rule, and shows it as sentences meanwhile. The gateway validates the rule and names the field of a problem.
 *
 * @param ruleId the rule whose next version is built; null for a new rule
 */
export function RuleBuilder(props: {
  ruleId: string | null;
  start: Definition;
  onSaved(ruleId: string): void;
  onLeave(): void;
}) {
  const { ruleId, start, onSaved, onLeave } = props;
  const [id, setId] = useState(ruleId ?? "");
  const [definition, setDefinition] = useState(start);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);
  const [create, creating] = useMutation(CreateRuleDocument);
  const [revise, revising] = useMutation(ReviseRuleDocument);
  const isNew = ruleId === null;
  const set = (changes: Partial<Definition>) => setDefinition((before) => ({ ...before, ...changes }) as Definition);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (creating.loading || revising.loading) return;
    const variables = { input: { ruleId: id.trim(), definition: JSON.stringify(definition) } };
    const refetchQueries = [RulesDocument, RuleVersionsDocument];
    const send = isNew ? create : revise;
    const result = await send({ variables, refetchQueries });
    const data = result.data as Record<string, Parameters<typeof formResultOf>[1]> | null | undefined;
    const answer = formResultOf(result, data?.[isNew ? "createRewardRule" : "reviseRewardRule"]);
    setRefusals(answer.refusals);
    if (answer.refusals.length === 0) onSaved(id.trim());
  }

  return (
    <div className={ui.columns}>
      <form className={ui.form} onSubmit={save}>
        <Card title="Earnings">
          <div className={ui.form}>
            <div className={ui.pair}>
              {isNew && (
                <TextField
                  label="Rule id"
                  required
                  value={id}
                  onChange={({ target }) => setId(target.value)}
                  help="Lower-case letters and digits, with - between words. It cannot be changed later."
                />
              )}
              <TextField
                label="Name"
                required
                value={definition.name}
                onChange={({ target }) => set({ name: target.value })}
                help="Customers see the name in their activity."
              />
              <TextField
                label="Campaign"
                required
                disabled={!isNew}
                value={definition.campaign}
                onChange={({ target }) => set({ campaign: target.value })}
                help="Lower-case letters and digits, with - between words."
              />
            </div>
            <SelectField
              label="For"
              disabled={!isNew}
              value={definition.action}
              onChange={({ target }) => setDefinition(withEarnings(definition, newEarnings[target.value as Action]))}
            >
              {Object.entries(actionTitles).map(([action, title]) => (
                <option key={action} value={action}>
                  {title}
                </option>
              ))}
            </SelectField>
            <EarnsFields key={definition.action} earns={definition} onChange={(earns) => set(earns)} />
          </div>
        </Card>
        <Card title="Period and audience">
          <div className={ui.form}>
            <div className={ui.pair}>
              <TextField
                label="From"
                type="datetime-local"
                required
                value={localMoment(definition.window.from)}
                onChange={({ target }) =>
                  target.value && set({ window: { ...definition.window, from: new Date(target.value).toISOString() } })
                }
                help="In your own time zone."
              />
              <TextField
                label="Until"
                type="datetime-local"
                value={localMoment(definition.window.until)}
                onChange={({ target }) => {
                  const until = target.value ? new Date(target.value).toISOString() : null;
                  set({ window: { ...definition.window, until } });
                }}
                help="Empty: no end."
              />
            </div>
            <AudienceFields audience={definition.audience} onChange={(audience) => set({ audience })} />
          </div>
        </Card>
        <Card title="Limits">
          <div className={ui.pair}>
            {capLabels.map(([cap, label]) => (
              <NumberField
                key={cap}
                label={label}
                min={1}
                value={definition.caps[cap]}
                onChange={(limit) => set({ caps: { ...definition.caps, [cap]: limit } })}
                help="Empty: no limit."
              />
            ))}
            <NumberField
              label="Days until points are credited"
              min={0}
              value={definition.pendingDays}
              onChange={(pendingDays) => set({ pendingDays: pendingDays ?? 0 })}
            />
            <NumberField
              label="Days until points expire"
              min={1}
              value={definition.expiryDays}
              onChange={(expiryDays) => set({ expiryDays })}
              help="Empty: never."
            />
            <SelectField
              label="Combination with other rules"
              disabled={!isNew}
              value={definition.stacking}
              onChange={({ target }) => set({ stacking: target.value as Definition["stacking"] })}
            >
              <option value="exclusive">Exclusive: only the first matching rule applies</option>
              <option value="stackable">In addition to other rules</option>
            </SelectField>
            <NumberField
              label="Priority"
              value={definition.priority}
              onChange={(priority) => set({ priority: priority ?? 0 })}
              help="Rules with a higher priority are evaluated first."
            />
          </div>
        </Card>
        <Refusals refusals={refusals} />
        <div className={ui.row}>
          <Button variant="quiet" onClick={onLeave}>
            Discard
          </Button>
          <Button type="submit" busy={creating.loading || revising.loading}>
            {isNew ? "Create the rule" : "Create a new version"}
          </Button>
        </div>
      </form>
      <Card title="Summary">
        <ul className={ui.list} aria-live="polite">
          {sentencesOf(definition).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </Card>
    </div>
  );
}

function AudienceFields({ audience, onChange }: { audience: Audience; onChange(audience: Audience): void }) {
  return (
    <>
      <SelectField
        label="Audience"
        value={audience.kind}
        onChange={({ target }) => {
          if (target.value === "members") onChange({ kind: "members", memberIds: [] });
          else if (target.value === "new-members") onChange({ kind: "new-members", withinDays: 30 });
          else onChange({ kind: "everybody" });
        }}
      >
        <option value="everybody">Everybody</option>
        <option value="new-members">Members who joined recently</option>
        <option value="members">Selected members</option>
      </SelectField>
      {audience.kind === "new-members" && (
        <NumberField
          label="Days since joining, at most"
          min={0}
          value={audience.withinDays}
          onChange={(withinDays) => onChange({ kind: "new-members", withinDays: withinDays ?? 0 })}
        />
      )}
      {audience.kind === "members" && (
        <TextArea
          label="Members, one per line"
          value={audience.memberIds.join("\n")}
          onChange={({ target }) => onChange({ kind: "members", memberIds: target.value.split("\n") })}
          onBlur={() => onChange({ kind: "members", memberIds: audience.memberIds.filter((id) => id.trim() !== "") })}
          help="customer:CUST12345, user:461 or member:571"
        />
      )}
    </>
  );
}
