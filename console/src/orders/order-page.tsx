import { useQuery, useSubscription } from "@apollo/client/react";
import { Link, useParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { OrderByNumberDocument, OrderChangesDocument, type OrderStateFragment } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { count, day, moment, points, words } from "../ui/format.ts";
import { Notes } from "../ui/notes.tsx";
import { Card, Empty, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { CancelOrder, DeclineReturn, ReportShipment, ResolveOrder, ReverseOrder } from "./order-actions.tsx";
import { summaryOf, toneOf, toneOfPoints } from "./order-texts.ts";
import { ReversalRequests } from "./reversal-requests.tsx";

export default function OrderPage() {
  const { number = "" } = useParams();
  const { data, error, loading, refetch } = useQuery(OrderByNumberDocument, { variables: { number } });
  const order = data?.order;
  if (!order) {
    return (
      <Page title={number}>
        <Failure error={error} retry={refetch} />
        {!error && loading && <Waiting />}
        {!error && !loading && (
          <Notice title="Order not found.">
            <p>Check the number with the customer, or search for the customer with Find.</p>
          </Notice>
        )}
      </Page>
    );
  }
  return <OrderDetails order={order} reload={refetch} />;
}

function OrderDetails({ order, reload }: { order: OrderStateFragment; reload(): unknown }) {
  const { may } = useOperator();
  // The events update the cache, and the page renders from the cache.
  useSubscription(OrderChangesDocument, { variables: { orderId: order.id }, skip: order.settled, ignoreResults: true });
  const { tone, summary, nextStep } = summaryOf(order);
  const isReversible = ["FULFILLED", "PARTIALLY_FULFILLED"].includes(order.status);
  return (
    <Page
      title={order.number}
      badge={<Badge tone={toneOf(order.status)}>{words(order.status)}</Badge>}
      actions={
        may("ORDERS") && (
          <span className={ui.row}>
            {order.cancellable && <CancelOrder order={order} />}
            {isReversible && <ReverseOrder order={order} />}
          </span>
        )
      }
    >
      <Notice tone={tone} title={summary}>
        {nextStep && <p>{nextStep}</p>}
      </Notice>
      <div className={ui.columns}>
        <div className={ui.stack}>
          <ReversalRequests order={order} reload={reload} />
          <Attention order={order} />
          <Card title="Order">
            <Facts>
              <Fact name="Placed">{moment(order.placedAt)}</Fact>
              <Fact name="Customer">
                <Link to={`/customers/${encodeURIComponent(order.customer.customerId)}`}>
                  {order.customer.customerId}
                </Link>{" "}
                {order.customer.maskedMobile && <span className={ui.soft}>{order.customer.maskedMobile}</span>}
                {order.customer.block && <Badge tone="bad">Blocked</Badge>}
              </Fact>
              <Fact name="Total">{points(order.total)}</Fact>
              <Fact name="Points">
                <Badge tone={toneOfPoints(order.pointsState)}>{words(order.pointsState)}</Badge>
              </Fact>
            </Facts>
          </Card>
          {order.lines.map((line) => (
            <Line key={line.id} order={order} line={line} reload={reload} />
          ))}
          <Trail order={order} />
        </div>
        <div className={ui.stack}>
          <Notes
            subject={{ orderId: order.id }}
            notes={order.notes ?? []}
            assignee={order.assignee ?? null}
            reload={reload}
          />
          <Card title="Timeline">
            <ol className={ui.list}>
              {order.history.toReversed().map(({ seq, at, message, status, pointsState }) => (
                <li key={seq} className={ui.note}>
                  <p>{message ?? `${words(status)}, ${words(pointsState).toLowerCase()}`}</p>
                  <small className={ui.soft}>{`${moment(at)} · ${words(status)} · ${words(pointsState)}`}</small>
                </li>
              ))}
            </ol>
          </Card>
          {order.shippingAddress && (
            <Card title="Address">
              <address>
                {[
                  order.shippingAddress.name,
                  order.shippingAddress.line1,
                  order.shippingAddress.line2,
                  `${order.shippingAddress.postalCode} ${order.shippingAddress.city}`,
                  order.shippingAddress.region,
                  order.shippingAddress.country,
                  order.shippingAddress.phone,
                ]
                  .filter(Boolean)
                  .map((row) => (
                    <span key={row}>
                      {row}
                      <br />
                    </span>
                  ))}
              </address>
            </Card>
          )}
        </div>
      </div>
    </Page>
  );
}

/** The problems escalated to an operator, each with the form that settles it. */
function Attention({ order }: { order: OrderStateFragment }) {
  const { may } = useOperator();
  const movements = order.pointsTrail.filter(({ state }) => state === "NEEDS_ATTENTION");
  const open = (order.discrepancies ?? []).filter(({ resolvedAt }) => resolvedAt === null);
  // A movement that waits for an operator has a discrepancy with the reason. Both are settled together.
  const standalone = open.filter(({ movementId }) => !movements.some(({ id }) => id === movementId));
  if (movements.length + standalone.length === 0) return null;
  return (
    <Card title="Action required">
      <ul className={ui.list}>
        {movements.map((movement) => (
          <li key={movement.id}>
            <span>
              <strong>
                {`${movement.kind === "TAKEN" ? "Deduction of" : "Return of"} ${points(movement.points)} under `}
                <span className={ui.mono}>{movement.upstreamReference}</span>
              </strong>
              <br />
              <span className={ui.soft}>
                {open.find(({ movementId }) => movementId === movement.id)?.message ??
                  `Called ${count(movement.attempts)} times without an answer that shows the outcome.`}
              </span>
            </span>
            {may("ORDERS", "SUPPORT") && <ResolveOrder order={order} movement={movement} />}
          </li>
        ))}
        {standalone.map((discrepancy) => (
          <li key={discrepancy.id}>
            <span>
              <strong>{discrepancy.message}</strong>
              <br />
              <span className={ui.soft}>{`Found ${moment(discrepancy.foundAt)}`}</span>
            </span>
            {may("ORDERS", "SUPPORT") && <ResolveOrder order={order} discrepancyId={discrepancy.id} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}

interface LineProps {
  order: OrderStateFragment;
  line: OrderStateFragment["lines"][number];
  reload(): unknown;
}

function Line({ order, line, reload }: LineProps) {
  const { may } = useOperator();
  const { shipment, failure, returnRequest } = line;
  return (
    <Card title={line.name} aside={<Badge tone={toneOf(line.status)}>{words(line.status)}</Badge>}>
      <Facts>
        <Fact name="Fulfilled">{`${line.fulfilledQuantity} of ${line.quantity}`}</Fact>
        <Fact name="Price">{`${points(line.points)} · ${line.payWith === "GROUP" ? "group points" : "own points"}`}</Fact>
        {line.reward && (
          <Fact name="SKU">
            {may("CATALOGUE", "SUPPORT") ? (
              <Link to={`/catalogue/${encodeURIComponent(line.reward.sku)}`}>{line.reward.sku}</Link>
            ) : (
              line.reward.sku
            )}
          </Fact>
        )}
        {shipment && (
          <Fact name="Shipment">
            {words(shipment.status)}
            {shipment.carrier && ` · ${shipment.carrier}`}
            {shipment.trackingNumber && <span className={ui.mono}>{` ${shipment.trackingNumber}`}</span>}
          </Fact>
        )}
      </Facts>
      {failure && <Notice tone="bad">{`${words(failure.reason)}: ${failure.message}`}</Notice>}
      {returnRequest && returnRequest.state !== "WITHDRAWN" && (
        <Notice
          tone={returnRequest.state === "OPEN" ? "calm" : "info"}
          title={`Return requested ${moment(returnRequest.requestedAt)}: ${words(returnRequest.reason).toLowerCase()}`}
        >
          {returnRequest.note && <p>{returnRequest.note}</p>}
          {returnRequest.answer && <p>{`Declined: ${returnRequest.answer}`}</p>}
          {returnRequest.state === "OPEN" && may("ORDERS") && (
            <div className={ui.row}>
              <DeclineReturn line={line} reload={reload} />
            </div>
          )}
        </Notice>
      )}
      {shipment && may("ORDERS") && (
        <div className={ui.row}>
          <ReportShipment order={order} line={line} />
        </div>
      )}
      {line.vouchers.length > 0 && (
        <ul className={ui.list}>
          {line.vouchers.map(({ id, maskedCode, validUntil, revealedAt }) => (
            <li key={id}>
              <span className={ui.mono}>{maskedCode}</span>
              <span className={`${ui.soft} ${ui.small}`}>
                {validUntil && `until ${day(validUntil)} · `}
                {revealedAt ? `shown ${moment(revealedAt)}` : "not shown yet"}
              </span>
            </li>
          ))}
        </ul>
      )}
      {line.issues && line.issues.length > 0 && (
        <div className={ui.scroll}>
          <table className={ui.table}>
            <caption className="sr-only">Issues by Capillary</caption>
            <thead>
              <tr>
                <th>Unit</th>
                <th>Capillary</th>
                <th>Reference</th>
                <th>Response</th>
                <th>Revoke</th>
              </tr>
            </thead>
            <tbody>
              {line.issues.map((issue) => (
                <tr key={issue.transactionNumber}>
                  <td>{issue.unit}</td>
                  <td>{words(issue.state)}</td>
                  <td className={ui.mono}>{issue.transactionId ?? issue.transactionNumber}</td>
                  <td>{[...issue.upstreamCodes, issue.upstreamMessage].filter(Boolean).join(" · ") || "–"}</td>
                  <td>{issue.revokeState ? `${words(issue.revokeState)} ${issue.revokeMessage ?? ""}` : "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Trail({ order }: { order: OrderStateFragment }) {
  return (
    <Card title="Points">
      {order.pointsTrail.length === 0 ? (
        <Empty>No points movements.</Empty>
      ) : (
        <div className={ui.scroll}>
          <table className={ui.table}>
            <thead>
              <tr>
                <th>Movement</th>
                <th className={ui.number}>Points</th>
                <th>State</th>
                <th>Reference at the provider</th>
                <th className={ui.number}>Calls</th>
                <th>Settled</th>
              </tr>
            </thead>
            <tbody>
              {order.pointsTrail.map((movement) => (
                <tr key={movement.id}>
                  <td>
                    {words(movement.kind)}
                    {movement.reason && <span className={ui.soft}>{` · ${words(movement.reason)}`}</span>}
                  </td>
                  <td className={ui.number}>{`${movement.kind === "TAKEN" ? "−" : "+"}${count(movement.points)}`}</td>
                  <td>{words(movement.state)}</td>
                  <td className={ui.mono}>{movement.upstreamReference ?? "–"}</td>
                  <td className={ui.number}>{movement.attempts}</td>
                  <td className={ui.nowrap}>{moment(movement.settledAt)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
