import { useApolloClient } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";
import { type Following, follow } from "../graphql/following.ts";
import { MemberEventsDocument, type MemberEventsSubscription } from "../graphql/generated/graphql.ts";

export type MemberEvent = MemberEventsSubscription["memberEvents"];

/**
 * Hears all that the customer is told, from where the page was read on; after a lost connection from the last event heard.
 * @param cursor `memberEventsCursor`, read with the page; nothing is listened to before it is known
 */
export function useMemberEvents(cursor: string | null | undefined, hear: (event: MemberEvent) => void): Following {
  const client = useApolloClient();
  const [following, setFollowing] = useState<Following>("connecting");
  const hearing = useRef(hear);
  useEffect(() => {
    hearing.current = hear;
  });
  // A page that is read again has moved on, and so has what was heard: the first is where to begin.
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
