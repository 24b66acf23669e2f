import { useMutation } from "@apollo/client/react";
import {
  type BreakFragment,
  BreaksDocument,
  MonthByNameDocument,
  type RepairAction,
  RepairDocument,
} from "../graphql/generated/graphql.ts";
import { ActionForm, formResultOf, TextArea } from "../ui/form.tsx";
import ui from "../ui/ui.module.css";
import { repairTexts } from "./break-texts.ts";

/** Repairs a break or writes it off, with a note about the evidence. */
export function BreakActions({ reconciliationBreak }: { reconciliationBreak: BreakFragment }) {
  const [repair] = useMutation(RepairDocument);
  const repairText = repairTexts[reconciliationBreak.repair];
  const send = (action: RepairAction) => async (fields: FormData) => {
    const input = { breakId: reconciliationBreak.id, action, note: String(fields.get("note") ?? "") };
    const refetchQueries = [BreaksDocument, MonthByNameDocument];
    const result = await repair({ variables: { input }, refetchQueries });
    return formResultOf(result, result.data?.repairBreak);
  };
  const note = (
    <TextArea
      label="Evidence"
      name="note"
      required
      help="The ledger entry, where it was found and by whom. Stored in the audit log."
    />
  );
  return (
    <div className={ui.row}>
      {repairText && (
        <ActionForm title={repairText.button} submit={repairText.button} variant="main" send={send("REPAIR")}>
          <p>{repairText.effect}</p>
          {note}
        </ActionForm>
      )}
      <ActionForm title="Write off" submit="Write off" variant="danger" send={send("WRITE_OFF")}>
        <p>No request is sent and no points move. The difference remains.</p>
        {note}
      </ActionForm>
    </div>
  );
}
