import type { Following } from "../graphql/following.ts";
import { useI18n } from "../i18n/i18n.tsx";
import styles from "./ui.module.css";

/** Shows whether the page receives live updates. */
export function LiveBadge({ following }: { following: Following }) {
  const { t } = useI18n();
  return (
    <p className={styles.live} data-following={following} role="status">
      {following === "settled" ? "" : t(`following.${following}`)}
    </p>
  );
}
