import { useQuery, useSubscription } from "@apollo/client/react";
import { Link } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import {
  ActivityDocument,
  type ActivityQuery,
  AttentionChangesDocument,
  type AttentionKind,
  type WaitingFragment,
} from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { age, ageSince, count, points } from "../ui/format.ts";
import { Card, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import styles from "./today.module.css";

/** The title of each queue, and the action that its items need. */
const queueTexts: Record<AttentionKind, { title: string; nextStep: string }> = {
  OUTCOME_UNKNOWN: {
    title: "Unknown outcomes",
    nextStep: "Check the order with the points provider or Capillary, and record the outcome.",
  },
  DISCREPANCY: { title: "Discrepancies", nextStep: "Compare the records, and close the discrepancy with a note." },
  ORDER_STUCK: {
    title: "Orders waiting for the points provider",
    nextStep: "They continue automatically. If many are waiting, the points provider may be down.",
  },
  RETURN_PENDING: {
    title: "Points not yet returned",
    nextStep: "Returns are retried automatically until they succeed.",
  },
  RETURN_REQUESTED: {
    title: "Return requests",
    nextStep: "Reverse the line once the reward has been sent back, or decline with a reason.",
  },
  SHIPMENT_LATE: { title: "Late parcels", nextStep: "Ask the warehouse, and update the shipment in the order." },
  REVERSAL_TO_APPROVE: {
    title: "Reversals to approve",
    nextStep: "Requested by other operators. Check the order and the note, then approve or reject.",
  },
  AWARD_UNSETTLED: { title: "Awards to check", nextStep: "Check the credit in the ledger, and record the outcome." },
  MESSAGE_QUARANTINED: {
    title: "Refused messages",
    nextStep: "Correct and resubmit the message, or contact its producer.",
  },
  RECONCILIATION_BREAK: { title: "Reconciliation breaks", nextStep: "Check the evidence, then repair or write off." },
  CATALOGUE_SYNC_FAILED: {
    title: "Capillary catalogue",
    nextStep: "The catalogue is read again automatically every few minutes.",
  },
  POOL_LOW: { title: "Voucher pools running low", nextStep: "Import more codes." },
  VOUCHERS_EXPIRING: {
    title: "Codes expiring soon",
    nextStep: "Promote the reward, or import codes that are valid for longer.",
  },
};

export default function TodayPage() {
  const { may } = useOperator();
  const { data, error, restart } = useSubscription(AttentionChangesDocument);
  const attention = data?.attention;
  const waiting = attention?.queues.filter((queue) => queue.count > 0) ?? [];
  return (
    <Page
      title="Today"
      badge={
        attention && <Badge tone={attention.total > 0 ? "calm" : "good"}>{`${count(attention.total)} open`}</Badge>
      }
      actions={attention && !error && <span className={ui.soft}>Live</span>}
    >
      {may("ORDERS", "SUPPORT") && <Figures />}
      {error && <Failure error={error} retry={restart} />}
      {!attention && !error && <Waiting />}
      {attention && waiting.length === 0 && (
        <Notice tone="good" title="No open work.">
          <p>Queues appear here when work arrives.</p>
        </Notice>
      )}
      <div className={styles.queues}>
        {waiting.map(({ kind, count: total, oldestSince, items }) => (
          <Card
            key={kind}
            title={queueTexts[kind].title}
            aside={
              <Badge tone={kind === "OUTCOME_UNKNOWN" || kind === "RECONCILIATION_BREAK" ? "bad" : "calm"}>
                {count(total)}
              </Badge>
            }
          >
            <p className={`${ui.soft} ${ui.small}`}>
              {queueTexts[kind].nextStep}
              {oldestSince && kind !== "VOUCHERS_EXPIRING" && ` Oldest: ${ageSince(oldestSince)}.`}
            </p>
            <ul className={ui.list}>
              {items.map((item) => (
                <Item key={item.id} item={item} />
              ))}
            </ul>
            {total > items.length && <p className={ui.soft}>{`and ${count(total - items.length)} more`}</p>}
          </Card>
        ))}
      </div>
    </Page>
  );
}

/** The page of an item that has neither an order nor a reward. */
const subjectPaths: Partial<Record<AttentionKind, string>> = {
  AWARD_UNSETTLED: "/earning/awards",
  MESSAGE_QUARANTINED: "/earning/quarantine",
  RECONCILIATION_BREAK: "/money/breaks",
};

function Item({ item }: { item: WaitingFragment }) {
  const subjectPath = subjectPaths[item.kind];
  const path = subjectPath && item.subjectId ? `${subjectPath}/${encodeURIComponent(item.subjectId)}` : pathOf(item);
  return (
    <li>
      <span>{path ? <Link to={path}>{item.summary}</Link> : item.summary}</span>
      <span className={`${ui.soft} ${ui.small}`}>
        {item.assignee && `${item.assignee} · `}
        {item.kind !== "VOUCHERS_EXPIRING" && age(item.ageSeconds)}
      </span>
    </li>
  );
}

const pathOf = (item: WaitingFragment) =>
  item.order
    ? `/orders/${item.order.number}`
    : item.reward
      ? `/catalogue/${encodeURIComponent(item.reward.sku)}`
      : item.customerId && `/customers/${encodeURIComponent(item.customerId)}`;

function Figures() {
  const { data, error, refetch } = useQuery(ActivityDocument, { pollInterval: 60_000 });
  if (error) return <Failure error={error} retry={refetch} />;
  if (!data) return <Waiting />;
  const { activity } = data;
  const rate = activity.placed === 0 ? 0 : (100 * activity.failed) / activity.placed;
  return (
    <Card title="The last 24 hours">
      <Facts>
        <Fact name="Orders placed">{count(activity.placed)}</Fact>
        <Fact name="Failed">{`${count(activity.failed)} (${rate.toFixed(1)} %)`}</Fact>
        <Fact name="Deducted">{points(activity.pointsTaken)}</Fact>
        <Fact name="Returned">{points(activity.pointsReturned)}</Fact>
        <Fact name="Outcome pending">{points(activity.pointsOutstanding)}</Fact>
      </Facts>
      <Hours hours={activity.hours} />
    </Card>
  );
}

/** Orders an hour, as bars. The table behind them is for screen readers. */
function Hours({ hours }: { hours: ActivityQuery["activity"]["hours"] }) {
  const maximum = Math.max(1, ...hours.map(({ placed }) => placed));
  const [width, height] = [20, 60];
  const hourOf = (iso: string) => new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return (
    <figure className={styles.hours}>
      <svg viewBox={`0 0 ${hours.length * width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {hours.map(({ start, placed, failed }, index) => {
          const [barHeight, failedHeight] = [(height * placed) / maximum, (height * failed) / maximum];
          return (
            <g key={start}>
              <rect
                x={index * width + 2}
                y={height - barHeight}
                width={width - 4}
                height={barHeight}
                className={styles.placed}
              />
              <rect
                x={index * width + 2}
                y={height - failedHeight}
                width={width - 4}
                height={failedHeight}
                className={styles.failed}
              />
            </g>
          );
        })}
      </svg>
      <figcaption>
        {`Orders per hour from ${hourOf(hours[0]?.start ?? "")} until now; maximum ${count(maximum)}. Failed orders are red.`}
        <span className="sr-only">
          {hours.map(({ start, placed, failed }) => `${hourOf(start)}: ${placed}, failed ${failed}. `).join("")}
        </span>
      </figcaption>
    </figure>
  );
}
