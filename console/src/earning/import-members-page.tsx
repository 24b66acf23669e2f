import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { decodeText, problemInWords, readTable } from "../../../src/platform/csv-table.ts";
import { type LinkMemberInput, LinkMembersDocument } from "../graphql/generated/graphql.ts";
import { formResultOf, Refusals } from "../ui/form.tsx";
import { count } from "../ui/format.ts";
import { Card, Page } from "../ui/page.tsx";
import { type RejectedRow, RejectedRows } from "../ui/rejected-rows.tsx";
import ui from "../ui/ui.module.css";

const COLUMNS = ["customerId", "memberId", "userId", "nik"];
/** A limit for each request: every entry is a transaction, and a request must be answered within seconds. */
const BATCH_SIZE = 100;

interface Entry {
  line: number;
  input: LinkMemberInput;
}
interface Report {
  /** The valid entries; after an import, the linked entries. */
  valid: Entry[];
  rejected: RejectedRow[];
  awardsReleased: number;
  unknownCustomerIds: string[];
}

/** Reads the entries of a file, or returns why the file is invalid. */
function readEntries(text: string): Entry[] | string {
  const table = readTable(text, COLUMNS);
  if ("problem" in table) return problemInWords(table.problem, COLUMNS);
  if (!table.columns.includes("customerId") || table.columns.length < 2) {
    return "The first line must name the columns customerId and at least one of memberId, userId or nik.";
  }
  return table.rows.map(({ line, values }) => {
    const nonEmpty = Object.entries(values).filter(([, value]) => value !== "");
    return { line, input: { customerId: "", ...Object.fromEntries(nonEmpty) } };
  });
}

/** Rejects each entry with an id that an earlier entry links to another customer. */
function conflictsBetween(entries: readonly Entry[]): RejectedRow[] {
  const firstEntries = new Map<string, Entry>();
  return entries.flatMap((entry, index) => {
    const { customerId, ...ids } = entry.input;
    for (const [kind, value] of Object.entries(ids)) {
      const first = firstEntries.get(`${kind} ${value}`) ?? entry;
      firstEntries.set(`${kind} ${value}`, first);
      if (first.input.customerId === customerId) continue;
      const reason = `Line ${first.line} assigns the same ${kind} to another customer.`;
      return [{ row: index + 1, line: entry.line, reason }];
    }
    return [];
  });
}

/** Links the ids of a file to customers, in two steps: a dry run that reports all problems, then the import itself. */
export function ImportMembersPage() {
  const [link] = useMutation(LinkMembersDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);
  const [checked, setChecked] = useState<Report | null>(null);
  const [imported, setImported] = useState<Report | null>(null);
  const [progress, setProgress] = useState<string | null>(null);

  async function send(entries: readonly Entry[], dryRun: boolean): Promise<Report | null> {
    const report: Report = { valid: [], rejected: [], awardsReleased: 0, unknownCustomerIds: [] };
    setRefusals([]);
    for (let start = 0; start < entries.length; start += BATCH_SIZE) {
      setProgress(`${dryRun ? "Checking" : "Linking"} row ${count(start + 1)} of ${count(entries.length)} …`);
      const part = entries.slice(start, start + BATCH_SIZE);
      const result = await link({ variables: { input: part.map(({ input }) => input), dryRun } });
      const payload = result.data?.linkMembers;
      const answer = formResultOf(result, payload);
      if (!payload || answer.refusals.length > 0) {
        setProgress(null);
        setRefusals(answer.refusals);
        return null;
      }
      const rejectedRows = new Set(payload.rejected.map(({ row }) => row));
      report.valid.push(...part.filter((_, index) => !rejectedRows.has(index + 1)));
      report.rejected.push(
        ...payload.rejected.map(({ row, reason }) => ({ row: start + row, line: part[row - 1]?.line ?? null, reason })),
      );
      report.awardsReleased += payload.awardsReleased;
      report.unknownCustomerIds.push(...payload.unknownCustomerIds);
    }
    setProgress(null);
    return report;
  }

  async function check(file: File | undefined) {
    setChecked(null);
    setImported(null);
    setProblem(null);
    if (!file) return;
    const entries = readEntries(decodeText(new Uint8Array(await file.arrayBuffer())));
    if (typeof entries === "string") return setProblem(entries);
    const conflicting = conflictsBetween(entries);
    const lines = new Set(conflicting.map(({ line }) => line));
    const report = await send(
      entries.filter(({ line }) => !lines.has(line)),
      true,
    );
    const byLine = (a: RejectedRow, b: RejectedRow) => (a.line ?? 0) - (b.line ?? 0);
    if (report) setChecked({ ...report, rejected: [...report.rejected, ...conflicting].sort(byLine) });
  }

  async function importMembers() {
    if (!checked) return;
    setImported(await send(checked.valid, false));
    setChecked(null);
  }

  return (
    <Page title="Import members">
      <Card title="Link producer ids to customers">
        <div className={ui.form}>
          <div>
            <label htmlFor="members">A CSV file of members</label>
            <br />
            <input
              id="members"
              type="file"
              accept=".csv,text/csv,text/plain"
              onChange={({ target }) => void check(target.files?.[0])}
            />
            <p className={`${ui.soft} ${ui.small}`}>
              The first line names the columns: customerId, and at least one of memberId, userId or nik. The file is
              only checked at first: you see its problems before any id is linked. You can safely import a file again.
            </p>
          </div>
          {progress && <p role="status">{progress}</p>}
          {problem && <Notice tone="bad">{problem}</Notice>}
          <Refusals refusals={refusals} />
          {imported && (
            <Notice
              tone={imported.rejected.length > 0 ? "calm" : "good"}
              title={`${count(imported.valid.length)} rows were linked; ${count(imported.awardsReleased)} waiting awards were released.`}
            />
          )}
          {imported && <RejectedRows rows={imported.rejected} />}
          {checked && (
            <>
              <Notice
                tone={checked.rejected.length > 0 ? "calm" : "good"}
                title={`${count(checked.valid.length)} rows are valid, ${count(checked.rejected.length)} are not.`}
              >
                {checked.awardsReleased > 0 && (
                  <p>{`${count(checked.awardsReleased)} awards are waiting for these links.`}</p>
                )}
              </Notice>
              <RejectedRows rows={checked.rejected} />
              {checked.unknownCustomerIds.length > 0 && (
                <Notice title={`${count(checked.unknownCustomerIds.length)} customers have never signed in here.`}>
                  <p>
                    This is normal for new customers. Check the ids for mistakes, because a later import cannot change a
                    link: {checked.unknownCustomerIds.slice(0, 20).join(", ")}
                    {checked.unknownCustomerIds.length > 20 && " and others"}.
                  </p>
                </Notice>
              )}
              <div className={ui.row}>
                <Button disabled={checked.valid.length === 0} onClick={() => void importMembers()}>
                  {`Link ${count(checked.valid.length)} rows`}
                </Button>
              </div>
            </>
          )}
        </div>
      </Card>
    </Page>
  );
}
