import { useQuery } from "@apollo/client/react";
import { useParams } from "react-router";
import { AddressText } from "../checkout/address-form.tsx";
import { type OrderDetailFragment, OrderDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import NotFoundPage from "../shell/not-found-page.tsx";
import { Page } from "../shell/page.tsx";
import { LiveBadge } from "../ui/live-badge.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import { CancelOrder } from "./cancel-order.tsx";
import { OrderLine } from "./order-line.tsx";
import { OrderPoints } from "./order-points.tsx";
import { headlineKey, pointsKey } from "./order-texts.ts";
import styles from "./orders.module.css";
import { PointsTrail } from "./points-trail.tsx";
import { Progress } from "./progress.tsx";
import { useOrderStatus } from "./use-order-status.ts";

export default function OrderPage() {
  const { t } = useI18n();
  const { id = "" } = useParams();
  const { data, loading, error, refetch } = useQuery(OrderDocument, {
    variables: { id },
    fetchPolicy: "cache-and-network",
  });
  const order = data?.order;

  if (!order) {
    if (loading) {
      return (
        <Page title={t("orders.loading")}>
          <Skeleton height="18rem" />
        </Page>
      );
    }
    if (!error) return <NotFoundPage />;
    return (
      <Page title={t("orders.title")} narrow>
        <LoadFailure error={error} retry={refetch} />
      </Page>
    );
  }
  return <OrderDetails key={order.id} order={order} isFresh={!loading} />;
}

function OrderDetails({ order, isFresh }: { order: OrderDetailFragment; isFresh: boolean }) {
  const { t, dateTime } = useI18n();
  // Subscribe only after the query has ended: a response from before the last event would overwrite that event's data.
  const following = useOrderStatus(isFresh ? order.id : undefined);
  const points = pointsKey(order);
  return (
    <Page
      title={t(headlineKey(order))}
      lead={points && t(points)}
      aside={<LiveBadge following={order.settled ? "settled" : following} />}
    >
      <div className={styles.both}>
        <div className={styles.rows}>
          <Tile aria-labelledby="progress">
            <h2 id="progress" className="sr-only">
              {t("order.progress")}
            </h2>
            <Progress order={order} />
          </Tile>
          <Tile className={styles.lines} aria-labelledby="lines">
            <h2 id="lines">{t("order.rewards")}</h2>
            <ul>
              {order.lines.map((line) => (
                <OrderLine key={line.id} line={line} order={order} />
              ))}
            </ul>
          </Tile>
        </div>
        <div className={styles.rows}>
          <Tile className={styles.facts}>
            <h2>{t("order.facts")}</h2>
            <dl>
              <div>
                <dt>{t("order.number")}</dt>
                <dd>{order.number}</dd>
              </div>
              <div>
                <dt>{t("order.placedAt")}</dt>
                <dd>
                  <time dateTime={order.placedAt}>{dateTime(order.placedAt)}</time>
                </dd>
              </div>
              <div>
                <dt>{t("cart.total")}</dt>
                <dd>
                  <OrderPoints order={order} />
                </dd>
              </div>
            </dl>
            {order.shippingAddress && (
              <>
                <h3>{t("order.shippedTo")}</h3>
                <AddressText address={order.shippingAddress} />
              </>
            )}
            {order.cancellable && <CancelOrder order={order} />}
          </Tile>
          <Tile className={styles.facts} aria-labelledby="trail">
            <h2 id="trail">{t("order.trail")}</h2>
            <PointsTrail order={order} />
          </Tile>
        </div>
      </div>
    </Page>
  );
}
