import { useApolloClient } from "@apollo/client/react";
import { type DrawPartsFragment, type TicketPageFragment, TicketsDocument } from "../../graphql/generated/graphql.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Button } from "../../ui/button.tsx";
import { useLoadMore } from "../../ui/use-more.ts";
import { DrawTile } from "./draw-tile.tsx";
import styles from "./draws.module.css";

const PAGE_SIZE = 40;

/** Renders a tile for each open draw and each draw in which the member holds tickets. */
export function Draws(props: { draws: readonly DrawPartsFragment[]; tickets: TicketPageFragment | undefined }) {
  const { draws, tickets } = props;
  const { t } = useI18n();
  const client = useApolloClient();
  const { isLoadingMore, loadMore: more } = useLoadMore(() =>
    client.query({
      query: TicketsDocument,
      variables: { first: PAGE_SIZE, after: tickets?.pageInfo.endCursor ?? null },
      fetchPolicy: "network-only",
    }),
  );

  if (draws.length === 0) return null;
  return (
    <section id="draws" className={styles.section} aria-labelledby="draws-title">
      <h2 id="draws-title">{t("draw.title")}</h2>
      <div className={styles.draws}>
        {draws.map((draw) => (
          <DrawTile
            key={draw.id}
            draw={draw}
            tickets={tickets?.edges.flatMap(({ node }) => (node.draw.id === draw.id ? node : [])) ?? []}
          />
        ))}
      </div>
      {tickets?.pageInfo.hasNextPage && (
        <div className={styles.more}>
          <Button variant="quiet" busy={isLoadingMore} onClick={() => void more()}>
            {t("draw.moreTickets")}
          </Button>
        </div>
      )}
    </section>
  );
}
