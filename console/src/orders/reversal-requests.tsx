import { useMutation } from "@apollo/client/react";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import {
  ApproveReversalDocument,
  type OrderStateFragment,
  RefuseReversalDocument,
} from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ActionForm, formResultOf, TextArea } from "../ui/form.tsx";
import { moment, points, words } from "../ui/format.ts";
import { Card } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

type Request = NonNullable<OrderStateFragment["reversalRequests"]>[number];
const tones = { OPEN: "calm", APPROVED: "good", REFUSED: "bad", EXPIRED: "plain" } as const;

/** The reversals and cancellations that need, or needed, the approval of a second person. */
export function ReversalRequests({ order, reload }: { order: OrderStateFragment; reload(): unknown }) {
  const { may } = useOperator();
  const requests = order.reversalRequests ?? [];
  if (requests.length === 0) return null;
  return (
    <Card title="Requests for approval">
      <ul className={ui.list}>
        {requests.map((request) => (
          <li key={request.id}>
            <span>
              <strong>
                {request.cancels
                  ? `${request.requestedBy} requests a cancellation with a refund of ${points(request.points)}`
                  : `${request.requestedBy} requests a reversal of ${points(request.points)}`}
              </strong>
              <br />
              {request.note}
              <br />
              <span className={`${ui.soft} ${ui.small}`}>
                {`${words(request.reason)} · ${linesOf(order, request)} · ${moment(request.requestedAt)}`}
                {request.decidedBy && ` · ${words(request.state).toLowerCase()} by ${request.decidedBy}`}
              </span>
            </span>
            <Badge tone={tones[request.state]}>{words(request.state)}</Badge>
            {request.state === "OPEN" && may("ORDERS") && <Decision request={request} reload={reload} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const linesOf = ({ lines }: OrderStateFragment, { lineIds }: Request) =>
  lines
    .filter(({ id }) => lineIds.includes(id))
    .map(({ name }) => name)
    .join(", ");

function Decision({ request, reload }: { request: Request; reload(): unknown }) {
  const { name } = useOperator();
  const [approve] = useMutation(ApproveReversalDocument);
  const [refuse] = useMutation(RefuseReversalDocument);
  const isOwn = request.requestedBy === name;
  return (
    <span className={ui.row}>
      {!isOwn && (
        <ActionForm
          title="Approve"
          submit="Approve and return the points"
          variant="danger"
          send={async () => {
            const result = await approve({ variables: { input: { requestId: request.id } } });
            await reload();
            return formResultOf(result, result.data?.approveReversal);
          }}
        >
          <p>
            <strong>{`${points(request.points)} will be returned to the customer.`}</strong> This cannot be undone.
            Compare the note with the order before you approve.
          </p>
        </ActionForm>
      )}
      <ActionForm
        title={isOwn ? "Withdraw the request" : "Reject"}
        submit={isOwn ? "Withdraw the request" : "Reject the request"}
        send={async (fields) => {
          const note = String(fields.get("note") ?? "").trim() || null;
          const result = await refuse({ variables: { input: { requestId: request.id, note } } });
          await reload();
          return formResultOf(result, result.data?.refuseReversal);
        }}
      >
        <p>The order is not changed.{isOwn && " You cannot approve your own request."}</p>
        <TextArea label="Reason" name="note" help="Stored in the audit log." />
      </ActionForm>
    </span>
  );
}
