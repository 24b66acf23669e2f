import { useMutation } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import {
  ImportStatementDocument,
  type RunFragment,
  RunsDocument,
  StartRunDocument,
} from "../graphql/generated/graphql.ts";
import { ExportButton } from "../ui/export-button.tsx";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { count, localMoment, moment } from "../ui/format.ts";
import { Card, Empty, Failure, Page, Waiting } from "../ui/page.tsx";
import { type RejectedRow, RejectedRows } from "../ui/rejected-rows.tsx";
import ui from "../ui/ui.module.css";
import { usePages } from "../ui/use-pages.ts";

/** The polling interval for a run in progress, in ms. */
export const RUN_POLL_MS = 1_000;

export function RunsPage() {
  const pages = usePages(RunsDocument, {}, ({ reconciliationRuns }) => reconciliationRuns);
  const { data, rows, error, loading } = pages;
  const { startPolling, stopPolling } = pages.polling;
  const runs = data?.reconciliationRuns;
  const isRunning = rows.some(({ finishedAt }) => !finishedAt);
  useEffect(() => {
    if (!isRunning) return;
    startPolling(RUN_POLL_MS);
    return stopPolling;
  }, [isRunning, startPolling, stopPolling]);
  return (
    <Page
      title="Reconciliation"
      badge={runs && <small className={ui.soft}>{count(runs.totalCount)}</small>}
      actions={
        <span className={ui.row}>
          <ExportButton
            name="runs.csv"
            header={exportedColumns}
            toCells={exportedCells}
            disabled={rows.length === 0}
            read={pages.read}
          />
          <StartRun />
        </span>
      }
    >
      <Card label="Runs">
        <Failure error={error} retry={pages.reload} />
        {!data && loading && <Waiting />}
        {runs && rows.length === 0 && (
          <Empty>No runs yet. A run starts every night; use the button above to start one now.</Empty>
        )}
        {rows.length > 0 && <RunTable runs={rows} />}
        {pages.hasMore && (
          <div className={ui.row}>
            <Button variant="quiet" onClick={() => void pages.readMore()}>
              Show more
            </Button>
          </div>
        )}
      </Card>
      <ImportStatement />
    </Page>
  );
}

function RunTable({ runs }: { runs: readonly RunFragment[] }) {
  return (
    <div className={ui.scroll}>
      <table className={ui.table}>
        <caption className="sr-only">Runs</caption>
        <thead>
          <tr>
            <th>Period</th>
            <th>By</th>
            <th>Compared</th>
            <th className={ui.number}>Breaks</th>
            <th className={ui.number}>New</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td>{`${moment(run.from)} to ${moment(run.to)}`}</td>
              <td>{run.actor}</td>
              <td>
                {run.compared.map(({ kind, count: recordCount }) => `${kind}: ${count(recordCount)}`).join(", ")}
                {run.skipped.map((reason) => (
                  <p key={reason} className={`${ui.soft} ${ui.small}`}>{`Not compared: ${reason}`}</p>
                ))}
              </td>
              <td className={ui.number}>{count(run.breaksFound)}</td>
              <td className={ui.number}>{count(run.breaksNew)}</td>
              <td>
                {!run.finishedAt && <Badge tone="info">Running</Badge>}
                {run.finishedAt && run.skipped.length > 0 && <Badge tone="calm">Partial</Badge>}
                {run.finishedAt && run.skipped.length === 0 && <Badge tone="good">Complete</Badge>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const DAY_MS = 86_400_000;

function StartRun() {
  const [start] = useMutation(StartRunDocument);
  const now = new Date();
  return (
    <ActionForm
      title="Reconcile a period"
      submit="Start the reconciliation"
      variant="main"
      send={async (fields) => {
        const at = (name: string) => new Date(String(fields.get(name))).toISOString();
        const input = { from: at("from"), to: at("to"), statementImported: fields.get("imported") === "on" };
        const result = await start({ variables: { input }, refetchQueries: [RunsDocument] });
        return formResultOf(result, result.data?.runReconciliation);
      }}
    >
      <div className={ui.pair}>
        <TextField
          label="From"
          name="from"
          type="datetime-local"
          required
          defaultValue={localMoment(new Date(now.getTime() - DAY_MS).toISOString())}
        />
        <TextField
          label="To (exclusive)"
          name="to"
          type="datetime-local"
          required
          defaultValue={localMoment(now.toISOString())}
        />
      </div>
      <label className={ui.choice}>
        <input type="checkbox" name="imported" />
        Use the imported statement for this period instead of reading it from the provider.
      </label>
    </ActionForm>
  );
}

function ImportStatement() {
  const [send, { loading }] = useMutation(ImportStatementDocument);
  const [problems, setProblems] = useState<RejectedRow[]>([]);
  const [imported, setImported] = useState<string | null>(null);
  async function importFile(file: File | undefined) {
    setProblems([]);
    setImported(null);
    if (!file) return;
    const result = await send({ variables: { input: { csv: await file.text() } } });
    const payload = result.data?.importLedgerStatement;
    if (payload && payload.problems.length === 0 && payload.userErrors.length === 0) {
      return setImported(`${count(payload.entries)} entries are valid; ${count(payload.imported)} of them were new.`);
    }
    const { refusals } = formResultOf(result, payload);
    setProblems(
      payload?.problems.map(({ line, message }, row) => ({ row, line: line ?? null, reason: message })) ??
        refusals.map(({ message }, row) => ({ row, line: null, reason: message })),
    );
  }
  return (
    <Card title="Statement of the points provider">
      <div>
        <label htmlFor="statement">A CSV file</label>
        <br />
        <input
          id="statement"
          type="file"
          accept=".csv,text/csv,text/plain"
          onChange={({ target }) => void importFile(target.files?.[0])}
        />
        <p className={`${ui.soft} ${ui.small}`}>
          Columns: entry_id, at, customer_id, type, order_id, reference, points. If a line is invalid, no entry is
          imported.
        </p>
      </div>
      {loading && <p role="status">Checking the lines …</p>}
      {imported && <Notice tone="good" title={imported} />}
      {problems.length > 0 && (
        <Notice tone="bad" title="No entry was imported. Correct the file and choose it again." />
      )}
      <RejectedRows rows={problems} />
    </Card>
  );
}

const exportedColumns = "from to actor requested_at finished_at breaks_found breaks_new skipped".split(" ");

const exportedCells = (run: RunFragment) => [
  [
    ...[run.from, run.to, run.actor, run.requestedAt, run.finishedAt ?? "", run.breaksFound, run.breaksNew],
    run.skipped.join("; "),
  ],
];
