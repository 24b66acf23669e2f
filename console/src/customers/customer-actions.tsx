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
import { ActionForm, formResultOf, TextArea } from "../ui/form.tsx";
import { moment } from "../ui/format.ts";
import ui from "../ui/ui.module.css";
import { EraseCustomer } from "./erase-customer.tsx";

type Session = NonNullable<CustomerStateFragment["sessions"]>[number];

/** Ends a single session, such as that of a lost phone. */
export function EndSession({ customerId, session }: { customerId: string; session: Session }) {
  const [signOut] = useMutation(SignOutCustomerDocument);
  const name = `${session.device ?? "Unknown device"}, since ${moment(session.startedAt)}`;
  return (
    <ActionForm
      title="End"
      label={`End the session: ${name}`}
      submit="End the session"
      send={async (fields) => {
        const note = String(fields.get("note") ?? "");
        const result = await signOut({ variables: { input: { customerId, sessionId: session.id, note } } });
        return formResultOf(result, result.data?.signOutCustomer);
      }}
    >
      <p>{`${name}. This session ends immediately; other sessions remain.`}</p>
      <TextArea label="Reason" name="note" help="Stored in the audit log." />
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
          return formResultOf(result, result.data?.exportCustomer);
        }}
      >
        <p>
          All stored data about the customer, as JSON, for an access request. The export is recorded in the audit log.
        </p>
      </ActionForm>
      <ActionForm
        title="Sign out everywhere"
        submit="Sign out everywhere"
        disabled={customer.sessions?.length === 0}
        send={async (fields) => {
          const result = await signOut({ variables: { input: { customerId, note: note(fields) } } });
          return formResultOf(result, result.data?.signOutCustomer);
        }}
      >
        <p>Every session of the customer ends immediately. The customer can sign in again.</p>
        <TextArea label="Reason" name="note" />
      </ActionForm>
      {block ? (
        <ActionForm
          key="unblock"
          title="Unblock"
          submit="Unblock the customer"
          send={async (fields) => {
            const result = await unblock({ variables: { input: { customerId, note: note(fields) } } });
            return formResultOf(result, result.data?.unblockCustomer);
          }}
        >
          <p>The customer can sign in again.</p>
          <TextArea label="Reason" name="note" />
        </ActionForm>
      ) : (
        <ActionForm
          key="block"
          title="Block"
          submit="Block the customer"
          variant="danger"
          send={async (fields) => {
            const result = await blockCustomer({ variables: { input: { customerId, reason: note(fields) } } });
            return formResultOf(result, result.data?.blockCustomer);
          }}
        >
          <p>
            Every session ends, and the customer cannot sign in until an operator unblocks the account. Orders that were
            already placed continue.
          </p>
          <TextArea
            label="Reason"
            name="note"
            required
            maxLength={500}
            help="Visible to other operators, but not to the customer."
          />
        </ActionForm>
      )}
      {may("ADMIN") && <EraseCustomer customerId={customerId} />}
    </span>
  );
}
