import { TextField } from "../../../microsite/src/ui/field.tsx";
import type { WebhookEventType, WebhookStateFragment } from "../graphql/generated/graphql.ts";
import { words } from "../ui/format.ts";
import ui from "../ui/ui.module.css";

const types: WebhookEventType[] = [
  "ORDER_STATUS_CHANGED",
  "AWARD_CHANGED",
  "STOCK_LOW",
  "ATTENTION_NEEDED",
  "MEMBER_EVENT",
];

/** The address and the events of a webhook. */
export const WebhookFields = ({ webhook }: { webhook?: WebhookStateFragment }) => (
  <>
    <TextField
      label="Address"
      name="url"
      type="url"
      required
      defaultValue={webhook?.url}
      help="A public https address. Redirects are not followed."
    />
    <fieldset>
      <legend>Events</legend>
      {types.map((type) => (
        <label key={type} className={ui.choice}>
          <input type="checkbox" name="eventTypes" value={type} defaultChecked={webhook?.eventTypes.includes(type)} />
          {words(type)}
        </label>
      ))}
    </fieldset>
    <TextField
      label="Low-stock threshold"
      name="stockLowAt"
      type="number"
      min={0}
      required
      defaultValue={webhook?.stockLowAt ?? 10}
    />
  </>
);

export const webhookFieldsOf = (fields: FormData) => ({
  url: String(fields.get("url") ?? "").trim(),
  eventTypes: fields.getAll("eventTypes") as WebhookEventType[],
  stockLowAt: Number(fields.get("stockLowAt")),
});
