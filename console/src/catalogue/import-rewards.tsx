import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { decodeText } from "../../../src/platform/csv-table.ts";
import { ImportRewardsDocument, type ImportRewardsMutation, RewardsDocument } from "../graphql/generated/graphql.ts";
import { formResultOf, Refusals } from "../ui/form.tsx";
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
  const [imported, setImported] = useState<Report | null>(null);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);

  async function sendFile(text: string, dryRun: boolean): Promise<Report | null> {
    const input = { csv: text, dryRun, skipRejected: true };
    const result = await send({ variables: { input }, ...(!dryRun && { refetchQueries: [RewardsDocument] }) });
    const answer = formResultOf(result, result.data?.importRewards);
    setRefusals(answer.refusals);
    return answer.refusals.length === 0 ? (result.data?.importRewards ?? null) : null;
  }
  async function check(file: File | undefined) {
    setChecked(null);
    setImported(null);
    setRefusals([]);
    if (!file) return;
    const text = decodeText(new Uint8Array(await file.arrayBuffer()));
    setCsv(text);
    setChecked(await sendFile(text, true));
  }
  async function importRewards() {
    setImported(await sendFile(csv, false));
    setChecked(null);
  }
  const changes = checked ? checked.created + checked.updated : 0;

  return (
    <Card title="Import changes">
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
            Export the rewards as CSV, change them and choose the file here. An empty cell leaves the field unchanged,
            and - clears it. A row with a new SKU and a kind creates a draft. The file is only checked at first: you see
            its problems before any reward is changed.
          </p>
        </div>
        {loading && <p role="status">Checking the rows …</p>}
        <Refusals refusals={refusals} />
        {imported && (
          <Notice
            tone="good"
            title={`${count(imported.updated)} rewards were updated, ${count(imported.created)} were created.`}
          />
        )}
        {checked && (
          <>
            <Notice
              tone={checked.rejected.length > 0 ? "calm" : "good"}
              title={`${count(checked.updated)} to update, ${count(checked.created)} to create, ${count(checked.unchanged)} unchanged; ${count(checked.rejected.length)} invalid rows.`}
            />
            <RejectedRows rows={checked.rejected} />
            <div className={ui.row}>
              <Button disabled={changes === 0} busy={loading} onClick={() => void importRewards()}>
                {`Apply ${count(changes)} ${changes === 1 ? "change" : "changes"}`}
              </Button>
            </div>
          </>
        )}
      </div>
    </Card>
  );
}
