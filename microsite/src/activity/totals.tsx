import type { EarnedTotalsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import styles from "./activity.module.css";

type Totals = EarnedTotalsFragment["rewardTotals"];
const sum = (totals: Totals, of: (total: Totals[number]) => number) =>
  totals.reduce((all, total) => all + of(total), 0);

/** Shows the totals: points credited, points pending, and tickets. */
export function EarnedSoFar({ totals, tickets }: { totals: Totals | undefined; tickets: number | undefined }) {
  const { t, number } = useI18n();
  const points = totals?.filter(({ unit }) => unit === "POINTS");
  const figures = [
    { key: "credited", value: points && sum(points, ({ credited }) => credited) },
    { key: "onTheWay", value: points && sum(points, ({ onTheWay }) => onTheWay) },
    { key: "tickets", value: tickets },
  ] as const;
  return (
    <dl className={styles.totals}>
      {figures.map(({ key, value }) => (
        <div key={key}>
          <dt>{t(`activity.total.${key}`)}</dt>
          <dd>
            {value === undefined ? (
              <Skeleton width="5rem" height="1em" />
            ) : key === "tickets" && value > 0 ? (
              <a href="#draws">{number(value)}</a>
            ) : (
              number(value)
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
