import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { QuarantineDocument, type QuarantinedRowFragment, RedriveDocument } from "../graphql/generated/graphql.ts";
import { ExportButton } from "../ui/export-button.tsx";
import { formResultOf } from "../ui/form.tsx";
import { ageSince, count, moment } from "../ui/format.ts";
import { Card, Empty, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { usePages } from "../ui/use-pages.ts";
import { VirtualTable } from "../ui/virtual-table.tsx";

export function QuarantinePage() {
  const [search] = useSearchParams();
  const openOnly = search.get("all") === null;
  const pages = usePages(QuarantineDocument, { openOnly }, ({ quarantinedRewards }) => quarantinedRewards);
  const { data, rows, error, loading } = pages;
  const messages = data?.quarantinedRewards;
  return (
    <Page
      title="Refused messages"
      badge={messages && <small className={ui.soft}>{count(messages.totalCount)}</small>}
      actions={
        <ExportButton
          name="refused-messages.csv"
          header={exportedColumns}
          toCells={exportedCells}
          disabled={rows.length === 0}
          read={pages.read}
        />
      }
    >
      <nav className={ui.views} aria-label="Messages">
        <Link to="/earning/quarantine" aria-current={openOnly ? "page" : undefined}>
          Not resubmitted
        </Link>
        <Link to="/earning/quarantine?all" aria-current={openOnly ? undefined : "page"}>
          All
        </Link>
      </nav>
      <Card label="List of refused messages">
        <Failure error={error} retry={pages.reload} />
        {!data && loading && <Waiting />}
        {messages && rows.length === 0 && (
          <Empty>{openOnly ? "No refused messages. New ones appear here." : "No message has ever been refused."}</Empty>
        )}
        {rows.length > 0 && (
          <MessageTable messages={rows} reload={pages.reload} hasMore={pages.hasMore} onMore={pages.readMore} />
        )}
      </Card>
    </Page>
  );
}

interface Report {
  sent: number;
  refused: { id: string; reason: string }[];
}

/** The messages, with a selection of those to send on unchanged. */
function MessageTable(props: {
  messages: readonly QuarantinedRowFragment[];
  reload(): unknown;
  hasMore: boolean;
  onMore(): Promise<unknown>;
}) {
  const { messages, reload, hasMore, onMore } = props;
  const navigate = useNavigate();
  const [redrive] = useMutation(RedriveDocument);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [report, setReport] = useState<Report | null>(null);
  const [isBusy, setBusy] = useState(false);
  const open = messages.filter(({ redrivenAt }) => !redrivenAt);
  const toggle = (id: string) =>
    setChosen((before) => new Set(before.has(id) ? [...before].filter((each) => each !== id) : [...before, id]));

  async function resubmit() {
    setBusy(true);
    const result: Report = { sent: 0, refused: [] };
    for (const id of chosen) {
      const answer = await redrive({ variables: { input: { id } } });
      const [first] = formResultOf(answer, answer.data?.redriveReward).refusals;
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
          title={`${count(report.sent)} resubmitted, ${count(report.refused.length)} refused again.`}
        >
          {report.refused.map(({ id, reason }) => (
            <p key={id}>{reason}</p>
          ))}
        </Notice>
      )}
      {open.length > 0 && (
        <div className={ui.row}>
          <Button variant="quiet" onClick={() => setChosen(new Set(open.map(({ id }) => id)))}>
            Select all
          </Button>
          <Button disabled={chosen.size === 0} busy={isBusy} onClick={() => void resubmit()}>
            {`Resubmit ${count(chosen.size)} unchanged`}
          </Button>
          <span className={`${ui.soft} ${ui.small}`}>For example after you added a rule or a link.</span>
        </div>
      )}
      <VirtualTable
        label="Refused messages"
        rows={messages}
        rowKey={({ id }) => id}
        onOpen={(message) => void navigate(pathOf(message))}
        onChoose={(message) => !message.redrivenAt && toggle(message.id)}
        hasMore={hasMore}
        onMore={onMore}
        columns={[
          {
            name: "Select",
            width: "4.5rem",
            show: (message) =>
              !message.redrivenAt && (
                <input
                  type="checkbox"
                  aria-label={`Select ${nameOf(message)}`}
                  checked={chosen.has(message.id)}
                  onChange={() => toggle(message.id)}
                />
              ),
          },
          {
            name: "Message",
            width: "minmax(10rem, 1fr)",
            show: (message) => <Link to={pathOf(message)}>{nameOf(message)}</Link>,
          },
          {
            name: "Problem",
            width: "minmax(14rem, 2fr)",
            show: ({ problems: [first, ...others] }) =>
              others.length > 0 ? `${first?.message} (and ${others.length} more)` : first?.message,
          },
          { name: "From", width: "minmax(9rem, 1fr)", show: ({ source, actor }) => `${source}, ${actor}` },
          { name: "Times", width: "4.5rem", number: true, show: ({ times }) => count(times) },
          {
            name: "Since",
            width: "10rem",
            show: ({ redrivenAt, receivedAt }) =>
              redrivenAt ? <Badge tone="good">Sent on</Badge> : ageSince(receivedAt),
          },
        ]}
      />
    </>
  );
}

export const nameOf = ({ ticketId, receivedAt }: QuarantinedRowFragment) =>
  ticketId ?? `Message of ${moment(receivedAt)}`;

const pathOf = ({ id }: QuarantinedRowFragment) => `/earning/quarantine/${encodeURIComponent(id)}`;

const exportedColumns = "ticket_id source actor times received_at problems sent_on_at sent_on_by".split(" ");

const exportedCells = (message: QuarantinedRowFragment) => [
  [
    ...[message.ticketId ?? "", message.source, message.actor, message.times, message.receivedAt],
    message.problems.map(({ path, message: text }) => `${path}: ${text}`).join("; "),
    ...[message.redrivenAt ?? "", message.redrivenBy ?? ""],
  ],
];
