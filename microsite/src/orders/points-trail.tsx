import type { OrderDetailFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import styles from "./orders.module.css";

/** Describes every deduction and return of points in a sentence. */
export function PointsTrail({ order }: { order: Pick<OrderDetailFragment, "pointsTrail" | "prize"> }) {
  const { pointsTrail: movements, prize } = order;
  const { t, dateTime } = useI18n();
  if (movements.length === 0) return <p className={styles.soft}>{t(prize ? "trail.prize" : "trail.none")}</p>;
  return (
    <ol className={styles.trail}>
      {movements.map(({ id, kind, state, points, payWith, groupWallet, reason, requestedAt, settledAt }) => {
        const wallet = payWith === "INDIVIDUAL" ? t("wallet.ownIn") : (groupWallet?.name ?? t("wallet.group"));
        return (
          <li key={id} data-kind={kind} data-state={state}>
            <p>{t(`trail.${kind}.${state}`, { count: points, wallet })}</p>
            <p className={styles.soft}>
              {reason && kind === "RETURNED" && <>{t(`trail.reason.${reason}`)} </>}
              <time dateTime={settledAt ?? requestedAt}>{dateTime(settledAt ?? requestedAt)}</time>
            </p>
          </li>
        );
      })}
    </ol>
  );
}
