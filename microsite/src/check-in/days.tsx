import type { CheckInPartsFragment } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Icon } from "../ui/icon.tsx";
import styles from "./check-in.module.css";

/** Shows the days of the cycle as tesserae: done, today and ahead. */
export function Days({ status }: { status: CheckInPartsFragment }) {
  const { t, number } = useI18n();
  return (
    <ol className={styles.days}>
      {daysOf(status).map(({ day, points, state }) => (
        <li key={day} data-state={state} aria-current={state === "now" || state === "today" ? "date" : undefined}>
          <span className={styles.stone}>
            {state === "done" || state === "today" ? <Icon name="check" size={18} /> : null}
            <b>{points > 0 ? `+${number(points)}` : "·"}</b>
          </span>
          <small>{state === "now" || state === "today" ? t("checkIn.today") : number(day)}</small>
          <span className="sr-only">
            {t(state === "done" || state === "today" ? "checkIn.dayDone" : "checkIn.dayAhead", { day, count: points })}
          </span>
        </li>
      ))}
    </ol>
  );
}

type DayState = "done" | "today" | "now" | "ahead";

/**
 * Returns the days of the cycle. `today`: checked in today; `now`: today's check-in is open. After a complete cycle,
 * the next cycle starts tomorrow.
 */
export function daysOf({
  cycle,
  cycleDay,
  today,
  nextReward,
}: CheckInPartsFragment): { day: number; points: number; state: DayState }[] {
  const done = today || cycleDay < cycle.length ? cycleDay : 0;
  return cycle.map((points, index) => {
    const day = index + 1;
    const isNext = day === done + 1 && !today;
    const state = day === done && today ? "today" : day <= done ? "done" : isNext ? "now" : "ahead";
    // The streak bonus is known only for the day of the next reward.
    const hasNextReward = day > done && day === nextReward?.cycleDay;
    return { day, points: hasNextReward ? nextReward.points : points, state };
  });
}
