import { useApolloClient, useQuery } from "@apollo/client/react";
import { useMemo, useRef, useState } from "react";
import { coalesced } from "../graphql/coalesced.ts";
import {
  ActivityDocument,
  type ActivityQuery,
  EarnedDocument,
  RewardCampaignsDocument,
  TicketsDocument,
} from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { LiveMark } from "../ui/live-mark.tsx";
import styles from "./activity.module.css";
import { Draws } from "./draws/draws.tsx";
import { EarnedList } from "./earned-list.tsx";
import { Invitations } from "./invitations.tsx";
import { EarnedSoFar } from "./totals.tsx";
import { type MemberEvent, useMemberEvents } from "./use-member-events.ts";
import { WaysToEarn } from "./ways-to-earn.tsx";

/** The API's longest page. */
const LONGEST = 100;

/** All that was earned, as it happens, and how more can be. */
export default function ActivityPage() {
  const { t } = useI18n();
  const { data, loading, error, refetch } = useQuery(ActivityDocument, {
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const { following, news } = useLive(data?.me);
  const me = data?.me;

  if (!me && !loading) {
    return <Page title={t("activity.title")}>{error ? <LoadFailure retry={refetch} /> : null}</Page>;
  }
  return (
    <Page title={t("activity.title")} aside={<LiveMark following={following} />}>
      <p className="sr-only" role="status">
        {news}
      </p>
      <EarnedSoFar totals={me?.rewardTotals} tickets={me?.tickets.totalCount} />
      <div className={styles.both}>
        <EarnedList totals={me?.rewardTotals} history={me?.rewardHistory} draws={drawsOf(data)} />
        <div className={styles.column}>
          <Invitations campaigns={data?.rewardCampaigns} totals={me?.rewardTotals} />
          <WaysToEarn campaigns={data?.rewardCampaigns} />
        </div>
      </div>
      <Draws draws={drawsOf(data)} tickets={me?.tickets} />
    </Page>
  );
}

/** Those that tickets are earned for now, then those that the member has tickets of. */
function drawsOf(data: ActivityQuery | undefined) {
  const open = data?.rewardCampaigns.flatMap(({ draw }) => draw ?? []) ?? [];
  const own = data?.me?.tickets.edges.map(({ node }) => node.draw) ?? [];
  return [...new Map([...open, ...own].map((draw) => [draw.id, draw])).values()];
}

/** Whatever is told, what it is about is read anew: as much of it as is shown. */
function useLive(me: ActivityQuery["me"] | undefined) {
  const { t } = useI18n();
  const client = useApolloClient();
  const [news, setNews] = useState("");
  const shown = useRef({ earned: 0, tickets: 0 });
  shown.current = { earned: me?.rewardHistory.edges.length ?? 0, tickets: me?.tickets.edges.length ?? 0 };

  const read = useMemo(() => {
    const again = { fetchPolicy: "network-only" } as const;
    const atLeast = (few: number, count: number) => Math.min(LONGEST, Math.max(few, count));
    return {
      earned: coalesced(() =>
        client.query({ query: EarnedDocument, variables: { first: atLeast(12, shown.current.earned) }, ...again }),
      ),
      tickets: coalesced(() =>
        Promise.all([
          client.query({ query: TicketsDocument, variables: { first: atLeast(40, shown.current.tickets) }, ...again }),
          client.query({ query: RewardCampaignsDocument, ...again }), // what is left of each prize
        ]),
      ),
    };
  }, [client]);

  const hear = (event: MemberEvent) => {
    switch (event.__typename) {
      case "AwardMade":
        setNews(
          t(event.unit === "TICKETS" ? "activity.newTickets" : "activity.newPoints", {
            count: event.quantity,
            rule: event.rule,
          }),
        );
        return read.earned();
      case "AwardCredited":
      case "AwardRefused":
        return read.earned();
      case "TicketDrawn":
      case "DrawResult":
        return read.tickets();
      case "EventsMissed":
        read.earned();
        return read.tickets();
      default:
    }
  };
  return { following: useMemberEvents(me?.memberEventsCursor, hear), news };
}
