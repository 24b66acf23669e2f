import type { DrawPartsFragment } from "../../graphql/generated/graphql.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import styles from "./draws.module.css";

const PPM = 1_000_000;

export function Prizes({ draw: { name, prizes } }: { draw: DrawPartsFragment }) {
  const { t, percent } = useI18n();
  return (
    <table className={styles.prizes}>
      <caption className="sr-only">{t("draw.prizesOf", { draw: name })}</caption>
      <thead>
        <tr>
          <th scope="col">{t("draw.prize")}</th>
          <th scope="col">{t("draw.chance")}</th>
          <th scope="col">{t("draw.left")}</th>
        </tr>
      </thead>
      <tbody>
        {prizes.map((prize) => (
          <tr key={prize.id} data-gone={prize.left === 0 || undefined}>
            <th scope="row">{prize.name}</th>
            <td>{prize.oddsPpm > 0 ? percent(prize.oddsPpm / PPM) : t("draw.otherwise")}</td>
            <td>{prize.left === null ? t("draw.noLimit") : t("draw.count", { count: prize.left })}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
