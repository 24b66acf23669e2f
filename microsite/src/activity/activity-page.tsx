import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";
import { ActivityDocument, type ActivityQuery } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { LiveBadge } from "../ui/live-badge.tsx";
import styles from "./activity.module.css";
import { Draws } from "./draws/draws.tsx";
import { EarnedList } from "./earned-list.tsx";
import { Invitations } from "./invitations.tsx";
import { EarnedSoFar } from "./totals.tsx";
import { useLiveActivity } from "./use-live-activity.ts";
import { WaysToEarn } from "./ways-to-earn.tsx";

/** Shows all earnings, updated live, and the ways to earn more. */
export default function ActivityPage() {
  const { t } = useI18n();
  const { data, loading, error, refetch } = useQuery(ActivityDocument, {
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const { following, announcement } = useLiveActivity(data?.me);
  const me = data?.me;

  if (!me && !loading) {
    return <Page title={t("activity.title")}>{error ? <LoadFailure error={error} retry={refetch} /> : null}</Page>;
  }
  // A member without earnings sees the ways to earn first.
  const isNew = me?.rewardHistory.totalCount === 0;
  const ways = <WaysToEarn campaigns={data?.rewardCampaigns} />;
  return (
    <Page
      title={t("activity.title")}
      aside={
        <>
          <Link to="/statement">{t("statement.title")}</Link>
          <LiveBadge following={following} />
        </>
      }
    >
      <p className="sr-only" role="status">
        {announcement}
      </p>
      <EarnedSoFar totals={me?.rewardTotals} tickets={me?.tickets.totalCount} />
      <div className={styles.both}>
        <div className={styles.column}>
          <EarnedList totals={me?.rewardTotals} history={me?.rewardHistory} draws={drawsOf(data)} />
          {isNew && ways}
        </div>
        <div className={styles.column}>
          <Invitations campaigns={data?.rewardCampaigns} totals={me?.rewardTotals} canInvite />
          {!isNew && ways}
        </div>
      </div>
      <Draws draws={drawsOf(data)} tickets={me?.tickets} />
    </Page>
  );
}

/** Returns the draws that currently issue tickets, then the draws in which the member holds tickets. */
function drawsOf(data: ActivityQuery | undefined) {
  const open = data?.rewardCampaigns.flatMap(({ draw }) => draw ?? []) ?? [];
  const own = data?.me?.tickets.edges.map(({ node }) => node.draw) ?? [];
  return [...new Map([...open, ...own].map((draw) => [draw.id, draw])).values()];
}
