import { useQuery } from "@apollo/client/react";
import { type ReactNode, useEffect, useState } from "react";
import { RelatedRewardsDocument, type RewardCardFragment, SeenRewardsDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { addRecentlyViewed, recentlyViewed } from "./recently-viewed.ts";
import { RewardCard } from "./reward-card.tsx";
import styles from "./rewards.module.css";

const MAX_SHOWN = 4;

/** Shows rewards of the same category and recently viewed rewards. Renders nothing without either. */
export function MoreRewards({ id, category }: { id: string; category: string }) {
  const { t } = useI18n();
  const related = useQuery(RelatedRewardsDocument, { variables: { categories: [category] } }).data?.rewards.nodes ?? [];
  const others = related.filter((each) => each.id !== id).slice(0, MAX_SHOWN);
  return (
    <>
      <Strip title={t("rewards.related")} rewards={others} />
      <RecentlyViewed currentId={id} />
    </>
  );
}

/** @param but id of the current reward, which is added to the recently viewed rewards */
function RecentlyViewed({ currentId }: { currentId: string }) {
  const { t } = useI18n();
  const [ids] = useState(() => recentlyViewed().filter((id) => id !== currentId));
  useEffect(() => addRecentlyViewed(currentId), [currentId]);
  const { data } = useQuery(SeenRewardsDocument, { variables: { ids }, skip: ids.length === 0 });
  const rewards = data?.nodes.filter((node) => node?.__typename === "Reward") ?? [];
  return <Strip title={t("rewards.seen")} rewards={rewards.slice(0, MAX_SHOWN)} />;
}

function Strip({ title, rewards }: { title: ReactNode; rewards: readonly RewardCardFragment[] }) {
  if (rewards.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <div className={styles.grid} data-strip>
        {rewards.map((reward) => (
          <RewardCard key={reward.id} reward={reward} showsStanding={false} />
        ))}
      </div>
    </section>
  );
}
