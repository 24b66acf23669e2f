import { useLazyQuery, useMutation, useQuery } from "@apollo/client/react";
import { diffLines } from "diff";
import { useMemo, useState } from "react";
import { Link, useParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import {
  type OutcomeFragment,
  type ProblemFragment,
  QuarantinedMessageDocument,
  RedriveDocument,
  TryMessageDocument,
} from "../graphql/generated/graphql.ts";
import { formResultOf, Refusals, TextArea } from "../ui/form.tsx";
import { count, moment } from "../ui/format.ts";
import { Card, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import styles from "./diff.module.css";
import { Outcomes, Problems } from "./outcomes.tsx";
import { nameOf } from "./quarantine-page.tsx";

export function MessagePage() {
  const { id = "" } = useParams();
  const { data, error, loading, refetch } = useQuery(QuarantinedMessageDocument, { variables: { id } });
  const message = data?.node?.__typename === "QuarantinedReward" ? data.node : null;
  const [outcomes, setOutcomes] = useState<readonly OutcomeFragment[] | null>(null);
  if (!message) {
    return (
      <Page title="Refused message">
        <Failure error={error} retry={refetch} />
        {!error && loading && <Waiting />}
        {!error && !loading && <Notice title="Message not found." />}
      </Page>
    );
  }
  const isOpen = !message.redrivenAt;
  return (
    <Page
      title={nameOf(message)}
      badge={<Badge tone={isOpen ? "bad" : "good"}>{isOpen ? "Refused" : "Resubmitted"}</Badge>}
    >
      {message.redrivenAt && (
        <Notice tone="good" title={`${message.redrivenBy} resubmitted the message on ${moment(message.redrivenAt)}.`}>
          <p>
            <Link to="/earning/quarantine">Back to the refused messages</Link>
          </p>
        </Notice>
      )}
      <Card title="Problems">
        <Problems problems={message.problems} />
        <Facts>
          <Fact name="From">{`${message.source}, ${message.actor}`}</Fact>
          <Fact name="Received">{count(message.times) + (message.times === 1 ? " time" : " times")}</Fact>
          <Fact name="First">{moment(message.receivedAt)}</Fact>
          <Fact name="Last">{moment(message.lastReceivedAt)}</Fact>
        </Facts>
      </Card>
      {outcomes && (
        <Card title="Result">
          <Outcomes outcomes={outcomes} />
        </Card>
      )}
      {isOpen && <Editor id={id} payload={message.payload} onSent={setOutcomes} />}
    </Page>
  );
}

/** Formats JSON with a line for each member; returns any other text unchanged. */
function formatted(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

interface EditorProps {
  id: string;
  payload: string;
  onSent(outcomes: readonly OutcomeFragment[]): void;
}

/** Edits a message, and shows the difference to the refused text beside the editor. */
function Editor({ id, payload, onSent }: EditorProps) {
  const original = useMemo(() => formatted(payload), [payload]);
  const [text, setText] = useState(original);
  const [simulate, simulation] = useLazyQuery(TryMessageDocument, { fetchPolicy: "network-only" });
  const [redrive, { loading }] = useMutation(RedriveDocument);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);
  const [problems, setProblems] = useState<readonly ProblemFragment[]>([]);
  const isChanged = text !== original;
  const simulated =
    simulation.loading || simulation.variables?.payload !== text ? undefined : simulation.data?.simulateReward;

  async function send() {
    const result = await redrive({ variables: { input: { id, ...(isChanged && { payload: text }) } } });
    const answer = formResultOf(result, result.data?.redriveReward);
    setRefusals(answer.refusals);
    setProblems(result.data?.redriveReward.problems ?? []);
    if (answer.refusals.length === 0) onSent(result.data?.redriveReward.outcomes ?? []);
  }

  return (
    <div className={ui.halves}>
      <Card title="Correction">
        <div className={ui.form}>
          <TextArea
            label="The message"
            rows={18}
            spellCheck={false}
            className={ui.mono}
            value={text}
            onChange={({ target }) => setText(target.value)}
            help="You can leave [nik removed] as it is: it stands for the original national id."
          />
          <Refusals refusals={refusals} />
          {problems.length > 0 && <Problems problems={problems} />}
          <div className={ui.row}>
            <Button
              variant="quiet"
              busy={simulation.loading}
              onClick={() => void simulate({ variables: { payload: text } })}
            >
              Test
            </Button>
            <Button busy={loading} onClick={() => void send()}>
              {isChanged ? "Resubmit the correction" : "Resubmit unchanged"}
            </Button>
          </div>
        </div>
      </Card>
      <div className={ui.stack}>
        <Card title="Changes">
          {isChanged ? <Difference before={original} after={text} /> : <p className={ui.soft}>No changes yet.</p>}
        </Card>
        {simulated && (
          <Card title="Result if the message is sent now">
            {simulated.problems.length > 0 ? (
              <>
                <Notice tone="bad" title="The message would be refused." />
                <Problems problems={simulated.problems} />
              </>
            ) : (
              <Outcomes outcomes={simulated.outcomes} />
            )}
          </Card>
        )}
      </div>
    </div>
  );
}

/** Removed and added lines, each marked by a word as well as by a colour. */
function Difference({ before, after }: { before: string; after: string }) {
  const parts = diffLines(before, after);
  return (
    <pre className={styles.diff}>
      {parts.map(({ value, added, removed }, index) => {
        const text = value.replace(/\n$/, "");
        // biome-ignore lint/suspicious/noArrayIndexKey: a part has no key but its index
        if (added) return <ins key={index}>{prefixed(text, "+ ")}</ins>;
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        if (removed) return <del key={index}>{prefixed(text, "− ")}</del>;
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        return <span key={index}>{prefixed(text, "  ")}</span>;
      })}
    </pre>
  );
}

const prefixed = (text: string, prefix: string) =>
  text
    .split("\n")
    .map((line) => prefix + line)
    .join("\n");
