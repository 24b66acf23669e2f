import { useMutation } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { SelectField, TextField } from "../../../microsite/src/ui/field.tsx";
import {
  CancelOrderDocument,
  type MovementOutcome,
  type OrderStateFragment,
  ResolveOrderDocument,
  type ReversalReason,
  ReverseOrderDocument,
  type ShipmentStatus,
  UpdateShipmentDocument,
} from "../graphql/generated/graphql.ts";
import { ActionForm, answerOf, Refusals, TextArea } from "../ui/form.tsx";
import { points, words } from "../ui/format.ts";
import ui from "../ui/ui.module.css";

interface Props {
  order: OrderStateFragment;
}

export function CancelOrder({ order }: Props) {
  const [cancel] = useMutation(CancelOrderDocument);
  const [preview] = useMutation(CancelOrderDocument);
  return (
    <ActionForm
      title="Cancel the order"
      submit="Cancel the order"
      look="danger"
      send={async (_, idempotencyKey) => {
        const result = await cancel({ variables: { input: { orderId: order.id, idempotencyKey } } });
        return answerOf(result, result.data?.cancelOrder);
      }}
    >
      {(key) => (
        <Preview
          keyOf={key}
          read={async () => {
            const input = { orderId: order.id, idempotencyKey: key, dryRun: true };
            const result = await preview({ variables: { input } });
            const { data } = result;
            const seen = data?.cancelOrder.preview;
            const needsApproval = seen?.needsApproval ?? false;
            return { ...answerOf(result, data?.cancelOrder), total: seen?.total ?? null, needsApproval };
          }}
        />
      )}
    </ActionForm>
  );
}

/** Shows the refund of a dry run, before any change. */
function Preview(props: {
  keyOf: string;
  read(): Promise<{
    refusals: Parameters<typeof Refusals>[0]["refusals"];
    total: number | null;
    needsApproval?: boolean;
  }>;
}) {
  const { keyOf, read } = props;
  const [seen, setSeen] = useState<Awaited<ReturnType<typeof read>> | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each request
  useEffect(() => {
    let isOver = false;
    void read().then((answer) => !isOver && setSeen(answer));
    return () => {
      isOver = true;
    };
  }, [keyOf]);
  if (!seen) return <p role="status">Looking up what would come back …</p>;
  return (
    <>
      <Refusals refusals={seen.refusals} />
      {seen.total !== null && (
        <p role="status">
          <strong>{`${points(seen.total)} come back to the customer.`}</strong> It cannot be undone.
        </p>
      )}
      {seen.needsApproval && (
        <p role="status">
          So many points need a second person: your request waits in the queue of Today until another person approves
          it.
        </p>
      )}
    </>
  );
}

const reasons: ReversalReason[] = ["CANCELLATION", "VENDOR_REJECTION", "FULFILMENT_FAILURE", "INVENTORY_UNAVAILABLE"];

export function ReverseOrder({ order }: Props) {
  const [reverse] = useMutation(ReverseOrderDocument);
  const [preview] = useMutation(ReverseOrderDocument);
  const given = order.lines.filter(({ fulfilledQuantity }) => fulfilledQuantity > 0);
  const [chosen, setChosen] = useState(() => given.map(({ id }) => id));
  return (
    <ActionForm
      title="Take back"
      submit="Take back and return the points"
      look="danger"
      send={async (fields, idempotencyKey) => {
        const reason = String(fields.get("reason")) as ReversalReason;
        const note = String(fields.get("note") ?? "");
        const input = { orderId: order.id, lineIds: chosen, reason, note, idempotencyKey };
        const result = await reverse({ variables: { input } });
        return answerOf(result, result.data?.reverseOrder);
      }}
    >
      {(key) => (
        <>
          <fieldset>
            <legend>Lines</legend>
            {given.map(({ id, name, fulfilledQuantity, unitPoints }) => (
              <label key={id} className={ui.choice}>
                <input
                  type="checkbox"
                  checked={chosen.includes(id)}
                  onChange={({ target }) =>
                    setChosen(target.checked ? [...chosen, id] : chosen.filter((other) => other !== id))
                  }
                />
                {`${name} (${points(fulfilledQuantity * unitPoints)})`}
              </label>
            ))}
          </fieldset>
          <SelectField label="Reason" name="reason">
            {reasons.map((reason) => (
              <option key={reason} value={reason}>
                {words(reason)}
              </option>
            ))}
          </SelectField>
          <TextArea label="Note" name="note" required help="Why, and who asked. It is kept in the audit log." />
          <Preview
            keyOf={`${key} ${chosen.join()}`}
            read={async () => {
              const input = {
                orderId: order.id,
                lineIds: chosen,
                reason: "CANCELLATION" as const,
                idempotencyKey: key,
                dryRun: true,
              };
              const result = await preview({ variables: { input } });
              const { data } = result;
              const seen = data?.reverseOrder.preview;
              const needsApproval = seen?.needsApproval ?? false;
              return { ...answerOf(result, data?.reverseOrder), total: seen?.total ?? null, needsApproval };
            }}
          />
        </>
      )}
    </ActionForm>
  );
}

