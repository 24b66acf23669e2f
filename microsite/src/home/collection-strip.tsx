import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";
import { CollectionDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { RewardCard, RewardCardSkeleton } from "../rewards/reward-card.tsx";
import rewards from "../rewards/rewards.module.css";
import { filterOf, readSearch, writeSearch } from "../rewards/search.ts";
import styles from "./home.module.css";
import type { Collection } from "./home-section.ts";

const SKELETONS = ["a", "b", "c", "d"];

/** Shows a collection of the home page. Renders nothing if the catalogue has none of its rewards or cannot be read. */
export function CollectionStrip({ collection }: { collection: Collection }) {
  const { t, language } = useI18n();
  const search = { ...readSearch(new URLSearchParams()), ...collection.search };
  const { data, loading } = useQuery(CollectionDocument, {
    variables: { filter: filterOf(search, true), sort: search.sort },
    fetchPolicy: "cache-and-network",
  });
  const found = data?.rewards;
  if (found ? found.totalCount === 0 : !loading) return null;
  const title = collection.title[language];
  return (
    <section className={styles.part} aria-labelledby={`collection-${collection.id}`}>
      <header>
        <h2 id={`collection-${collection.id}`} lang={title === undefined ? "en" : undefined}>
          {title ?? collection.title.en}
        </h2>
        <Link to={`/rewards?${writeSearch(search)}`}>
          {found ? t("home.all", { count: found.totalCount }) : t("nav.rewards")}
        </Link>
      </header>
      <div className={rewards.grid} data-strip>
        {found
          ? found.nodes.map((reward) => <RewardCard key={reward.id} reward={reward} showsStanding={false} />)
          : SKELETONS.map((key) => <RewardCardSkeleton key={key} />)}
      </div>
    </section>
  );
}
