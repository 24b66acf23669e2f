import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { SelectField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import {
  RetireRuleDocument,
  RulesDocument,
  type RuleVersionFragment,
  RuleVersionsDocument,
} from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { moment } from "../ui/format.ts";
import { Card, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { RuleBuilder } from "./rule-builder.tsx";
import { definitionOf, newDefinition } from "./rule-definition.ts";
import { sentencesOf } from "./rule-sentences.ts";
import { Budget, stateMark } from "./rules-page.tsx";

export function NewRulePage() {
  const navigate = useNavigate();
  const [start] = useState(() => newDefinition(new Date()));
  return (
    <Page title="New rule">
      <RuleBuilder
        ruleId={null}
        start={start}
        onSaved={(ruleId) => void navigate(`/earning/rules/${encodeURIComponent(ruleId)}`)}
        onLeave={() => void navigate("/earning")}
      />
    </Page>
  );
}

export function RulePage() {
  const { ruleId = "" } = useParams();
  const { may } = useOperator();
  const [isEditing, setEditing] = useState(false);
  const { data, error, loading, refetch } = useQuery(RuleVersionsDocument, { variables: { ruleId } });
  const [retire] = useMutation(RetireRuleDocument);
  const versions = data?.rewardRuleVersions ?? [];
  const [newest] = versions;
  if (!newest) {
    return (
      <Page title={ruleId}>
        <Failure error={error} retry={refetch} />
        {!error && loading && <Waiting />}
        {!error && !loading && <Notice title="Rule not found." />}
      </Page>
    );
  }
  const definition = definitionOf(newest);
  const canChange = may("REWARDS") && !newest.retiredAt;
  return (
    <Page
      title={definition.name}
      badge={stateMark(newest)}
      actions={
        canChange &&
        !isEditing && (
          <span className={ui.row}>
            <Button onClick={() => setEditing(true)}>Create a new version</Button>
            <ActionForm
              title="Retire"
              submit="Retire permanently"
              variant="danger"
              send={async () => {
                const result = await retire({
                  variables: { input: { ruleId } },
                  refetchQueries: [RulesDocument, RuleVersionsDocument],
                });
                return formResultOf(result, result.data?.retireRewardRule);
              }}
            >
              <p>The rule no longer applies to new messages. Points that it already awarded are not affected.</p>
            </ActionForm>
          </span>
        )
      }
    >
      {isEditing ? (
        <RuleBuilder
          ruleId={ruleId}
          start={definition}
          onSaved={() => setEditing(false)}
          onLeave={() => setEditing(false)}
        />
      ) : (
        <>
          <Card title="Budget">
            <Budget rule={newest} />
          </Card>
          <Versions versions={versions} />
        </>
      )}
    </Page>
  );
}

/** Two versions side by side. Sentences that appear in a single version are marked. */
function Versions({ versions }: { versions: readonly RuleVersionFragment[] }) {
  // Until the operator chooses, the newest version is compared with its predecessor, even if it was just written.
  const [left, setLeft] = useState<number | null>(null);
  const [right, setRight] = useState<number | null>(null);
  const versionByNumber = (number: number) => versions.find(({ version }) => version === number);
  const before = left === null ? versions[1] : versionByNumber(left);
  const after = right === null ? versions[0] : versionByNumber(right);
  const isOnlyVersion = versions.length === 1;
  return (
    <Card title={isOnlyVersion ? "Version 1" : "Versions side by side"}>
      <div className={ui.halves}>
        {!isOnlyVersion && before && (
          <Version chosen={before} versions={versions} label="Left" other={after} onChoose={setLeft} change="gone" />
        )}
        {after && (
          <Version
            chosen={after}
            versions={versions}
            label="Right"
            other={isOnlyVersion ? undefined : before}
            onChoose={setRight}
            change="new"
          />
        )}
      </div>
    </Card>
  );
}

function Version(props: {
  chosen: RuleVersionFragment;
  versions: readonly RuleVersionFragment[];
  label: string;
  other: RuleVersionFragment | undefined;
  onChoose(version: number): void;
  /** The label of a sentence that the other version does not have. */
  change: "gone" | "new";
}) {
  const { chosen, versions, label, other, onChoose, change } = props;
  const others = other && new Set(sentencesOf(definitionOf(other)));
  return (
    <div className={ui.stack}>
      {versions.length > 1 && (
        <SelectField label={label} value={chosen.version} onChange={({ target }) => onChoose(Number(target.value))}>
          {versions.map(({ version }) => (
            <option key={version} value={version}>{`Version ${version}`}</option>
          ))}
        </SelectField>
      )}
      <p className={`${ui.soft} ${ui.small}`}>
        {`${chosen.createdBy}, ${moment(chosen.createdAt)}. `}
        {chosen.usedAt ? `In use since ${moment(chosen.usedAt)}.` : "It has not been applied yet."}
      </p>
      <ul className={ui.list}>
        {sentencesOf(definitionOf(chosen)).map((sentence) => (
          <li key={sentence}>
            <span>{sentence}</span>
            {others && !others.has(sentence) && <Badge tone={change === "new" ? "good" : "calm"}>{change}</Badge>}
          </li>
        ))}
      </ul>
    </div>
  );
}
