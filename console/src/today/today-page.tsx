import { useQuery, useSubscription } from "@apollo/client/react";
import { Link } from "react-router";
import { Mark } from "../../../microsite/src/ui/mark.tsx";
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
const queueWords: Record<AttentionKind, { title: string; todo: string }> = {
  OUTCOME_UNKNOWN: {
    title: "Unknown outcomes",
    todo: "Look up the order at the points provider or at Capillary, and record what happened.",
  },
  DISCREPANCY: { title: "Discrepancies", todo: "Compare the records, and close the discrepancy with a note." },
  ORDER_STUCK: {
    title: "Orders that wait for the points provider",
    todo: "They go on by themselves. If many wait, the points provider may be down.",
  },
  RETURN_PENDING: {
    title: "Points not yet returned",
    todo: "They are sent again by themselves until they are returned.",
  },
  RETURN_REQUESTED: {
    title: "Returns asked for",
    todo: "Take the line back in the order once the reward has come back, or decline with a reason.",
  },
  SHIPMENT_LATE: { title: "Late parcels", todo: "Ask the warehouse, and report the shipment in the order." },
  REVERSAL_TO_APPROVE: {
    title: "Reversals to approve",
    todo: "Another operator has requested them. Look at the order and at the note, then approve or refuse.",
  },
  AWARD_UNSETTLED: { title: "Awards to look at", todo: "Look up the credit in the ledger, and record what happened." },
  MESSAGE_QUARANTINED: { title: "Refused messages", todo: "Correct the message and send it on, or tell its producer." },
  RECONCILIATION_BREAK: { title: "Reconciliation breaks", todo: "Look at the evidence, and repair or write off." },
  CATALOGUE_SYNC_FAILED: { title: "Catalogue of Capillary", todo: "It is read again by itself every few minutes." },
  POOL_LOW: { title: "Voucher pools running low", todo: "Import more codes." },
  VOUCHERS_EXPIRING: {
    title: "Codes that end soon",
    todo: "Put the reward in front of customers, or import newer codes.",
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
      mark={
        attention && <Mark tone={attention.total > 0 ? "calm" : "good"}>{`${count(attention.total)} waiting`}</Mark>
      }
      actions={attention && !error && <span className={ui.soft}>Live</span>}
    >
      {may("ORDERS", "SUPPORT") && <Figures />}
      {error && <Failure error={error} retry={restart} />}
      {!attention && !error && <Waiting />}
      {attention && waiting.length === 0 && (
        <Notice tone="good" title="Nothing waits for you.">
          <p>A queue appears here as soon as something does.</p>
        </Notice>
      )}
      <div className={styles.queues}>
        {waiting.map(({ kind, count: total, oldestSince, items }) => (
          <Card
            key={kind}
            title={queueWords[kind].title}
            aside={
              <Mark tone={kind === "OUTCOME_UNKNOWN" || kind === "RECONCILIATION_BREAK" ? "bad" : "calm"}>
                {count(total)}
              </Mark>
            }
          >
            <p className={`${ui.soft} ${ui.small}`}>
              {queueWords[kind].todo}
              {oldestSince && kind !== "VOUCHERS_EXPIRING" && ` The oldest waits for ${ageSince(oldestSince)}.`}
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
        <Fact name="Taken">{points(activity.pointsTaken)}</Fact>
        <Fact name="Returned">{points(activity.pointsReturned)}</Fact>
        <Fact name="Without an outcome yet">{points(activity.pointsOutstanding)}</Fact>
      </Facts>
      <Hours hours={activity.hours} />
    </Card>
  );
}

/** Orders an hour, as bars. The table behind them is for screen readers. */
function Hours({ hours }: { hours: ActivityQuery["activity"]["hours"] }) {
  const most = Math.max(1, ...hours.map(({ placed }) => placed));
  const [width, height] = [20, 60];
  const hourOf = (iso: string) => new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return (
    <figure className={styles.hours}>
      <svg viewBox={`0 0 ${hours.length * width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {hours.map(({ start, placed, failed }, index) => {
          const [tall, bad] = [(height * placed) / most, (height * failed) / most];
          return (
            <g key={start}>
              <rect x={index * width + 2} y={height - tall} width={width - 4} height={tall} className={styles.placed} />
              <rect x={index * width + 2} y={height - bad} width={width - 4} height={bad} className={styles.failed} />
            </g>
          );
        })}
      </svg>
      <figcaption>
        {`Orders an hour, from ${hourOf(hours[0]?.start ?? "")} until now; at most ${count(most)}. Failed ones are red.`}
        <span className="sr-only">
          {hours.map(({ start, placed, failed }) => `${hourOf(start)}: ${placed}, failed ${failed}. `).join("")}
        </span>
      </figcaption>
    </figure>
  );
}
