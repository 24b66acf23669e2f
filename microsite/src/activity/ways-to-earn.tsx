import type { CampaignPartsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./activity.module.css";
import { CampaignItem } from "./campaign-item.tsx";

/** Lists all campaigns except those for invitations, which have their own tile. */
export function WaysToEarn({ campaigns }: { campaigns: readonly CampaignPartsFragment[] | undefined }) {
  const { t } = useI18n();
  if (!campaigns) return <Skeleton height="30rem" />;
  const ways = campaigns.filter(({ action }) => action !== "REGISTER_REFERRAL" && action !== "TRANSACTION_REFERRAL");
  if (ways.length === 0) return null;
  return (
    <Tile aria-labelledby="ways">
      <h2 id="ways" className={styles.heading}>
        {t("activity.ways")}
      </h2>
      <ul className={styles.ways}>
        {ways.map((campaign) => (
          <CampaignItem key={campaign.id} campaign={campaign} />
        ))}
      </ul>
    </Tile>
  );
}
