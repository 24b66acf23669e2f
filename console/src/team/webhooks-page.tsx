import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Link } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { CreateWebhookDocument, WebhooksDocument } from "../graphql/generated/graphql.ts";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { words } from "../ui/format.ts";
import { Card, Empty, Failure, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { type Secret, SecretNotice } from "./secret-notice.tsx";
import { TeamPage } from "./team-tabs.tsx";
import { WebhookFields, webhookFieldsOf } from "./webhook-fields.tsx";

/** The webhooks that receive events. */
export default function WebhooksPage() {
  const { data, error, loading, refetch } = useQuery(WebhooksDocument);
  const [create] = useMutation(CreateWebhookDocument);
  const [secret, setSecret] = useState<Secret | null>(null);
  return (
    <TeamPage
      title="Webhooks"
      actions={
        <ActionForm
          title="New webhook"
          submit="Create the webhook"
          variant="main"
          send={async (fields) => {
            const name = String(fields.get("name") ?? "").trim();
            const result = await create({ variables: { input: { name, ...webhookFieldsOf(fields) } } });
            const value = result.data?.createWebhook.secret;
            if (value) setSecret({ title: `The secret of ${name}`, help: SECRET_HELP, value });
            await refetch();
            return formResultOf(result, result.data?.createWebhook);
          }}
        >
          <TextField label="Name" name="name" required help="For example crm." />
          <WebhookFields />
        </ActionForm>
      }
    >
      <SecretNotice secret={secret} onClose={() => setSecret(null)} />
      <Failure error={error} retry={refetch} />
      {loading && !data && <Waiting />}
      {data && (
        <Card label="List of webhooks">
          {data.webhooks.length === 0 && <Empty>No webhooks yet.</Empty>}
          <ul className={ui.list}>
            {data.webhooks.map(({ name, url, eventTypes, active }) => (
              <li key={name}>
                <span>
                  <Link to={`/team/webhooks/${encodeURIComponent(name)}`}>{name}</Link>{" "}
                  <span className={ui.soft}>{url}</span>
                  <br />
                  <span className={`${ui.soft} ${ui.small}`}>{eventTypes.map((type) => words(type)).join(", ")}</span>
                </span>
                {!active && <Badge tone="calm">Paused</Badge>}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </TeamPage>
  );
}

export const SECRET_HELP =
  "The receiver verifies X-Tessera-Signature with it. Store it where only the receiver can read it; it is not shown again.";
