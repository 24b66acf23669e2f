import { useApolloClient } from "@apollo/client/react";
import { useMemo, useRef, useState } from "react";
import { coalesced } from "../graphql/coalesced.ts";
import type { Following } from "../graphql/following.ts";
import {
  type ActivityQuery,
  type AwardUnit,
  EarnedDocument,
  RewardCampaignsDocument,
  TicketsDocument,
} from "../graphql/generated/graphql.ts";
import { type MessageKey, useI18n } from "../i18n/i18n.tsx";
import { type MemberEvent, useMemberEvents } from "./use-member-events.ts";

const announcementKeys = {
  POINTS: "activity.newPoints",
  TICKETS: "activity.newTickets",
  REWARD: "activity.newReward",
} as const satisfies Record<AwardUnit, MessageKey>;

/** Maximum page size of the API. */
const MAX_PAGE_SIZE = 100;

/**
 * Refetches the lists that a member event affects, with as many entries as the page shows.
 *
 * @returns `news`: the message about the latest award, for screen readers
 */
export function useLiveActivity(me: ActivityQuery["me"] | undefined): { following: Following; announcement: string } {
  const { t } = useI18n();
  const client = useApolloClient();
  const [announcement, setAnnouncement] = useState("");
  const shown = useRef({ earned: 0, tickets: 0 });
  shown.current = { earned: me?.rewardHistory.edges.length ?? 0, tickets: me?.tickets.edges.length ?? 0 };

  const read = useMemo(() => {
    const fromNetwork = { fetchPolicy: "network-only" } as const;
    const atLeast = (minimum: number, count: number) => Math.min(MAX_PAGE_SIZE, Math.max(minimum, count));
    return {
      earned: coalesced(() =>
        client.query({
          query: EarnedDocument,
          variables: { first: atLeast(12, shown.current.earned) },
          ...fromNetwork,
        }),
      ),
      tickets: coalesced(() =>
        Promise.all([
          client.query({
            query: TicketsDocument,
            variables: { first: atLeast(40, shown.current.tickets) },
            ...fromNetwork,
          }),
          client.query({ query: RewardCampaignsDocument, ...fromNetwork }), // the remaining number of each prize
        ]),
      ),
    };
  }, [client]);

  const onEvent = (event: MemberEvent) => {
    switch (event.__typename) {
      case "AwardMade":
        setAnnouncement(t(announcementKeys[event.unit], { count: event.quantity, rule: event.rule }));
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
  return { following: useMemberEvents(me?.memberEventsCursor, onEvent), announcement };
}
