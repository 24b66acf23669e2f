import { Link } from "react-router";
import type { RedeemabilityReason, RewardCardFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Picture } from "../ui/picture.tsx";
import { Points } from "../ui/points.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import styles from "./rewards.module.css";

/** Whether the viewer can redeem the reward; undefined while loading, null if unavailable. */
export type Standing =
  | { redeemable: boolean; shortBy: number | null; reasons: readonly RedeemabilityReason[] }
  | null
  | undefined;

export function RewardCard(props: {
  reward: RewardCardFragment;
  standing?: Standing;
  /** Whether the card reserves space for the standing. */
  showsStanding?: boolean;
  priority?: boolean;
}) {
  const { reward, standing, showsStanding = true, priority = false } = props;
  return (
    <article className={styles.card}>
      <Picture reward={reward} priority={priority} />
      <div className={styles.cardText}>
        <p className={styles.brand}>{reward.brand}</p>
        <h3>
          <Link to={`/rewards/${encodeURIComponent(reward.sku)}`}>{reward.name}</Link>
        </h3>
        <p className={styles.price}>
          <Points isPrice value={reward.points} />
        </p>
        {showsStanding && (
          <p className={styles.standing}>
            <StandingText standing={standing} reward={reward} />
          </p>
        )}
      </div>
    </article>
  );
}

/** Shows at most one message: the reason that blocks the reward, or else a hint. */
function StandingText({ standing, reward }: { standing: Standing; reward: RewardCardFragment }) {
  const { t } = useI18n();
  const { stock, payableWith } = reward;
  if (stock === 0) return <span data-tone="off">{t("reason.SOLD_OUT")}</span>;
  if (standing && !standing.redeemable) {
    if (standing.reasons.includes("NOT_SIGNED_IN")) return null;
    const blocking = standing.reasons.find((reason) => reason !== "INSUFFICIENT_POINTS");
    // The viewer's own points can never pay for this reward, regardless of the balance.
    if (blocking === "WALLET_NOT_SUPPORTED" && !payableWith.includes("INDIVIDUAL"))
      return <span data-tone="off">{t("rewards.groupOnly")}</span>;
    if (blocking) return <span data-tone="off">{t(`reason.${blocking}`)}</span>;
    if (standing.shortBy !== null)
      return <span data-tone="short">{t("rewards.short", { count: standing.shortBy })}</span>;
  }
  if (stock !== null && stock <= 5) return <span data-tone="few">{t("rewards.few", { count: stock })}</span>;
  if (standing?.redeemable) return <span data-tone="yes">{t("rewards.yours")}</span>;
  return null;
}

export function RewardCardSkeleton() {
  return (
    <div className={styles.card} aria-hidden="true">
      <div className={styles.pictureSkeleton} />
      <div className={styles.cardText}>
        <Skeleton width="40%" height="0.9rem" />
        <Skeleton width="85%" height="1.2rem" />
        <Skeleton width="45%" height="1.2rem" />
        <Skeleton width="55%" height="0.9rem" />
      </div>
    </div>
  );
}
