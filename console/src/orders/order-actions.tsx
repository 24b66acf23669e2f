import { useMutation } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { SelectField, TextField } from "../../../microsite/src/ui/field.tsx";
import {
  CancelOrderDocument,
  DeclineReturnDocument,
  type MovementOutcome,
  type OrderStateFragment,
  ResolveOrderDocument,
  type ReversalReason,
  ReverseOrderDocument,
  type ShipmentStatus,
  UpdateShipmentDocument,
} from "../graphql/generated/graphql.ts";
import { ActionForm, formResultOf, Refusals, TextArea } from "../ui/form.tsx";
import { points, words } from "../ui/format.ts";
import ui from "../ui/ui.module.css";

interface Props {
  order: OrderStateFragment;
}

export function CancelOrder({ order }: Props) {
  const [cancel] = useMutation(CancelOrderDocument);
  const [preview] = useMutation(CancelOrderDocument);
  const cancellable = order.lines.filter((line) => line.cancellable);
  const [kept, setKept] = useState<readonly string[]>([]);
  const chosen = cancellable.flatMap(({ id }) => (kept.includes(id) ? [] : [id]));
  // Before its points are taken, only the whole order can be cancelled, and no line alone.
  const ofLines = chosen.length < cancellable.length ? { lineIds: chosen } : {};
  return (
    <ActionForm
      title="Cancel the order"
      submit={chosen.length < cancellable.length ? "Cancel these lines" : "Cancel the order"}
      variant="danger"
      onOpen={() => setKept([])}
      send={async (_, idempotencyKey) => {
        const result = await cancel({ variables: { input: { orderId: order.id, idempotencyKey, ...ofLines } } });
        return formResultOf(result, result.data?.cancelOrder);
      }}
    >
      {(key) => (
        <>
          {cancellable.length > 1 && (
            <fieldset>
              <legend>Lines</legend>
              {cancellable.map(({ id, name, points: price }) => (
                <label key={id} className={ui.choice}>
                  <input
                    type="checkbox"
                    checked={!kept.includes(id)}
                    onChange={({ target }) =>
                      setKept(target.checked ? kept.filter((other) => other !== id) : [...kept, id])
                    }
                  />
                  {`${name} (${points(price)})`}
                </label>
              ))}
            </fieldset>
          )}
          <Preview
            requestKey={`${key} ${chosen.join()}`}
            read={async () => {
              const input = { orderId: order.id, idempotencyKey: key, dryRun: true, ...ofLines };
              const result = await preview({ variables: { input } });
              const { data } = result;
              const refundPreview = data?.cancelOrder.preview;
              const needsApproval = refundPreview?.needsApproval ?? false;
              return { ...formResultOf(result, data?.cancelOrder), total: refundPreview?.total ?? null, needsApproval };
            }}
          />
        </>
      )}
    </ActionForm>
  );
}

/** Declines the customer's request for the return of a line. A reversal of the line approves it. */
export function DeclineReturn({ line, reload }: { line: OrderStateFragment["lines"][number]; reload(): unknown }) {
  const [decline] = useMutation(DeclineReturnDocument);
  return (
    <ActionForm
      title="Decline the return"
      submit="Decline the return"
      send={async (fields) => {
        const input = { orderLineId: line.id, answer: String(fields.get("answer") ?? "") };
        const result = await decline({ variables: { input } });
        await reload();
        return formResultOf(result, result.data?.declineReturn);
      }}
    >
      <p>The customer keeps the reward, and reads your answer. To approve the return, reverse the line.</p>
      <TextArea label="Answer to the customer" name="answer" required maxLength={500} />
    </ActionForm>
  );
}

/** Shows the refund of a dry run, before any change. */
function Preview(props: {
  requestKey: string;
  read(): Promise<{
    refusals: Parameters<typeof Refusals>[0]["refusals"];
    total: number | null;
    needsApproval?: boolean;
  }>;
}) {
  const { requestKey, read } = props;
  const [result, setResult] = useState<Awaited<ReturnType<typeof read>> | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each request
  useEffect(() => {
    let isCancelled = false;
    void read().then((answer) => !isCancelled && setResult(answer));
    return () => {
      isCancelled = true;
    };
  }, [requestKey]);
  if (!result) return <p role="status">Calculating the refund …</p>;
  return (
    <>
      <Refusals refusals={result.refusals} />
      {result.total !== null && (
        <p role="status">
          <strong>{`${points(result.total)} will be returned to the customer.`}</strong> This cannot be undone.
        </p>
      )}
      {result.needsApproval && (
        <p role="status">
          A refund of this size needs a second person: your request stays in the queue on Today until another person
          approves it.
        </p>
      )}
    </>
  );
}

const reasons: ReversalReason[] = ["CANCELLATION", "VENDOR_REJECTION", "FULFILMENT_FAILURE", "INVENTORY_UNAVAILABLE"];

