import type { OrderDetailFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { stepsOf } from "./order-steps.ts";
import styles from "./orders.module.css";

/** Shows the steps of the order as tiles: placed, paid, fulfilled and, if applicable, returned. */
export function Progress({ order }: { order: OrderDetailFragment }) {
  const { t, time, day } = useI18n();
  const today = day(new Date().toISOString());
  return (
    <ol className={styles.progress}>
      {stepsOf(order).map(({ name, state, at }) => (
        <li key={name} data-state={state} aria-current={state === "now" || state === "unsure" ? "step" : undefined}>
          <span className={styles.stone} aria-hidden="true" />
          <strong>{t(name)}</strong>
          <small>{at && <time dateTime={at}>{day(at) === today ? time(at) : day(at)}</time>}</small>
        </li>
      ))}
    </ol>
  );
}
