import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { ImportCodesDocument, type ImportCodesMutation, VoucherPoolDocument } from "../graphql/generated/graphql.ts";
import { formResultOf, Refusals } from "../ui/form.tsx";
import { count } from "../ui/format.ts";
import { Card } from "../ui/page.tsx";
import { RejectedRows } from "../ui/rejected-rows.tsx";
import ui from "../ui/ui.module.css";

type Report = ImportCodesMutation["importVoucherCodes"];

/** The gateway accepts requests of up to a megabyte. */
const MAX_BYTES = 900_000;

/** Imports a file of codes in two steps: a check row by row with a report, then the import itself. */
export function ImportCodes({ rewardId }: { rewardId: string }) {
  const [send, { loading }] = useMutation(ImportCodesDocument);
  const [csv, setCsv] = useState<string | null>(null);
  const [checked, setChecked] = useState<Report | null>(null);
  const [imported, setImported] = useState<number | null>(null);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);
  const [tooLarge, setTooLarge] = useState(false);

  async function check(file: File | undefined) {
    setChecked(null);
    setImported(null);
    setRefusals([]);
    setTooLarge((file?.size ?? 0) > MAX_BYTES);
    if (!file || file.size > MAX_BYTES) return;
    const text = await file.text();
    setCsv(text);
    const result = await send({ variables: { input: { rewardId, csv: text, dryRun: true, skipRejected: true } } });
    setRefusals(formResultOf(result, result.data?.importVoucherCodes).refusals);
    setChecked(result.data?.importVoucherCodes ?? null);
  }

  async function importCodes() {
    if (csv === null) return;
    const result = await send({
      variables: { input: { rewardId, csv, dryRun: false, skipRejected: true } },
      refetchQueries: [VoucherPoolDocument],
    });
    const { refusals } = formResultOf(result, result.data?.importVoucherCodes);
    setRefusals(refusals);
    if (refusals.length > 0) return;
    setImported(result.data?.importVoucherCodes.imported ?? 0);
    setChecked(null);
    setCsv(null);
  }

  const rejected = checked?.rejected ?? [];
  return (
    <Card title="Import codes">
      <div className={ui.form}>
        <div>
          <label htmlFor="codes">A CSV file of codes</label>
          <br />
          <input
            id="codes"
            type="file"
            accept=".csv,text/csv,text/plain"
            onChange={({ target }) => void check(target.files?.[0])}
          />
          <p className={`${ui.soft} ${ui.small}`}>
            The first line names the columns: code, and optionally pin and validUntil (such as 2027-03-31). The file is
            only checked at first: you see its problems before any code is imported.
          </p>
        </div>
        {loading && <p role="status">Checking the rows …</p>}
        {tooLarge && (
          <Notice tone="bad">
            The file is larger than 0.9 MB. Split it, or import it with node dist/bin/tessera.mjs vouchers:import.
          </Notice>
        )}
        <Refusals refusals={refusals} />
        {imported !== null && <Notice tone="good" title={`${count(imported)} codes were imported.`} />}
        {checked && refusals.length === 0 && (
          <>
            <Notice
              tone={rejected.length > 0 ? "calm" : "good"}
              title={`${count(checked.imported)} codes are valid, ${count(rejected.length)} rows are not.`}
            >
              {rejected.length > 0 && (
                <p>Import the valid codes now and correct the others later, or correct the file and choose it again.</p>
              )}
            </Notice>
            <RejectedRows rows={rejected} />
            <Button disabled={checked.imported === 0} busy={loading} onClick={() => void importCodes()}>
              {`Import ${count(checked.imported)} codes`}
            </Button>
          </>
        )}
      </div>
    </Card>
  );
}