export function ReverseOrder({ order }: Props) {
  const [reverse] = useMutation(ReverseOrderDocument);
  const [preview] = useMutation(ReverseOrderDocument);
  const fulfilledLines = order.lines.filter(({ fulfilledQuantity }) => fulfilledQuantity > 0);
  const [chosen, setChosen] = useState(() => fulfilledLines.map(({ id }) => id));
  return (
    <ActionForm
      title="Reverse"
      submit="Reverse and return the points"
      variant="danger"
      send={async (fields, idempotencyKey) => {
        const reason = String(fields.get("reason")) as ReversalReason;
        const note = String(fields.get("note") ?? "");
        const input = { orderId: order.id, lineIds: chosen, reason, note, idempotencyKey };
        const result = await reverse({ variables: { input } });
        return formResultOf(result, result.data?.reverseOrder);
      }}
    >
      {(key) => (
        <>
          <fieldset>
            <legend>Lines</legend>
            {fulfilledLines.map(({ id, name, fulfilledQuantity, unitPoints }) => (
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
          <TextArea
            label="Note"
            name="note"
            required
            help="The reason, and who requested the reversal. Stored in the audit log."
          />
          <Preview
            requestKey={`${key} ${chosen.join()}`}
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
              const refundPreview = data?.reverseOrder.preview;
              const needsApproval = refundPreview?.needsApproval ?? false;
              return {
                ...formResultOf(result, data?.reverseOrder),
                total: refundPreview?.total ?? null,
                needsApproval,
              };
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
  const isDeduction = movement?.kind === "TAKEN";
  const choices: [MovementOutcome, string][] = movement
    ? [
        [
          "HAPPENED",
          `It took effect: the ledger shows ${points(movement.points)} ${isDeduction ? "deducted" : "returned"}.`,
        ],
        [
          "DID_NOT_HAPPEN",
          isDeduction
            ? "It did not take effect: the ledger has no such entry. The order fails, and no points are owed."
            : "It did not take effect: the ledger has no such entry. The return is sent again under a new number.",
        ],
      ]
    : [
        ["HAPPENED", "It took effect, as the other system shows."],
        ["DID_NOT_HAPPEN", "It did not take effect, or no action is needed."],
      ];
  return (
    <ActionForm
      title="Record the outcome"
      submit="Record the outcome"
      variant="main"
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
        return formResultOf(result, result.data?.resolveOrder);
      }}
    >
      {movement && (
        <p>
          Ask the owner of the ledger about <span className={ui.mono}>{movement.upstreamReference}</span> of the
          customer <span className={ui.mono}>{order.customer.customerId}</span>. Record only the outcome that the ledger
          shows: a wrong guess can cost the customer or the brand points.
        </p>
      )}
      <fieldset>
        <legend>Outcome in the other system</legend>
        {choices.map(([outcome, text]) => (
          <label key={outcome} className={ui.choice}>
            <input type="radio" name="outcome" value={outcome} required />
            {text}
          </label>
        ))}
      </fieldset>
      {!movement && (
        <TextField
          label="Transaction id at Capillary, if the reward was issued"
          name="transactionId"
          help="Leave this field empty for any other discrepancy."
        />
      )}
      <TextArea
        label="Evidence"
        name="note"
        required
        minLength={10}
        help="The finding, its source and the person, for example “entry 4711 of their ledger, looked up by Asha on the phone”. Stored in the audit log."
      />
    </ActionForm>
  );
}

const statuses: ShipmentStatus[] = ["SHIPPED", "DELIVERED", "RETURNED", "LOST", "REJECTED"];

export function ReportShipment({ order, line }: Props & { line: OrderStateFragment["lines"][number] }) {
  const [updateShipment] = useMutation(UpdateShipmentDocument);
  return (
    <ActionForm
      title="Update the shipment"
      submit="Save the shipment"
      send={async (fields) => {
        const text = (name: string) => String(fields.get(name) ?? "").trim() || null;
        const input = {
          orderId: order.id,
          lineId: line.id,
          status: String(fields.get("status")) as ShipmentStatus,
          carrier: text("carrier"),
          trackingNumber: text("trackingNumber"),
        };
        const result = await updateShipment({ variables: { input } });
        return formResultOf(result, result.data?.updateShipment);
      }}
    >
      <SelectField label="Status" name="status">
        {statuses.map((status) => (
          <option key={status} value={status}>
            {words(status)}
          </option>
        ))}
      </SelectField>
      <p className={ui.soft}>Rejected, lost and returned before delivery return the points.</p>
      <div className={ui.pair}>
        <TextField label="Carrier" name="carrier" defaultValue={line.shipment?.carrier ?? ""} />
        <TextField label="Tracking number" name="trackingNumber" defaultValue={line.shipment?.trackingNumber ?? ""} />
      </div>
    </ActionForm>
  );
}
