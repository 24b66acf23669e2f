import { useQuery } from "@apollo/client/react";
import cartStyles from "../cart/cart.module.css";
import { OrdersDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Tile } from "../ui/tile.tsx";
import { useLoadMore } from "../ui/use-more.ts";
import { OrderRow, OrderRowSkeleton } from "./order-row.tsx";
import styles from "./orders.module.css";

const SKELETONS = ["a", "b", "c", "d"];

export default function OrdersPage() {
  const { t } = useI18n();
  const { data, loading, error, fetchMore, refetch } = useQuery(OrdersDocument, {
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const orders = data?.me?.orders;
  const { isLoadingMore, loadMore: more } = useLoadMore(() =>
    fetchMore({ variables: { after: orders?.pageInfo.endCursor ?? null } }),
  );

  return (
    <Page
      title={t("orders.title")}
      narrow
      aside={
        <ButtonLink to="/vouchers" variant="quiet">
          {t("vouchers.title")}
        </ButtonLink>
      }
    >
      <h2 className="sr-only">{t("orders.list")}</h2>
      {orders?.totalCount === 0 ? (
        <Tile className={cartStyles.empty}>
          <p>{t("orders.none")}</p>
          <ButtonLink to="/rewards">{t("notFound.browse")}</ButtonLink>
        </Tile>
      ) : !orders && !loading ? (
        <LoadFailure error={error} retry={refetch} />
      ) : (
        <ul className={styles.rows}>
          {orders?.edges.map(({ node }) => (
            <OrderRow key={node.id} order={node} />
          ))}
          {(!orders || isLoadingMore) && SKELETONS.map((key) => <OrderRowSkeleton key={key} />)}
        </ul>
      )}
      {orders?.pageInfo.hasNextPage && (
        <div className={styles.more}>
          <Button variant="quiet" busy={isLoadingMore} onClick={() => void more()}>
            {t("orders.more")}
          </Button>
        </div>
      )}
    </Page>
  );
}
