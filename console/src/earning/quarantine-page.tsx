import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Mark } from "../../../microsite/src/ui/mark.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { QuarantineDocument, type QuarantinedRowFragment, RedriveDocument } from "../graphql/generated/graphql.ts";
import { downloadCsv } from "../ui/csv.ts";
import { answerOf } from "../ui/form.tsx";
import { ageSince, count, moment } from "../ui/format.ts";
import { Card, Empty, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

export function QuarantinePage() {
  const [search] = useSearchParams();
  const openOnly = search.get("all") === null;
  const { data, error, loading, fetchMore, refetch } = useQuery(QuarantineDocument, { variables: { openOnly } });
  const messages = data?.quarantinedRewards;
  return (
    <Page
      title="Refused messages"
      mark={messages && <small className={ui.soft}>{count(messages.totalCount)}</small>}
      actions={
        <Button look="quiet" disabled={!messages?.nodes.length} onClick={() => messages && exportRows(messages.nodes)}>
          Export the rows as CSV
        </Button>
      }
    >
      <nav className={ui.views} aria-label="Messages">
        <Link to="/earning/quarantine" aria-current={openOnly ? "page" : undefined}>
          Not sent on yet
        </Link>
        <Link to="/earning/quarantine?all" aria-current={openOnly ? undefined : "page"}>
          All
        </Link>
      </nav>
      <Card label="List of refused messages">
        <Failure error={error} retry={refetch} />
        {!data && loading && <Waiting />}
        {messages?.nodes.length === 0 && (
          <Empty>{openOnly ? "No message waits. New ones appear here." : "No message was ever refused."}</Empty>
        )}
        {messages && messages.nodes.length > 0 && <MessageTable messages={messages.nodes} reload={refetch} />}
        {messages?.pageInfo.hasNextPage && (
          <div className={ui.row}>
            <Button look="quiet" onClick={() => void fetchMore({ variables: { after: messages.pageInfo.endCursor } })}>
              Show more
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}

interface Report {
  sent: number;
  refused: { id: string; reason: string }[];
}

/** The messages, with a choice of those that are to be sent on as they are. */
function MessageTable(props: { messages: readonly QuarantinedRowFragment[]; reload(): unknown }) {
  const { messages, reload } = props;
  const [redrive] = useMutation(RedriveDocument);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [report, setReport] = useState<Report | null>(null);
  const [isBusy, setBusy] = useState(false);
  const open = messages.filter(({ redrivenAt }) => !redrivenAt);
  const toggle = (id: string) =>
    setChosen((before) => new Set(before.has(id) ? [...before].filter((each) => each !== id) : [...before, id]));

  async function sendOn() {
    setBusy(true);
    const result: Report = { sent: 0, refused: [] };
    for (const id of chosen) {
      const answer = await redrive({ variables: { input: { id } } });
      const [first] = answerOf(answer, answer.data?.redriveReward).refusals;
      const [problem] = answer.data?.redriveReward.problems ?? [];
      if (first) result.refused.push({ id, reason: problem?.message ?? first.message });
      else result.sent += 1;
    }
    setReport(result);
    setChosen(new Set());
    setBusy(false);
    await reload();
  }

  return (
    <>
      {report && (
        <Notice
          tone={report.refused.length > 0 ? "calm" : "good"}
          title={`${count(report.sent)} sent on, ${count(report.refused.length)} refused again.`}
        >
          {report.refused.map(({ id, reason }) => (
            <p key={id}>{reason}</p>
          ))}
        </Notice>
      )}
      {open.length > 0 && (
        <div className={ui.row}>
          <Button look="quiet" onClick={() => setChosen(new Set(open.map(({ id }) => id)))}>
            Choose all
          </Button>
          <Button disabled={chosen.size === 0} busy={isBusy} onClick={() => void sendOn()}>
            {`Send ${count(chosen.size)} on as they are`}
          </Button>
          <span className={`${ui.soft} ${ui.small}`}>For example after a rule or a link was added.</span>
        </div>
      )}
      <div className={ui.scroll}>
        <table className={ui.table}>
          <caption className="sr-only">Refused messages</caption>
          <thead>
            <tr>
              <th>
                <span className="sr-only">Choose</span>
              </th>
              <th>Message</th>
              <th>Problem</th>
              <th>From</th>
              <th className={ui.number}>Times</th>
              <th>Since</th>
            </tr>
          </thead>
          <tbody>
            {messages.map((message) => (
              <tr key={message.id}>
                <td>
                  {!message.redrivenAt && (
                    <input
                      type="checkbox"
                      aria-label={`Choose ${nameOf(message)}`}
                      checked={chosen.has(message.id)}
                      onChange={() => toggle(message.id)}
                    />
                  )}
                </td>
                <td>
                  <Link to={`/earning/quarantine/${encodeURIComponent(message.id)}`}>{nameOf(message)}</Link>
                </td>
                <td>
                  {message.problems[0]?.message}
                  {message.problems.length > 1 && ` And ${message.problems.length - 1} more.`}
                </td>
                <td>{`${message.source}, ${message.actor}`}</td>
                <td className={ui.number}>{count(message.times)}</td>
                <td>{message.redrivenAt ? <Mark tone="good">Sent on</Mark> : ageSince(message.receivedAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export const nameOf = ({ ticketId, receivedAt }: QuarantinedRowFragment) =>
  ticketId ?? `Message of ${moment(receivedAt)}`;

const exportRows = (messages: readonly QuarantinedRowFragment[]) =>
  downloadCsv(
    "refused-messages.csv",
    ["ticket_id", "source", "actor", "times", "received_at", "problems", "sent_on_at", "sent_on_by"],
    messages.map((message) => [
      message.ticketId ?? "",
      message.source,
      message.actor,
      message.times,
      message.receivedAt,
      message.problems.map(({ path, message: text }) => `${path}: ${text}`).join("; "),
      message.redrivenAt ?? "",
      message.redrivenBy ?? "",
    ]),
  );
