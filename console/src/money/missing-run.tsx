import { useMutation, useQuery } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { type MonthFragment, RunByIdDocument, StartRunDocument } from "../graphql/generated/graphql.ts";
import { formResultOf, Refusals } from "../ui/form.tsx";
import ui from "../ui/ui.module.css";
import { RUN_POLL_MS } from "./runs-page.tsx";

/** Starts a reconciliation of the month up to now, and reads the month again when the run has ended. */
export function MissingRun({ month, reload }: { month: MonthFragment; reload(): unknown }) {
  const [start, { loading }] = useMutation(StartRunDocument);
  const [runId, setRunId] = useState<string | null>(null);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);
  const { data } = useQuery(RunByIdDocument, {
    variables: { id: runId ?? "" },
    skip: runId === null,
    pollInterval: RUN_POLL_MS,
    fetchPolicy: "network-only",
  });
  const isFinished = data?.reconciliationRun?.finishedAt != null;
  useEffect(() => {
    if (!isFinished) return;
    setRunId(null);
    void reload();
  }, [isFinished, reload]);

  async function run() {
    const to = new Date(Math.min(Date.parse(month.to), Date.now())).toISOString();
    const result = await start({ variables: { input: { from: month.from, to } } });
    const payload = result.data?.runReconciliation;
    setRefusals(formResultOf(result, payload).refusals);
    setRunId(payload?.run?.id ?? null);
  }

  return (
    <>
      <Refusals refusals={refusals} />
      <div className={ui.row}>
        <Button busy={loading || runId !== null} onClick={() => void run()}>
          Reconcile the month now
        </Button>
        {runId !== null && <span role="status">Comparing the month with the records of the other systems …</span>}
      </div>
    </>
  );
}
