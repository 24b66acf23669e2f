import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Dialog } from "../../../microsite/src/ui/dialog.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import {
  DeleteWebhookDocument,
  ReplayWebhookDocument,
  RotateWebhookSecretDocument,
  TestWebhookDocument,
  UpdateWebhookDocument,
  WebhookByNameDocument,
  type WebhookByNameQuery,
  type WebhookDeliveryState,
  type WebhookStateFragment,
} from "../graphql/generated/graphql.ts";
import { ExportButton } from "../ui/export-button.tsx";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { count, moment, total, words } from "../ui/format.ts";
import { Card, Empty, Fact, Facts, Failure, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { usePages } from "../ui/use-pages.ts";
import { VirtualTable } from "../ui/virtual-table.tsx";
import { type Secret, SecretNotice } from "./secret-notice.tsx";
import { TeamPage } from "./team-tabs.tsx";
import { WebhookFields, webhookFieldsOf } from "./webhook-fields.tsx";
import { SECRET_HELP } from "./webhooks-page.tsx";

type Delivery = NonNullable<WebhookByNameQuery["webhook"]>["deliveries"]["nodes"][number];
const states: WebhookDeliveryState[] = ["PENDING", "DELIVERED", "FAILED"];
const tones = { PENDING: "calm", DELIVERED: "good", FAILED: "bad" } as const;

/** A webhook with its deliveries. */
export default function WebhookPage() {
  const { name = "" } = useParams();
  const [search] = useSearchParams();
  const state = states.find((known) => known === search.get("state"));
  const pages = usePages(
    WebhookByNameDocument,
    { name, states: state ? [state] : null },
    ({ webhook }) => webhook?.deliveries,
  );
  const { data, rows, error, loading, reload } = pages;
  const [secret, setSecret] = useState<Secret | null>(null);
  const [shown, setShown] = useState<Delivery | null>(null);
  const webhook = data?.webhook;
  const path = `/team/webhooks/${encodeURIComponent(name)}`;
  return (
    <TeamPage title={name} actions={webhook && <Actions webhook={webhook} reload={reload} showSecret={setSecret} />}>
      <SecretNotice secret={secret} onClose={() => setSecret(null)} />
      <Failure error={error} retry={reload} />
      {loading && !data && <Waiting />}
      {data && !webhook && <Notice title="Webhook not found." />}
      {webhook && (
        <>
          <Card label="Webhook">
            <Facts>
              <Fact name="Address">{webhook.url}</Fact>
              <Fact name="Events">{webhook.eventTypes.map((type) => words(type)).join(", ")}</Fact>
              <Fact name="State">{webhook.active ? "Active" : "Paused: no events are recorded for this webhook"}</Fact>
              <Fact name="Created">{`by ${webhook.createdBy} on ${moment(webhook.createdAt)}`}</Fact>
            </Facts>
          </Card>
          <Card
            title="Deliveries"
            aside={
              <span className={ui.row}>
                <span className={ui.soft}>{total(webhook.deliveries.totalCount)}</span>
                <ExportButton
                  name="deliveries.csv"
                  header={["id", "occurred_at", "event", "subject", "state", "attempts", "last_status", "last_error"]}
                  toCells={(row) => [
                    [
                      ...[row.messageId, row.occurredAt, row.eventType, row.subject, row.state, row.attempts],
                      ...[row.lastStatus ?? "", row.lastError ?? ""],
                    ],
                  ]}
                  disabled={rows.length === 0}
                  read={pages.read}
                />
              </span>
            }
          >
            <nav className={ui.views} aria-label="Deliveries">
              {[null, ...states].map((each) => (
                <Link
                  key={each ?? "all"}
                  to={each ? `${path}?state=${each}` : path}
                  aria-current={(each ?? undefined) === state ? "page" : undefined}
                >
                  {each ? words(each) : "All"}
                </Link>
              ))}
            </nav>
            {rows.length === 0 ? (
              <Empty>No deliveries in this view. Send a test to check the receiver.</Empty>
            ) : (
              <VirtualTable
                label="Deliveries"
                rows={rows}
                rowKey={({ id }) => id}
                onOpen={(row) => setShown(row)}
                hasMore={pages.hasMore}
                onMore={pages.readMore}
                columns={[
                  { name: "When", width: "11rem", show: ({ occurredAt }) => moment(occurredAt) },
                  { name: "Event", width: "12rem", show: ({ eventType }) => words(eventType) },
                  { name: "Subject", width: "minmax(8rem, 2fr)", show: ({ subject }) => subject },
                  {
                    name: "State",
                    width: "8rem",
                    show: ({ state }) => <Badge tone={tones[state]}>{words(state)}</Badge>,
                  },
                  { name: "Attempts", width: "5rem", number: true, show: ({ attempts }) => count(attempts) },
                ]}
              />
            )}
          </Card>
        </>
      )}
      {shown && (
        <Dialog title={words(shown.eventType)} isOpen onClose={() => setShown(null)}>
          <Facts>
            <Fact name="State">{words(shown.state)}</Fact>
            <Fact name="Id">{shown.messageId}</Fact>
            <Fact name="Last response">{shown.lastStatus ?? shown.lastError ?? "none"}</Fact>
            {shown.dueAt && <Fact name="Next attempt">{moment(shown.dueAt)}</Fact>}
          </Facts>
          <pre className={ui.pre}>{JSON.stringify(JSON.parse(shown.body), null, 2)}</pre>
          <Replay name={name} delivery={shown} onDone={() => setShown(null)} reload={reload} />
        </Dialog>
      )}
    </TeamPage>
  );
}

function Replay(props: { name: string; delivery: Delivery; onDone(): void; reload(): Promise<unknown> }) {
  const { name, delivery, onDone, reload } = props;
  const [replay, { loading }] = useMutation(ReplayWebhookDocument);
  if (delivery.state === "PENDING") return null;
  return (
    <Button
      variant="quiet"
      busy={loading}
      onClick={async () => {
        await replay({ variables: { input: { name, deliveryIds: [delivery.id] } } });
        await reload();
        onDone();
      }}
    >
      Resend
    </Button>
  );
}

function Actions(props: {
  webhook: WebhookStateFragment;
  reload(): Promise<unknown>;
  showSecret(secret: Secret): void;
}) {
  const { webhook, reload, showSecret } = props;
  const { name, active } = webhook;
  const navigate = useNavigate();
  const [test, testing] = useMutation(TestWebhookDocument);
  const [update] = useMutation(UpdateWebhookDocument);
  const [rotate] = useMutation(RotateWebhookSecretDocument);
  const [remove] = useMutation(DeleteWebhookDocument);
  const [replay] = useMutation(ReplayWebhookDocument);
  return (
    <span className={ui.row}>
      <Button
        variant="quiet"
        busy={testing.loading}
        onClick={async () => {
          await test({ variables: { input: { name } } });
          await reload();
        }}
      >
        Send a test
      </Button>
      <ActionForm
        title="Resend failed deliveries"
        submit="Resend"
        send={async (fields) => {
          const failedSince = new Date(`${fields.get("since")}T00:00:00`).toISOString();
          const result = await replay({ variables: { input: { name, failedSince } } });
          await reload();
          return formResultOf(result, result.data?.replayWebhook);
        }}
      >
        <TextField label="Events since" name="since" type="date" required />
        <p>The deliveries keep their ids, so the receiver recognises duplicates.</p>
      </ActionForm>
      <ActionForm
        title="Edit"
        submit="Save"
        send={async (fields) => {
          const input = { name, ...webhookFieldsOf(fields), active: fields.get("active") !== null };
          const result = await update({ variables: { input } });
          await reload();
          return formResultOf(result, result.data?.updateWebhook);
        }}
      >
        <WebhookFields webhook={webhook} />
        <label className={ui.choice}>
          <input type="checkbox" name="active" defaultChecked={active} />
          Active: events are recorded and sent
        </label>
      </ActionForm>
      <ActionForm
        title="New secret"
        submit="Create a new secret"
        send={async () => {
          const result = await rotate({ variables: { input: { name } } });
          const value = result.data?.rotateWebhookSecret.secret;
          if (value) showSecret({ title: `The secret of ${name}`, help: SECRET_HELP, value });
          return formResultOf(result, result.data?.rotateWebhookSecret);
        }}
      >
        <p>
          The new secret applies immediately. Before you continue, make sure that the receiver accepts both secrets.
        </p>
      </ActionForm>
      <ActionForm
        title="Delete"
        submit="Delete the webhook"
        variant="danger"
        send={async () => {
          const result = await remove({ variables: { input: { name } } });
          if (result.data?.deleteWebhook.userErrors.length === 0) void navigate("/team/webhooks");
          return formResultOf(result, result.data?.deleteWebhook);
        }}
      >
        <p>All deliveries are deleted, including pending ones.</p>
      </ActionForm>
    </span>
  );
}
