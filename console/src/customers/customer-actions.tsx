import { useMutation } from "@apollo/client/react";
import {
  BlockCustomerDocument,
  type CustomerStateFragment,
  ExportCustomerDocument,
  SignOutCustomerDocument,
  UnblockCustomerDocument,
} from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { download } from "../ui/csv.ts";
import { ActionForm, answerOf, TextArea } from "../ui/form.tsx";
import { moment } from "../ui/format.ts";
import ui from "../ui/ui.module.css";
import { EraseCustomer } from "./erase-customer.tsx";

type Session = NonNullable<CustomerStateFragment["sessions"]>[number];

/** Ends a single session, such as that of a lost phone. */
export function EndSession({ customerId, session }: { customerId: string; session: Session }) {
  const [signOut] = useMutation(SignOutCustomerDocument);
  const name = `${session.device ?? "Device not known"}, since ${moment(session.startedAt)}`;
  return (
    <ActionForm
      title="End"
      label={`End the session: ${name}`}
      submit="End the session"
      send={async (fields) => {
        const note = String(fields.get("note") ?? "");
        const result = await signOut({ variables: { input: { customerId, sessionId: session.id, note } } });
        return answerOf(result, result.data?.signOutCustomer);
      }}
    >
      <p>{`${name}. It ends at once; other sessions stay.`}</p>
      <TextArea label="Why" name="note" help="It is kept in the audit log." />
    </ActionForm>
  );
}

export function CustomerActions({ customer }: { customer: CustomerStateFragment }) {
  const { customerId, block } = customer;
  const { may } = useOperator();
  const [signOut] = useMutation(SignOutCustomerDocument);
  const [blockCustomer] = useMutation(BlockCustomerDocument);
  const [unblock] = useMutation(UnblockCustomerDocument);
  const [exportCustomer] = useMutation(ExportCustomerDocument);
  const note = (fields: FormData) => String(fields.get("note") ?? "");
  return (
    <span className={ui.row}>
      <ActionForm
        title="Export"
        submit="Download the document"
        send={async () => {
          const result = await exportCustomer({ variables: { input: { customerId } } });
          const document = result.data?.exportCustomer.document;
          if (document) download(`${customerId}.json`, "application/json", document);
          return answerOf(result, result.data?.exportCustomer);
        }}
      >
        <p>
          Everything that is stored about the customer, as JSON: the answer to a request for access. It is recorded in
          the audit log.
        </p>
      </ActionForm>
      <ActionForm
        title="Sign out everywhere"
        submit="Sign out everywhere"
        disabled={customer.sessions?.length === 0}
        send={async (fields) => {
          const result = await signOut({ variables: { input: { customerId, note: note(fields) } } });
          return answerOf(result, result.data?.signOutCustomer);
        }}
      >
        <p>Every session of the customer ends at once. The customer may sign in again.</p>
        <TextArea label="Why" name="note" />
      </ActionForm>
      {block ? (
        <ActionForm
          title="Lift the block"
          submit="Lift the block"
          send={async (fields) => {
            const result = await unblock({ variables: { input: { customerId, note: note(fields) } } });
            return answerOf(result, result.data?.unblockCustomer);
          }}
        >
          <p>The customer may sign in again.</p>
          <TextArea label="Why" name="note" />
        </ActionForm>
      ) : (
        <ActionForm
          title="Block"
          submit="Block the customer"
          look="danger"
          send={async (fields) => {
            const result = await blockCustomer({ variables: { input: { customerId, reason: note(fields) } } });
            return answerOf(result, result.data?.blockCustomer);
          }}
        >
          <p>
            Every session ends, and nobody can sign in as the customer until the block is lifted. Orders that were
            placed go on.
          </p>
          <TextArea
            label="Why"
            name="note"
            required
            maxLength={500}
            help="Other operators see it; the customer does not."
          />
        </ActionForm>
      )}
      {may("ADMIN") && <EraseCustomer customerId={customerId} />}
    </span>
  );
}
