import { useMutation } from "@apollo/client/react";
import type { ReactNode } from "react";
import { SelectField, TextField } from "../../../microsite/src/ui/field.tsx";
import {
  type CustomerByIdQuery,
  type LinkedIdKind,
  LinkMemberDocument,
  MoveMemberDocument,
} from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ActionForm, formResultOf, TextArea } from "../ui/form.tsx";
import { moment } from "../ui/format.ts";
import { Card, Empty } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

type LinkedId = NonNullable<NonNullable<CustomerByIdQuery["customer"]>["linkedIds"]>[number];
interface Props {
  customerId: string;
  ids: readonly LinkedId[];
  reload(): Promise<unknown>;
}

const kindNames: Record<LinkedIdKind, string> = { MEMBER_ID: "Member id", USER_ID: "User id", NIK: "National id" };
const inputFields = { MEMBER_ID: "memberId", USER_ID: "userId", NIK: "nik" } as const;
const inputOf = (kind: LinkedIdKind, value: string) => ({ [inputFields[kind]]: value });

/** The producers' ids of the customer, with the actions to link, unlink and move an id. */
export function LinkedIds({ customerId, ids, reload }: Props) {
  const { may } = useOperator();
  return (
    <Card title="Linked ids">
      {ids.length === 0 && <Empty>No producer id is linked to the customer.</Empty>}
      <ul className={ui.list}>
        {ids.map((id) => (
          <li key={`${id.kind} ${id.value} ${id.linkedAt}`}>
            <span>
              {`${kindNames[id.kind]} `}
              <span className={ui.mono}>{id.value ?? "(only a hash is stored)"}</span>
              <br />
              <span className={`${ui.soft} ${ui.small}`}>{`linked ${moment(id.linkedAt)}`}</span>
            </span>
            {may("SUPPORT") && <MoveId customerId={customerId} id={id} reload={reload} />}
          </li>
        ))}
      </ul>
      {may("SUPPORT") && (
        <span className={ui.row}>
          <LinkId customerId={customerId} reload={reload} />
          {ids.length > 0 && <MoveAll customerId={customerId} reload={reload} />}
        </span>
      )}
    </Card>
  );
}

function LinkId({ customerId, reload }: Omit<Props, "ids">) {
  const [link] = useMutation(LinkMemberDocument);
  return (
    <ActionForm
      title="Link an id"
      submit="Link the id"
      send={async (fields) => {
        const kind = String(fields.get("kind")) as LinkedIdKind;
        const value = String(fields.get("value") ?? "").trim();
        const result = await link({ variables: { input: { customerId, ...inputOf(kind, value) } } });
        await reload();
        return formResultOf(result, result.data?.linkMember);
      }}
    >
      <p>
        Data stored under the id is assigned to the customer, and awards that were waiting for the link are credited.
      </p>
      <SelectField label="Kind" name="kind">
        {Object.entries(kindNames).map(([kind, name]) => (
          <option key={kind} value={kind}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Id"
        name="value"
        required
        inputMode="numeric"
        autoComplete="off"
        help="Digits only, as the producer sends it."
      />
    </ActionForm>
  );
}

function MoveId({ customerId, id, reload }: Omit<Props, "ids"> & { id: LinkedId }) {
  const name = `${kindNames[id.kind]}${id.value === null ? "" : ` ${id.value}`}`;
  return (
    <Move
      title={`Move ${name}`}
      customerId={customerId}
      reload={reload}
      idsOf={(fields) => inputOf(id.kind, id.value ?? String(fields.get("value") ?? "").trim())}
    >
      <p>
        Only the id moves, and only for future messages. Existing awards stay with this customer and can be moved
        individually.
      </p>
      {id.value === null && (
        <TextField label="The national id" name="value" required autoComplete="off" help="Only its hash is stored." />
      )}
    </Move>
  );
}

const MoveAll = ({ customerId, reload }: Omit<Props, "ids">) => (
  <Move title="Move all" customerId={customerId} reload={reload} idsOf={() => ({})}>
    <p>
      All ids move, and all awards that have not been credited. Awards that were credited, or may have been, stay with
      this customer: correct those in the ledger.
    </p>
  </Move>
);

interface MoveProps extends Omit<Props, "ids"> {
  title: string;
  idsOf(fields: FormData): { memberId?: string; userId?: string; nik?: string };
  children: ReactNode;
}

function Move({ title, customerId, reload, idsOf, children }: MoveProps) {
  const [move] = useMutation(MoveMemberDocument);
  return (
    <ActionForm
      title={title}
      submit="Move"
      send={async (fields) => {
        const toCustomerId = String(fields.get("to") ?? "").trim() || null;
        const note = String(fields.get("note") ?? "").trim();
        const result = await move({ variables: { input: { customerId, toCustomerId, note, ...idsOf(fields) } } });
        await reload();
        return formResultOf(result, result.data?.moveMember);
      }}
    >
      {children}
      <TextField
        label="New customer"
        name="to"
        spellCheck={false}
        autoComplete="off"
        help="Leave this field empty to only unlink the id."
      />
      <TextArea label="Reason" name="note" required help="Stored in the audit log." />
    </ActionForm>
  );
}
