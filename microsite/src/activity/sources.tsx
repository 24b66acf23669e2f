import type { EarnedTotalsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import styles from "./activity.module.css";
import { type Source, sourceOf } from "./award-texts.ts";

type Totals = EarnedTotalsFragment["rewardTotals"];

/** Shows the sources of the member's points as a bar of proportional pieces, with a legend of the colours. */
export function Sources({ totals }: { totals: Totals | undefined }) {
  const { t, number } = useI18n();
  if (!totals) {
    return (
      <div className={styles.sources}>
        <Skeleton height="1.15rem" />
        <ul />
      </div>
    );
  }
  const shares = sharesOf(totals);
  if (shares.length === 0) return null;
  return (
    <div className={styles.sources}>
      <div className={styles.bar} aria-hidden="true">
        {shares.map(([source, points]) => (
          <span key={source} data-source={source} style={{ flexGrow: points }} />
        ))}
      </div>
      <ul>
        {shares.map(([source, points]) => (
          <li key={source} data-source={source}>
            {t(`source.${source}`)} <b>{number(points)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Returns the shares, largest first. */
function sharesOf(totals: Totals): [Source, number][] {
  const shares = new Map<Source, number>();
  for (const total of totals) {
    const source = sourceOf(total);
    if (!source || total.unit !== "POINTS" || total.credited === 0) continue;
    shares.set(source, (shares.get(source) ?? 0) + total.credited);
  }
  return [...shares].sort(([, one], [, other]) => other - one);
}
