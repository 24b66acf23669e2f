import { useMutation } from "@apollo/client/react";
import {
  type BreakFragment,
  BreaksDocument,
  MonthByNameDocument,
  type RepairAction,
  RepairDocument,
} from "../graphql/generated/graphql.ts";
import { ActionForm, answerOf, TextArea } from "../ui/form.tsx";
import ui from "../ui/ui.module.css";
import { repairWords } from "./break-words.ts";

/** Repairs a break or writes it off, with a note about the evidence. */
export function BreakActions({ found }: { found: BreakFragment }) {
  const [repair] = useMutation(RepairDocument);
  const words = repairWords[found.repair];
  const send = (action: RepairAction) => async (fields: FormData) => {
    const input = { breakId: found.id, action, note: String(fields.get("note") ?? "") };
    const refetchQueries = [BreaksDocument, MonthByNameDocument];
    const result = await repair({ variables: { input }, refetchQueries });
    return answerOf(result, result.data?.repairBreak);
  };
  const note = (
    <TextArea
      label="Evidence"
      name="note"
      required
      help="The entry that was looked up, where and by whom. Kept in the audit log."
    />
  );
  return (
    <div className={ui.row}>
      {words && (
        <ActionForm title={words.button} submit={words.button} look="main" send={send("REPAIR")}>
          <p>{words.effect}</p>
          {note}
        </ActionForm>
      )}
      <ActionForm title="Write it off" submit="Write it off" look="danger" send={send("WRITE_OFF")}>
        <p>Nothing is sent, and no points move. The difference stays as it is.</p>
        {note}
      </ActionForm>
    </div>
  );
}
