import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { decodeText } from "../../../src/platform/csv-table.ts";
import { ImportRewardsDocument, type ImportRewardsMutation, RewardsDocument } from "../graphql/generated/graphql.ts";
import { answerOf, Refusals } from "../ui/form.tsx";
import { count } from "../ui/format.ts";
import { Card } from "../ui/page.tsx";
import { RejectedRows } from "../ui/rejected-rows.tsx";
import ui from "../ui/ui.module.css";

type Report = ImportRewardsMutation["importRewards"];

/** Changes many rewards by a file, in two steps: a check that reports all problems, then the change itself. */
export function ImportRewards() {
  const [send, { loading }] = useMutation(ImportRewardsDocument);
  const [csv, setCsv] = useState("");
  const [checked, setChecked] = useState<Report | null>(null);
  const [written, setWritten] = useState<Report | null>(null);
  const [refusals, setRefusals] = useState<ReturnType<typeof answerOf>["refusals"]>([]);

  async function ask(text: string, dryRun: boolean): Promise<Report | null> {
    const input = { csv: text, dryRun, skipRejected: true };
    const result = await send({ variables: { input }, ...(!dryRun && { refetchQueries: [RewardsDocument] }) });
    const answer = answerOf(result, result.data?.importRewards);
    setRefusals(answer.refusals);
    return answer.refusals.length === 0 ? (result.data?.importRewards ?? null) : null;
  }
  async function check(file: File | undefined) {
    setChecked(null);
    setWritten(null);
    setRefusals([]);
    if (!file) return;
    const text = decodeText(new Uint8Array(await file.arrayBuffer()));
    setCsv(text);
    setChecked(await ask(text, true));
  }
  async function write() {
    setWritten(await ask(csv, false));
    setChecked(null);
  }
  const changes = checked ? checked.created + checked.updated : 0;

  return (
    <Card title="Change many by a file">
      <div className={ui.form}>
        <div>
          <label htmlFor="rewards">A CSV file of rewards</label>
          <br />
          <input
            id="rewards"
            type="file"
            accept=".csv,text/csv,text/plain"
            onChange={({ target }) => void check(target.files?.[0])}
          />
          <p className={`${ui.soft} ${ui.small}`}>
            Export the rows as CSV, change them and choose the file here. Empty cells leave a field as it is, - clears
            it. A SKU that is new makes a draft, if the row has a kind. Nothing is written before you have seen what is
            wrong.
          </p>
        </div>
        {loading && <p role="status">Checking every row …</p>}
        <Refusals refusals={refusals} />
        {written && (
          <Notice
            tone="good"
            title={`${count(written.updated)} rewards are changed, ${count(written.created)} are made.`}
          />
        )}
        {checked && (
          <>
            <Notice
              tone={checked.rejected.length > 0 ? "calm" : "good"}
              title={`${count(checked.updated)} to change, ${count(checked.created)} to make, ${count(checked.unchanged)} as they are; ${count(checked.rejected.length)} rows are wrong.`}
            />
            <RejectedRows rows={checked.rejected} />
            <div className={ui.row}>
              <Button disabled={changes === 0} busy={loading} onClick={() => void write()}>
                {`Write ${count(changes)} ${changes === 1 ? "change" : "changes"}`}
              </Button>
            </div>
          </>
        )}
      </div>
    </Card>
  );
}
