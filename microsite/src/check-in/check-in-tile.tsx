import { useApolloClient, useMutation } from "@apollo/client/react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link } from "react-router";
import { type MemberEvent, useMemberEvents } from "../activity/use-member-events.ts";
import { coalesced } from "../graphql/coalesced.ts";
import { failureText, secondsToWait } from "../graphql/failure-text.ts";
import {
  BalanceDocument,
  CheckInDocument,
  type CheckInMutation,
  type CheckInPartsFragment,
  CheckInStatusDocument,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./check-in.module.css";
import { Days, daysOf } from "./days.tsx";
import { TodaysPoints } from "./todays-points.tsx";

type Awards = CheckInMutation["checkIn"]["awards"];

/** Checks in, once a day. The tile shows the points at once; the balance follows when they are credited. */
export function CheckInTile({ status, cursor }: { status: CheckInPartsFragment; cursor: string | null }) {
  const i18n = useI18n();
  const { t } = i18n;
  const client = useApolloClient();
  const [checkIn, { loading }] = useMutation(CheckInDocument);
  const [awards, setAwards] = useState<Awards>([]);
  const [credited, setCredited] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<string | null>(null);
  const footer = useRef<HTMLDivElement>(null);

  const read = useMemo(
    () => ({
      balance: coalesced(() => client.query({ query: BalanceDocument, fetchPolicy: "network-only" })),
      status: coalesced(() => client.query({ query: CheckInStatusDocument, fetchPolicy: "network-only" })),
    }),
    [client],
  );
  const onEvent = (event: MemberEvent) => {
    if (event.__typename === "CheckInRecorded") read.status();
    if (event.__typename === "AwardCredited") {
      setCredited((before) => new Set(before).add(event.awardId));
      read.balance();
    }
    if (event.__typename === "EventsMissed") {
      read.status();
      read.balance();
    }
  };
  useMemberEvents(cursor, onEvent);
  useRefetchAt(status.nextCheckInAt, read.status);

  async function handleCheckIn() {
    setProblem(null);
    try {
      const { data } = await checkIn();
      const [refusal] = data?.checkIn.userErrors ?? [];
      if (refusal) setProblem(refusalText(i18n, refusal));
      setAwards(data?.checkIn.awards ?? []);
      if (!refusal) footer.current?.focus(); // the button disappears, so keep the focus in the tile
    } catch (error) {
      setProblem(secondsToWait(error) === null ? t("checkIn.noResponse") : failureText(i18n, error));
    }
  }

  const { streak, longest, today } = status;
  const pointsToday = daysOf(status).find(({ state }) => state === "now")?.points ?? 0;
  return (
    <Tile className={styles.checkIn} aria-labelledby="check-in">
      <header className={styles.head}>
        <h2 id="check-in">{t("checkIn.title")}</h2>
        <p className={styles.streak}>
          {streak > 0 && <strong>{t("checkIn.streak", { count: streak })}</strong>}
          {longest > streak && <span>{t("checkIn.longest", { count: longest })}</span>}
        </p>
      </header>
      <Days status={status} />
      <div className={styles.foot} ref={footer} tabIndex={-1} aria-live="polite">
        {today ? (
          <TodaysPoints awards={awards} credited={credited} nextAt={status.nextCheckInAt} />
        ) : (
          <>
            <Button busy={loading} onClick={() => void handleCheckIn()}>
              {pointsToday > 0 ? t("checkIn.do", { count: pointsToday }) : t("checkIn.doPlain")}
            </Button>
            <NextReward status={status} />
          </>
        )}
        <Link to="/activity">{t("checkIn.all")}</Link>
      </div>
      {problem && !today && <Notice tone="calm">{problem}</Notice>}
    </Tile>
  );
}

/** Shows the next bonus, unless it is today's: the button shows today's. */
function NextReward({ status: { nextReward, cycleDay, cycle } }: { status: CheckInPartsFragment }) {
  const { t, daysAhead } = useI18n();
  if (!nextReward) return null;
  const ahead = nextReward.cycleDay - (cycleDay % cycle.length) - 1;
  return ahead > 0 && <p>{t("checkIn.nextReward", { count: nextReward.points, when: daysAhead(ahead) })}</p>;
}

/** Refetches at the given time if the page is still open. */
function useRefetchAt(at: string, read: () => void): void {
  useEffect(() => {
    const wait = Date.parse(at) - Date.now();
    if (wait <= 0) return;
    const timer = setTimeout(read, wait + 500); // allow for clock skew between gateway and browser
    return () => clearTimeout(timer);
  }, [at, read]);
}

export function CheckInSkeleton() {
  return (
    <Tile className={styles.checkIn} aria-hidden="true">
      <header className={styles.head}>
        <Skeleton width="9rem" height="1.6rem" />
      </header>
      <div className={styles.days}>
        {Array.from("1234567", (day) => (
          <Skeleton key={day} height="100%" />
        ))}
      </div>
      <div className={styles.foot}>
        <Skeleton width="min(18rem, 100%)" height="2.9rem" />
        <Skeleton width="80%" height="1.4em" />
        <Skeleton width="50%" height="1.4em" />
      </div>
    </Tile>
  );
}
