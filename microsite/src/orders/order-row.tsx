import { Link } from "react-router";
import type { OrderSummaryFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import { Picture } from "../ui/picture.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { OrderPoints } from "./order-points.tsx";
import { statusKey, toneOf } from "./order-texts.ts";
import styles from "./orders.module.css";

const MAX_PICTURES = 3;

export function OrderRow({ order }: { order: OrderSummaryFragment }) {
  const { t, day } = useI18n();
  const [first, ...others] = order.lines;
  return (
    <li className={styles.row}>
      <div className={styles.pictures}>
        {order.lines.slice(0, MAX_PICTURES).map((line) => (
          <Picture key={line.id} reward={line.reward} />
        ))}
      </div>
      <div>
        <h3>
          <Link to={`/orders/${encodeURIComponent(order.id)}`}>
            {others.length > 0 ? t("orders.andMore", { name: first?.name, count: others.length }) : first?.name}
          </Link>
        </h3>
        <p className={styles.soft}>
          <time dateTime={order.placedAt}>{day(order.placedAt)}</time> · {order.number}
        </p>
      </div>
      <Badge tone={toneOf(order)}>{t(statusKey(order))}</Badge>
      <OrderPoints order={order} />
    </li>
  );
}

export function OrderRowSkeleton() {
  return (
    <li className={styles.row} aria-hidden="true">
      <Skeleton width="4.2rem" height="3.15rem" />
      <div>
        <Skeleton width="60%" height="1.2rem" />
        <Skeleton width="40%" height="1rem" />
      </div>
    </li>
  );
}
