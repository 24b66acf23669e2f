import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { AddNoteDocument, AssignDocument, type NoteSubject } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { formResultOf, Refusals, TextArea } from "./form.tsx";
import { moment } from "./format.ts";
import { Card, Empty } from "./page.tsx";
import ui from "./ui.module.css";

interface NotesProps {
  subject: NoteSubject;
  notes: readonly { id: string; author: string; text: string; at: string }[];
  assignee: string | null;
  /** Reads the page again. */
  reload(): unknown;
}

/** Notes on an order or a customer, and the assigned operator. */
export function Notes({ subject, notes, assignee, reload }: NotesProps) {
  const { name } = useOperator();
  const [addNote, { loading }] = useMutation(AddNoteDocument);
  const [assign, assigning] = useMutation(AssignDocument);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);

  async function assignTo(next: string | null) {
    const result = await assign({ variables: { input: { to: subject, assignee: next } } });
    setRefusals(formResultOf(result, result.data?.assign).refusals);
    await reload();
  }

  return (
    <Card title="Notes">
      <div className={ui.row}>
        <span>{assignee ? `Assigned to ${assignee}.` : "Not assigned."}</span>
        {assignee !== name && (
          <Button variant="quiet" busy={assigning.loading} onClick={() => void assignTo(name)}>
            Assign to me
          </Button>
        )}
        {assignee !== null && (
          <Button variant="plain" onClick={() => void assignTo(null)}>
            Unassign
          </Button>
        )}
      </div>
      {notes.length === 0 && <Empty>No notes yet.</Empty>}
      <ul className={ui.list}>
        {notes.map(({ id, author, text, at }) => (
          <li key={id} className={ui.note}>
            <p>{text}</p>
            <small className={ui.soft}>{`${author} · ${moment(at)}`}</small>
          </li>
        ))}
      </ul>
      <form
        className={ui.form}
        onSubmit={async (event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const text = String(new FormData(form).get("text") ?? "");
          const result = await addNote({ variables: { input: { on: subject, text } } });
          const answer = formResultOf(result, result.data?.addNote);
          setRefusals(answer.refusals);
          if (answer.refusals.length > 0) return;
          form.reset();
          await reload();
        }}
      >
        <TextArea label="Add a note" name="text" required maxLength={4_000} help="Not visible to the customer." />
        <Refusals refusals={refusals} />
        <div className={ui.row}>
          <Button type="submit" variant="quiet" busy={loading}>
            Save the note
          </Button>
        </div>
      </form>
    </Card>
  );
}
