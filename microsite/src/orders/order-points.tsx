import type { OrderSummaryFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Points } from "../ui/points.tsx";
import { pointsSpent } from "./order-texts.ts";
import styles from "./orders.module.css";

/** Shows the order's total. If not all points were spent, or some came back, it also shows the points spent. */
export function OrderPoints({ order }: { order: OrderSummaryFragment }) {
  const { t } = useI18n();
  const { total, settled } = order;
  const spent = pointsSpent(order);
  if (!settled || spent === total || spent < 0) return <Points value={total} isPrice />;
  return (
    <span className={styles.spent}>
      <s>
        <Points value={total} />
      </s>
      <small>
        {spent > 0
          ? t("order.spent", { count: spent })
          : t(order.pointsState === "RETURNED" ? "order.returned" : "order.notTaken")}
      </small>
    </span>
  );
}
