import { useApolloClient } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";
import { type Following, follow } from "../graphql/following.ts";
import { MemberEventsDocument, type MemberEventsSubscription } from "../graphql/generated/graphql.ts";

export type MemberEvent = MemberEventsSubscription["memberEvents"];

/**
 * Subscribes to the customer's events, starting at the cursor of the page's query. After a lost connection the
 * subscription resumes behind the last event received.
 *
 * @param cursor `memberEventsCursor` of the page's query; the subscription starts when it is known
 */
export function useMemberEvents(cursor: string | null | undefined, hear: (event: MemberEvent) => void): Following {
  const client = useApolloClient();
  const [following, setFollowing] = useState<Following>("connecting");
  const hearing = useRef(hear);
  useEffect(() => {
    hearing.current = hear;
  });
  // Refetching the page changes the cursor, but the subscription already covers those events: only the first cursor
  // counts.
  const first = useRef(cursor);
  first.current ??= cursor;
  const isKnown = first.current != null;

  useEffect(() => {
    if (!isKnown) return;
    let after = first.current ?? null;
    let seen = 0;
    return follow(
      client,
      {
        document: MemberEventsDocument,
        variables: () => ({ after }),
        next({ memberEvents: event }) {
          after = event.cursor;
          if (event.seq > seen) hearing.current(event);
          seen = Math.max(seen, event.seq);
          return false;
        },
        isCached: false,
      },
      setFollowing,
    );
  }, [client, isKnown]);
  return following;
}
