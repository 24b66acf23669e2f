import { Link } from "react-router";
import type { OrderDetailFragment, OrderLinePartsFragment, OrderLineStatus } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import type { Tone } from "../ui/notice.tsx";
import { Picture } from "../ui/picture.tsx";
import { Points } from "../ui/points.tsx";
import { CancelOrder } from "./cancel-order.tsx";
import { failureKey, mayRequestReturn, shownShipment } from "./order-texts.ts";
import styles from "./orders.module.css";
import { ReturnLine } from "./return-line.tsx";
import { Vouchers } from "./vouchers.tsx";

const tones: Record<OrderLineStatus, Tone | "plain"> = {
  PENDING: "info",
  PROCESSING: "info",
  FULFILLED: "good",
  PARTIALLY_FULFILLED: "calm",
  FAILED: "plain",
  CANCELLED: "plain",
  REVERSED: "plain",
};

export function OrderLine({ line, order }: { line: OrderLinePartsFragment; order: OrderDetailFragment }) {
  const { t } = useI18n();
  const { reward } = line;
  const shipment = shownShipment(line);
  const failure = failureKey(line, order.pointsTrail);
  const wallet = line.payWith === "INDIVIDUAL" ? t("wallet.own") : (line.groupWallet?.name ?? t("wallet.group"));
  return (
    <li className={styles.line}>
      <Picture reward={reward} />
      <div className={styles.lineText}>
        <h3>{reward ? <Link to={`/rewards/${encodeURIComponent(reward.sku)}`}>{line.name}</Link> : line.name}</h3>
        <p className={styles.soft}>
          {line.quantity > 1 && <>{t("order.quantity", { count: line.quantity })} · </>}
          {order.prize ? (
            t("prize.free")
          ) : (
            <>
              <Points value={line.points} isPrice /> · {wallet}
            </>
          )}
        </p>
        <p>
          <Badge tone={tones[line.status]}>{t(`status.${line.status}`)}</Badge>
        </p>
        {line.status === "PARTIALLY_FULFILLED" && (
          <p>{t("order.fulfilled", { fulfilled: line.fulfilledQuantity, count: line.quantity })}</p>
        )}
        {failure && <p>{t(failure)}</p>}
        {shipment && (
          <p>
            {t(`shipment.${shipment.status}`)}
            {shipment.trackingNumber && (
              <span className={styles.tracking}>
                {t("shipment.tracking", { carrier: shipment.carrier ?? "", number: shipment.trackingNumber })}
              </span>
            )}
          </p>
        )}
        {line.vouchers.length > 0 && line.returnRequest?.state !== "OPEN" && <Vouchers line={line} />}
        {line.cancellable && order.lines.length > 1 && <CancelOrder order={order} line={line} />}
        <ReturnLine line={line} mayRequest={mayRequestReturn(line, order)} />
      </div>
    </li>
  );
}
