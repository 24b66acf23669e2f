import { Link } from "react-router";
import type { EarnedPartsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import styles from "./activity.module.css";
import { isPrize, sourceOf, stateKey, stateSentence, toneOf } from "./award-texts.ts";
import { ClaimPrize } from "./claim-prize.tsx";

/** Shows an entry of the earnings. The calculation is shown on request. */
export function EarnedRow(props: { entry: EarnedPartsFragment; drawName: string | undefined; isNew: boolean }) {
  const { entry, drawName, isNew } = props;
  const { t, day, dateTime, number } = useI18n();
  const { unit, quantity, state, rule, drawId, earnedAt, availableAt, expiresAt, explanation } = entry;
  const { reward, claimable, order } = entry;
  const sentence = stateSentence(entry);
  return (
    <li className={styles.earned} data-source={sourceOf(entry)} data-state={state} data-new={isNew || undefined}>
      <span className={styles.tessera} aria-hidden="true" />
      <h3>
        {reward
          ? t("prize.won", { name: reward.name })
          : isPrize(entry)
            ? t("activity.won", { draw: drawName ?? drawId })
            : rule}
      </h3>
      <div className={styles.gain}>
        {unit !== "REWARD" && (
          <p>
            <strong>+{number(quantity)}</strong>{" "}
            {t(unit === "TICKETS" ? "tickets.unit" : "points.unit", { count: quantity })}
          </p>
        )}
        <Badge tone={toneOf(entry)}>{t(stateKey(entry), { day: day(availableAt) })}</Badge>
      </div>
      {claimable ? (
        <ClaimPrize prize={entry} />
      ) : (
        order && (
          <Link className={styles.claim} to={`/orders/${order.id}`}>
            {t("prize.order")}
          </Link>
        )
      )}
      <details className={styles.under}>
        <summary>
          <time dateTime={earnedAt}>{dateTime(earnedAt)}</time>
          <span>{t("activity.how")}</span>
          <span className="sr-only">: {rule}</span>
        </summary>
        <div>
          {sentence && <p>{t(sentence)}</p>}
          <ul lang="en">
            {explanation.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ul>
          {expiresAt && state === "CREDITED" && (
            <p className={styles.soft}>{t("activity.lapses", { day: day(expiresAt) })}</p>
          )}
        </div>
      </details>
    </li>
  );
}

export function EarnedRowSkeleton() {
  return (
    <li className={styles.earned} aria-hidden="true">
      <span className={styles.tessera} />
      <Skeleton width="55%" height="1.3rem" />
      <div className={styles.gain}>
        <Skeleton width="4.5rem" height="1.65rem" />
        <Skeleton width="6rem" height="1.4rem" />
      </div>
      <div className={styles.under}>
        <Skeleton width="60%" height="1.55rem" />
      </div>
    </li>
  );
}
