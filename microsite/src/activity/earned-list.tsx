import { useApolloClient } from "@apollo/client/react";
import { useRef } from "react";
import {
  type DrawPartsFragment,
  EarnedDocument,
  type EarnedPageFragment,
  type EarnedTotalsFragment,
} from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Tile } from "../ui/tile.tsx";
import { useLoadMore } from "../ui/use-more.ts";
import styles from "./activity.module.css";
import { EarnedRow, EarnedRowSkeleton } from "./earned-row.tsx";
import { Sources } from "./sources.tsx";

const PAGE_SIZE = 12;
const SKELETONS = ["a", "b", "c", "d", "e", "f", "g", "h"];

export function EarnedList(props: {
  totals: EarnedTotalsFragment["rewardTotals"] | undefined;
  history: EarnedPageFragment | undefined;
  draws: readonly DrawPartsFragment[];
}) {
  const { totals, history, draws } = props;
  const { t } = useI18n();
  const client = useApolloClient();
  /** Time of the newest entry at the first load. Later entries are marked as new. */
  const since = useRef<string | null>(null);
  if (history) since.current ??= history.edges[0]?.node.earnedAt ?? "";
  const { isLoadingMore, loadMore: more } = useLoadMore(() =>
    client.query({
      query: EarnedDocument,
      variables: { first: PAGE_SIZE, after: history?.pageInfo.endCursor ?? null },
      fetchPolicy: "network-only",
    }),
  );

  return (
    <Tile aria-labelledby="earned">
      <h2 id="earned" className={styles.heading}>
        {t("activity.earned")}
      </h2>
      <Sources totals={totals} />
      {history?.totalCount === 0 ? (
        <p className={styles.soft}>{t("activity.none")}</p>
      ) : (
        <ul className={styles.rows}>
          {history?.edges.map(({ node }) => (
            <EarnedRow
              key={node.id}
              entry={node}
              drawName={draws.find(({ id }) => id === node.drawId)?.name}
              isNew={since.current !== null && node.earnedAt > since.current}
            />
          ))}
          {(!history || isLoadingMore) && SKELETONS.map((key) => <EarnedRowSkeleton key={key} />)}
        </ul>
      )}
      {history?.pageInfo.hasNextPage && (
        <div className={styles.more}>
          <Button variant="quiet" busy={isLoadingMore} onClick={() => void more()}>
            {t("orders.more")}
          </Button>
        </div>
      )}
    </Tile>
  );
}
