import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { decodeText, problemInWords, readTable } from "../../../src/platform/csv-table.ts";
import { type LinkMemberInput, LinkMembersDocument } from "../graphql/generated/graphql.ts";
import { answerOf, Refusals } from "../ui/form.tsx";
import { count } from "../ui/format.ts";
import { Card, Page } from "../ui/page.tsx";
import { type RejectedRow, RejectedRows } from "../ui/rejected-rows.tsx";
import ui from "../ui/ui.module.css";

const COLUMNS = ["customerId", "memberId", "userId", "nik"];
/** A limit for each request: every entry is a transaction, and a request must be answered within seconds. */
const AT_ONCE = 100;

interface Entry {
  line: number;
  input: LinkMemberInput;
}
interface Report {
  /** The valid entries; after an import, the linked entries. */
  good: Entry[];
  rejected: RejectedRow[];
  awardsReleased: number;
  unknownCustomerIds: string[];
}

/** Reads the entries of a file, or returns why the file is invalid. */
function readEntries(text: string): Entry[] | string {
  const table = readTable(text, COLUMNS);
  if ("problem" in table) return problemInWords(table.problem, COLUMNS);
  if (!table.columns.includes("customerId") || table.columns.length < 2) {
    return "The first line must name the columns: customerId, and memberId, userId or nik.";
  }
  return table.rows.map(({ line, values }) => {
    const filled = Object.entries(values).filter(([, value]) => value !== "");
    return { line, input: { customerId: "", ...Object.fromEntries(filled) } };
  });
}

/** Rejects each entry with an id that an earlier entry links to another customer. */
function contradictions(entries: readonly Entry[]): RejectedRow[] {
  const owners = new Map<string, Entry>();
  return entries.flatMap((entry, index) => {
    const { customerId, ...ids } = entry.input;
    for (const [kind, value] of Object.entries(ids)) {
      const first = owners.get(`${kind} ${value}`) ?? entry;
      owners.set(`${kind} ${value}`, first);
      if (first.input.customerId === customerId) continue;
      const reason = `Line ${first.line} gives the same ${kind} to another customer.`;
      return [{ row: index + 1, line: entry.line, reason }];
    }
    return [];
  });
}

/** Links the ids of a file to customers, in two steps: a dry run that reports all problems, then the import itself. */
export function ImportMembersPage() {
  const [link] = useMutation(LinkMembersDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const [refusals, setRefusals] = useState<ReturnType<typeof answerOf>["refusals"]>([]);
  const [checked, setChecked] = useState<Report | null>(null);
  const [imported, setImported] = useState<Report | null>(null);
  const [progress, setProgress] = useState<string | null>(null);

  async function send(entries: readonly Entry[], dryRun: boolean): Promise<Report | null> {
    const report: Report = { good: [], rejected: [], awardsReleased: 0, unknownCustomerIds: [] };
    setRefusals([]);
    for (let start = 0; start < entries.length; start += AT_ONCE) {
      setProgress(`${dryRun ? "Checking" : "Linking"} row ${count(start + 1)} of ${count(entries.length)} …`);
      const part = entries.slice(start, start + AT_ONCE);
      const result = await link({ variables: { input: part.map(({ input }) => input), dryRun } });
      const payload = result.data?.linkMembers;
      const answer = answerOf(result, payload);
      if (!payload || answer.refusals.length > 0) {
        setProgress(null);
        setRefusals(answer.refusals);
        return null;
      }
      const bad = new Set(payload.rejected.map(({ row }) => row));
      report.good.push(...part.filter((_, index) => !bad.has(index + 1)));
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
    const contradicted = contradictions(entries);
    const lines = new Set(contradicted.map(({ line }) => line));
    const report = await send(
      entries.filter(({ line }) => !lines.has(line)),
      true,
    );
    const byLine = (a: RejectedRow, b: RejectedRow) => (a.line ?? 0) - (b.line ?? 0);
    if (report) setChecked({ ...report, rejected: [...report.rejected, ...contradicted].sort(byLine) });
  }

  async function write() {
    if (!checked) return;
    setImported(await send(checked.good, false));
    setChecked(null);
  }

  return (
    <Page title="Import members">
      <Card title="Whose the ids of producers are">
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
              The first line names the columns: customerId, and memberId, userId or nik. Nothing is written before you
              have seen what is wrong with it. Importing a file again is safe.
            </p>
          </div>
          {progress && <p role="status">{progress}</p>}
          {problem && <Notice tone="bad">{problem}</Notice>}
          <Refusals refusals={refusals} />
          {imported && (
            <Notice
              tone={imported.rejected.length > 0 ? "calm" : "good"}
              title={`${count(imported.good.length)} rows are linked; ${count(imported.awardsReleased)} awards had waited for it.`}
            />
          )}
          {imported && <RejectedRows rows={imported.rejected} />}
          {checked && (
            <>
              <Notice
                tone={checked.rejected.length > 0 ? "calm" : "good"}
                title={`${count(checked.good.length)} rows are right, ${count(checked.rejected.length)} are not.`}
              >
                {checked.awardsReleased > 0 && <p>{`${count(checked.awardsReleased)} awards wait for it.`}</p>}
              </Notice>
              <RejectedRows rows={checked.rejected} />
              {checked.unknownCustomerIds.length > 0 && (
                <Notice title={`${count(checked.unknownCustomerIds.length)} customers have never signed in here.`}>
                  <p>
                    That is normal for new customers. Check the ids for mistakes, because a later import cannot change a
                    link: {checked.unknownCustomerIds.slice(0, 20).join(", ")}
                    {checked.unknownCustomerIds.length > 20 && " and others"}.
                  </p>
                </Notice>
              )}
              <div className={ui.row}>
                <Button disabled={checked.good.length === 0} onClick={() => void write()}>
                  {`Link ${count(checked.good.length)} rows`}
                </Button>
              </div>
            </>
          )}
        </div>
      </Card>
    </Page>
  );
}
