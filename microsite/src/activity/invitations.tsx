import type { CampaignPartsFragment, EarnedTotalsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./activity.module.css";
import { isForInviting } from "./award-texts.ts";
import { CampaignItem } from "./campaign-item.tsx";

/** Shows the reward for inviting friends and the points earned by it so far. Renders nothing without either. */
export function Invitations(props: {
  campaigns: readonly CampaignPartsFragment[] | undefined;
  totals: EarnedTotalsFragment["rewardTotals"] | undefined;
  /** False on the invitation page, the target of this tile's link. */
  canInvite?: boolean;
}) {
  const { t } = useI18n();
  if (!props.campaigns) return <Skeleton height="22rem" />;
  const campaigns = props.campaigns.filter(
    ({ action }) => action === "REGISTER_REFERRAL" || action === "TRANSACTION_REFERRAL",
  );
  const totals = props.totals?.filter(isForInviting) ?? [];
  if (campaigns.length === 0 && totals.length === 0) return null;

  const friends = totals
    .filter(({ action }) => action === "registerreferral")
    .reduce((sum, { awards }) => sum + awards, 0);
  const credited = totals.reduce((sum, total) => sum + total.credited, 0);
  const onTheWay = totals.reduce((sum, total) => sum + total.onTheWay, 0);
  return (
    <Tile className={styles.invitations} aria-labelledby="invitations">
      <h2 id="invitations" className={styles.heading}>
        {t(props.canInvite ? "invite.title" : "invite.earn")}
      </h2>
      {totals.length === 0 ? (
        <p>{t("invite.none")}</p>
      ) : (
        <p className={styles.soFar}>
          <strong>{t("invite.friends", { count: friends })}</strong>
          <span>{t("invite.credited", { count: credited })}</span>
          {onTheWay > 0 && <span>{t("invite.onTheWay", { count: onTheWay })}</span>}
        </p>
      )}
      {props.canInvite && campaigns.length > 0 && (
        <p>
          <ButtonLink to="/invite" variant="quiet">
            {t("invite.start")}
          </ButtonLink>
        </p>
      )}
      <ul className={styles.ways}>
        {campaigns.map((campaign) => (
          <CampaignItem key={campaign.id} campaign={campaign} />
        ))}
      </ul>
    </Tile>
  );
}
