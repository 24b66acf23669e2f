import { useI18n } from "../i18n/i18n.tsx";
import { join } from "./join.ts";
import styles from "./ui.module.css";

/**
 * An amount of points. A small gold tile marks points everywhere on the site.
 *
 * @param isPrice whether 0 points read as *Free*
 */
export function Points(props: { value: number; isPrice?: boolean; className?: string | undefined }) {
  const { value, isPrice = false, className } = props;
  const { number, t } = useI18n();
  if (isPrice && value === 0) return <span className={join(styles.points, className)}>{t("points.free")}</span>;
  return (
    <span className={join(styles.points, className)}>
      {number(value)} <small>{t("points.unit", { count: value })}</small>
    </span>
  );
}