interface ResolveProps extends Props {
  movement?: OrderStateFragment["pointsTrail"][number];
  discrepancyId?: string;
}

/** Records the outcome of a call with an unknown outcome, with the operator's evidence. */
export function ResolveOrder({ order, movement, discrepancyId }: ResolveProps) {
  const [resolve] = useMutation(ResolveOrderDocument);
  const isTaking = movement?.kind === "TAKEN";
  const choices: [MovementOutcome, string][] = movement
    ? [
        ["HAPPENED", `It happened: the ledger shows ${points(movement.points)} ${isTaking ? "taken" : "returned"}.`],
        [
          "DID_NOT_HAPPEN",
          isTaking
            ? "It did not happen: the ledger has no such entry. The order fails, and nothing is owed."
            : "It did not happen: the ledger has no such entry. The points are sent again under a new number.",
        ],
      ]
    : [
        ["HAPPENED", "It happened, as the other system says."],
        ["DID_NOT_HAPPEN", "It did not happen, or only had to be seen."],
      ];
  return (
    <ActionForm
      title="Record the outcome"
      submit="Record it"
      look="main"
      send={async (fields, idempotencyKey) => {
        const transactionId = String(fields.get("transactionId") ?? "").trim();
        const input = {
          orderId: order.id,
          ...(movement && { movementId: movement.id }),
          ...(discrepancyId && { discrepancyId }),
          outcome: String(fields.get("outcome")) as MovementOutcome,
          note: String(fields.get("note") ?? ""),
          ...(transactionId && { transactionId }),
          idempotencyKey,
        };
        const result = await resolve({ variables: { input } });
        return answerOf(result, result.data?.resolveOrder);
      }}
    >
      {movement && (
        <p>
          Ask the owner of the ledger for <span className={ui.mono}>{movement.upstreamReference}</span> of the customer{" "}
          <span className={ui.mono}>{order.customer.customerId}</span>. Record only what the ledger shows: a guess can
          cost the customer or the brand points.
        </p>
      )}
      <fieldset>
        <legend>What does the other system show?</legend>
        {choices.map(([outcome, text]) => (
          <label key={outcome} className={ui.choice}>
            <input type="radio" name="outcome" value={outcome} required />
            {text}
          </label>
        ))}
      </fieldset>
      {!movement && (
        <TextField
          label="Capillary's transaction, if it issued the reward"
          name="transactionId"
          help="Leave it empty if it is not about an issue."
        />
      )}
      <TextArea
        label="Evidence"
        name="note"
        required
        minLength={10}
        help="What was found, where, and by whom: such as “entry 4711 of their ledger, looked up by Asha on the phone”. It is kept in the audit log."
      />
    </ActionForm>
  );
}

const statuses: ShipmentStatus[] = ["SHIPPED", "DELIVERED", "RETURNED", "LOST", "REJECTED"];

export function ReportShipment({ order, line }: Props & { line: OrderStateFragment["lines"][number] }) {
  const [report] = useMutation(UpdateShipmentDocument);
  return (
    <ActionForm
      title="Report the shipment"
      submit="Report it"
      send={async (fields) => {
        const text = (name: string) => String(fields.get(name) ?? "").trim() || null;
        const input = {
          orderId: order.id,
          lineId: line.id,
          status: String(fields.get("status")) as ShipmentStatus,
          carrier: text("carrier"),
          trackingNumber: text("trackingNumber"),
        };
        const result = await report({ variables: { input } });
        return answerOf(result, result.data?.updateShipment);
      }}
    >
      <SelectField label="What happened" name="status">
        {statuses.map((status) => (
          <option key={status} value={status}>
            {words(status)}
          </option>
        ))}
      </SelectField>
      <p className={ui.soft}>Rejected, lost, and returned before delivery give the points back.</p>
      <div className={ui.pair}>
        <TextField label="Carrier" name="carrier" defaultValue={line.shipment?.carrier ?? ""} />
        <TextField label="Tracking number" name="trackingNumber" defaultValue={line.shipment?.trackingNumber ?? ""} />
      </div>
    </ActionForm>
  );
}
