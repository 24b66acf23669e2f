import { useI18n } from "../i18n/i18n.tsx";
import { join } from "./join.ts";
import styles from "./ui.module.css";

/** An amount of points: the little gold tile is their sign throughout. */
export function Points({ value, className }: { value: number; className?: string | undefined }) {
  const { number, t } = useI18n();
  return (
    <span className={join(styles.points, className)}>
      {number(value)} <small>{t("points.unit", { count: value })}</small>
    </span>
  );
}
