import type { CheckInMutation } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import styles from "./check-in.module.css";

/** Shows the points of today's check-in and the time from which the next check-in counts. */
export function TodaysPoints(props: {
  awards: CheckInMutation["checkIn"]["awards"];
  credited: ReadonlySet<string>;
  nextAt: string;
}) {
  const { awards, credited, nextAt } = props;
  const { t, day, moment } = useI18n();
  const points = awards.filter(({ unit }) => unit === "POINTS");
  const count = points.reduce((sum, { quantity }) => sum + quantity, 0);
  const areCredited = points.every(({ id, state }) => state === "CREDITED" || credited.has(id));
  const [first] = points;
  const creditedOn = first && Date.parse(first.availableAt) > Date.now() ? first.availableAt : null;
  return (
    <div>
      <p className={styles.points}>
        {count > 0 ? t("checkIn.earned", { count }) : t("checkIn.done")}
        {count > 0 && (
          <Badge tone={areCredited ? "good" : "info"}>
            {areCredited
              ? t("award.CREDITED")
              : first?.waitsForLink
                ? t("award.waitsForLink")
                : creditedOn
                  ? t("award.later", { day: day(creditedOn) })
                  : t("award.PENDING")}
          </Badge>
        )}
      </p>
      <p className={styles.soft}>{t("checkIn.next", { when: moment(nextAt) })}</p>
    </div>
  );
}
