import { Link } from "react-router";
import type { GoalPartsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { join } from "../ui/join.ts";
import { Picture } from "../ui/picture.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./account.module.css";

/** Shows the balance as progress towards the saving goal. Renders nothing without a goal. */
export function SavingGoal({
  goal,
  className,
}: {
  goal: GoalPartsFragment | null | undefined;
  className?: string | undefined;
}) {
  const { t } = useI18n();
  if (!goal) return null;
  const { reward, missingPoints } = goal;
  const saved = missingPoints === null ? null : reward.points - missingPoints;
  const state =
    saved === null
      ? t("home.balanceUnknown")
      : missingPoints === 0
        ? t("goal.reached")
        : t("goal.missing", { count: missingPoints ?? 0 });
  return (
    <Tile className={join(styles.goal, className)} aria-labelledby="goal">
      <Picture reward={reward} />
      <div>
        <h2 id="goal">{t("goal.title")}</h2>
        <p>
          <Link to={`/rewards/${encodeURIComponent(reward.sku)}`}>{reward.name}</Link>
        </p>
        {saved !== null && (
          <progress value={saved} max={Math.max(1, reward.points)} aria-labelledby="goal goal-state" />
        )}
        <p id="goal-state" className={styles.soft}>
          {state}
        </p>
      </div>
    </Tile>
  );
}
