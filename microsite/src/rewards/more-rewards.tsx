import { useQuery } from "@apollo/client/react";
import { type ReactNode, useEffect, useState } from "react";
import { RelatedRewardsDocument, type RewardCardFragment, SeenRewardsDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { RewardCard } from "./reward-card.tsx";
import styles from "./rewards.module.css";
import { rememberSeen, seenRewards } from "./seen.ts";

const MOST = 4;

/** Shows rewards of the same category and recently viewed rewards. Renders nothing without either. */
export function MoreRewards({ id, category }: { id: string; category: string }) {
  const { t } = useI18n();
  const related = useQuery(RelatedRewardsDocument, { variables: { categories: [category] } }).data?.rewards.nodes ?? [];
  const others = related.filter((each) => each.id !== id).slice(0, MOST);
  return (
    <>
      <Strip title={t("rewards.related")} rewards={others} />
      <SeenRewards but={id} />
    </>
  );
}

/** @param but id of the current reward, which is added to the recently viewed rewards */
function SeenRewards({ but }: { but: string }) {
  const { t } = useI18n();
  const [ids] = useState(() => seenRewards().filter((id) => id !== but));
  useEffect(() => rememberSeen(but), [but]);
  const { data } = useQuery(SeenRewardsDocument, { variables: { ids }, skip: ids.length === 0 });
  const rewards = data?.nodes.filter((node) => node?.__typename === "Reward") ?? [];
  return <Strip title={t("rewards.seen")} rewards={rewards.slice(0, MOST)} />;
}

function Strip({ title, rewards }: { title: ReactNode; rewards: readonly RewardCardFragment[] }) {
  if (rewards.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <div className={styles.grid} data-strip>
        {rewards.map((reward) => (
          <RewardCard key={reward.id} reward={reward} isJudged={false} />
        ))}
      </div>
    </section>
  );
}
