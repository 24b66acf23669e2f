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
export function useMemberEvents(cursor: string | null | undefined, onEvent: (event: MemberEvent) => void): Following {
  const client = useApolloClient();
  const [following, setFollowing] = useState<Following>("connecting");
  const latestOnEvent = useRef(onEvent);
  useEffect(() => {
    latestOnEvent.current = onEvent;
  });
  // Refetching the page changes the cursor, but the subscription already covers those events: only the first cursor
  // counts.
  const firstCursor = useRef(cursor);
  firstCursor.current ??= cursor;
  const isCursorKnown = firstCursor.current != null;

  useEffect(() => {
    if (!isCursorKnown) return;
    let after = firstCursor.current ?? null;
    let lastSeq = 0;
    return follow(
      client,
      {
        document: MemberEventsDocument,
        variables: () => ({ after }),
        next({ memberEvents: event }) {
          after = event.cursor;
          if (event.seq > lastSeq) latestOnEvent.current(event);
          lastSeq = Math.max(lastSeq, event.seq);
          return false;
        },
        isCached: false,
      },
      setFollowing,
    );
  }, [client, isCursorKnown]);
  return following;
}
