import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import {
  CreateOperatorKeyDocument,
  OperatorKeysDocument,
  WithdrawOperatorKeyDocument,
} from "../graphql/generated/graphql.ts";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { moment } from "../ui/format.ts";
import { Card, Empty, Failure, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { RoleChoice, rolesOf, shownRoles } from "./role-choice.tsx";
import { type Secret, SecretNotice } from "./secret-notice.tsx";
import { TeamPage } from "./team-tabs.tsx";

const DAY_MS = 86_400_000;
const MAX_DAYS = 366;
const dateAfter = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

/** Operator keys, for programs. */
export default function KeysPage() {
  const { data, error, loading, refetch } = useQuery(OperatorKeysDocument);
  const [create] = useMutation(CreateOperatorKeyDocument);
  const [withdraw] = useMutation(WithdrawOperatorKeyDocument);
  const [secret, setSecret] = useState<Secret | null>(null);
  const now = Date.now();
  return (
    <TeamPage
      title="Keys"
      actions={
        <ActionForm
          title="New key"
          submit="Create the key"
          variant="main"
          send={async (fields) => {
            const name = String(fields.get("name") ?? "").trim();
            const expiresAt = new Date(`${fields.get("until")}T23:59:59`).toISOString();
            const result = await create({ variables: { input: { name, roles: rolesOf(fields), expiresAt } } });
            const value = result.data?.createOperatorKey.secret;
            if (value) {
              const help = "Store the key where only the program can read it. It is not shown again.";
              setSecret({ title: `Key ${name}`, help, value });
            }
            await refetch();
            return formResultOf(result, result.data?.createOperatorKey);
          }}
        >
          <TextField label="Name" name="name" required help="For example back-office. A name can be used only once." />
          <RoleChoice />
          <TextField
            label="Valid until"
            name="until"
            type="date"
            required
            min={dateAfter(0)}
            max={dateAfter(MAX_DAYS - 1)}
            defaultValue={dateAfter(90)}
          />
        </ActionForm>
      }
    >
      <SecretNotice secret={secret} onClose={() => setSecret(null)} />
      <Failure error={error} retry={refetch} />
      {loading && !data && <Waiting />}
      {data && (
        <Card label="List of keys">
          {data.operatorKeys.length === 0 && <Empty>No keys yet.</Empty>}
          <ul className={ui.list}>
            {data.operatorKeys.map(({ name, roles, createdBy, createdAt, expiresAt, withdrawnAt, withdrawnBy }) => (
              <li key={name}>
                <span>
                  <strong>{name}</strong> <span className={ui.soft}>{shownRoles(roles)}</span>
                  <br />
                  <span className={`${ui.soft} ${ui.small}`}>
                    {`Created by ${createdBy} on ${moment(createdAt)}. `}
                    {withdrawnAt
                      ? `Withdrawn by ${withdrawnBy} on ${moment(withdrawnAt)}.`
                      : `Until ${moment(expiresAt)}.`}
                  </span>
                </span>
                {withdrawnAt && <Badge tone="bad">Withdrawn</Badge>}
                {!withdrawnAt && Date.parse(expiresAt) <= now && <Badge tone="calm">Expired</Badge>}
                {!withdrawnAt && Date.parse(expiresAt) > now && (
                  <ActionForm
                    title={`Withdraw ${name}`}
                    submit="Withdraw the key"
                    variant="danger"
                    send={async () => {
                      const result = await withdraw({ variables: { input: { name } } });
                      await refetch();
                      return formResultOf(result, result.data?.withdrawOperatorKey);
                    }}
                  >
                    <p>The key becomes invalid immediately, and its connections and console sessions end.</p>
                  </ActionForm>
                )}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </TeamPage>
  );
}
