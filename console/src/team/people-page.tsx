import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Navigate } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import {
  type AccountStateFragment,
  CreateOperatorAccountDocument,
  DisableOperatorAccountDocument,
  EndOperatorSessionDocument,
  OperatorAccountsDocument,
  type OperatorAccountsQuery,
  RenewOperatorAccountDocument,
  SetOperatorAccountRolesDocument,
} from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { moment, words } from "../ui/format.ts";
import { Card, Empty, Failure, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { RoleChoice, rolesOf, shownRoles } from "./role-choice.tsx";
import { type Secret, SecretNotice } from "./secret-notice.tsx";
import { TeamPage } from "./team-tabs.tsx";

/** The first page of Team: the accounts for administrators, the audit log for all others. */
export default function TeamStart() {
  const { may } = useOperator();
  return may("ADMIN") ? <People /> : <Navigate to="/team/audit" replace />;
}

/** The accounts, and the sessions of all operators. */
function People() {
  const { data, error, loading, refetch } = useQuery(OperatorAccountsDocument);
  const [create] = useMutation(CreateOperatorAccountDocument);
  const [link, setLink] = useState<Secret | null>(null);
  const showLink = (name: string, secret: string | null | undefined) =>
    secret &&
    setLink({
      title: `Enrolment link for ${name}`,
      help: "Send the link only to this person. It can be used once, within three days, and is not shown again.",
      value: `${location.origin}/console/enrol#${secret}`,
    });
  return (
    <TeamPage
      title="Team"
      actions={
        <ActionForm
          title="New account"
          submit="Create the account"
          variant="main"
          send={async (fields) => {
            const name = String(fields.get("name") ?? "")
              .trim()
              .toLowerCase();
            const result = await create({ variables: { input: { name, roles: rolesOf(fields) } } });
            showLink(name, result.data?.createOperatorAccount.enrolmentSecret);
            await refetch();
            return formResultOf(result, result.data?.createOperatorAccount);
          }}
        >
          <TextField label="Name" name="name" required autoCapitalize="none" help="For example asha or asha.rao." />
          <RoleChoice />
        </ActionForm>
      }
    >
      <SecretNotice secret={link} onClose={() => setLink(null)} />
      <Failure error={error} retry={refetch} />
      {loading && !data && <Waiting />}
      {data && (
        <>
          <Card title="Accounts">
            {data.operatorAccounts.length === 0 && (
              <Empty>
                No accounts yet. People can sign in with the identity provider or a key; create accounts for everyone
                else.
              </Empty>
            )}
            <ul className={ui.list}>
              {data.operatorAccounts.map((account) => (
                <Account key={account.name} account={account} reload={refetch} showLink={showLink} />
              ))}
            </ul>
          </Card>
          <Sessions sessions={data.operatorSessions} reload={refetch} />
        </>
      )}
    </TeamPage>
  );
}

interface AccountProps {
  account: AccountStateFragment;
  reload(): Promise<unknown>;
  showLink(name: string, secret: string | null | undefined): void;
}

function Account({ account, reload, showLink }: AccountProps) {
  const { name, roles, isEnrolled, enrolmentExpiresAt, disabledAt, disabledBy } = account;
  const [renew] = useMutation(RenewOperatorAccountDocument);
  const [setRoles] = useMutation(SetOperatorAccountRolesDocument);
  const [disable] = useMutation(DisableOperatorAccountDocument);
  return (
    <li>
      <span>
        <strong>{name}</strong> <span className={ui.soft}>{shownRoles(roles)}</span>
        <br />
        <span className={`${ui.soft} ${ui.small}`}>
          {disabledAt
            ? `Disabled by ${disabledBy} on ${moment(disabledAt)}.`
            : isEnrolled
              ? `Created by ${account.createdBy} on ${moment(account.createdAt)}.`
              : enrolmentExpiresAt
                ? `Not enrolled yet. The enrolment link expires on ${moment(enrolmentExpiresAt)}.`
                : "The enrolment link has expired: create a new one."}
        </span>
      </span>
      {disabledAt && <Badge tone="bad">Disabled</Badge>}
      <span className={ui.row}>
        <ActionForm
          title={`Roles of ${name}`}
          submit="Change the roles"
          send={async (fields) => {
            const result = await setRoles({ variables: { input: { name, roles: rolesOf(fields) } } });
            await reload();
            return formResultOf(result, result.data?.setOperatorAccountRoles);
          }}
        >
          <RoleChoice chosen={roles} />
          <p>The sessions of the account end, so that the new roles apply immediately.</p>
        </ActionForm>
        <ActionForm
          title={`New link for ${name}`}
          submit="Create a new link"
          send={async () => {
            const result = await renew({ variables: { input: { name } } });
            showLink(name, result.data?.renewOperatorAccount.enrolmentSecret);
            await reload();
            return formResultOf(result, result.data?.renewOperatorAccount);
          }}
        >
          <p>
            For a person who has lost the password or the phone: both become invalid, and the sessions end. Nobody can
            sign in as {name} until the new link is used.
          </p>
        </ActionForm>
        {!disabledAt && (
          <ActionForm
            title={`Disable ${name}`}
            submit="Disable the account"
            variant="danger"
            send={async () => {
              const result = await disable({ variables: { input: { name } } });
              await reload();
              return formResultOf(result, result.data?.disableOperatorAccount);
            }}
          >
            <p>
              The sessions of the account end immediately, and nobody can sign in as {name} until a new link is created.
            </p>
          </ActionForm>
        )}
      </span>
    </li>
  );
}

function Sessions(props: { sessions: OperatorAccountsQuery["operatorSessions"]; reload(): Promise<unknown> }) {
  const { sessions, reload } = props;
  const [end] = useMutation(EndOperatorSessionDocument);
  return (
    <Card title="Active sessions">
      {sessions.length === 0 && <Empty>No active sessions.</Empty>}
      <ul className={ui.list}>
        {sessions.map(({ id, name, roles, signedInBy, startedAt, expiresAt, isOwn }) => (
          <li key={id}>
            <span>
              <strong>{name}</strong> <span className={ui.soft}>{shownRoles(roles)}</span>
              {isOwn && " (this session)"}
              <br />
              <span className={`${ui.soft} ${ui.small}`}>
                {`Signed in with ${words(signedInBy).toLowerCase()} since ${moment(startedAt)}, until ${moment(expiresAt)} at the latest.`}
              </span>
            </span>
            <ActionForm
              title={`End the session of ${name}`}
              submit="End the session"
              send={async () => {
                const result = await end({ variables: { input: { id } } });
                await reload();
                return formResultOf(result, result.data?.endOperatorSession);
              }}
            >
              <p>{name} is signed out of this browser immediately, and can sign in again.</p>
            </ActionForm>
          </li>
        ))}
      </ul>
    </Card>
  );
}
