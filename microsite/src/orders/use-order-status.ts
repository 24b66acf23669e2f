import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { OrderStatusDocument } from "../graphql/generated/graphql.ts";
import { socket } from "../graphql/socket.ts";
import { session } from "../session/session.ts";
import { isUnauthenticated } from "../session/session-link.ts";

/** `reconnecting`: what is shown may be of before. */
export type Following = "connecting" | "live" | "reconnecting" | "settled";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
const SESSION_ENDED = 4403;

/**
 * Follows an order until it is settled. The order itself goes into the cache, from which the page draws; after a lost
 * connection, or a restart of the gateway, it goes on behind the last event seen, so none is missed.
 */
export function useOrderStatus(orderId: string | undefined): Following {
  const client = useApolloClient();
  const [following, setFollowing] = useState<Following>("connecting");

  useEffect(() => {
    if (orderId === undefined) return;
    let afterSeq: number | null = null;
    let failures = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop = () => {};
    let isOver = false;

    const listen = () => {
      const startedAt = Date.now();
      let isEnded = false;
      let isSettled = false;
      const ended = (error?: unknown) => {
        if (isEnded || isOver) return;
        isEnded = true;
        if (isSettled) return setFollowing("settled");
        // Taken for nobody, or told that the session is over: asking for a renewal shows which, and ends it here as well.
        const isClosed = (error as { code?: unknown } | undefined)?.code === SESSION_ENDED;
        if (isClosed || isUnauthenticated(error)) void session.renewSince(startedAt);
        setFollowing("reconnecting");
        // All pages of all members come back after a restart: not in one moment.
        const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS) * (0.75 + Math.random() / 2);
        failures += 1;
        timer = setTimeout(listen, wait);
      };
      const subscription = client
        .subscribe({ query: OrderStatusDocument, variables: { orderId, afterSeq } })
        .subscribe({
          next({ data, error }) {
            if (data) {
              failures = 0;
              afterSeq = data.orderStatus.seq;
              isSettled = data.orderStatus.order.settled && data.orderStatus.seq >= data.orderStatus.order.seq;
              setFollowing("live");
            }
            if (error) {
              subscription.unsubscribe();
              ended(error);
            }
          },
          error: ended,
          complete: () => ended(),
        });
      stop = () => subscription.unsubscribe();
    };
    const listenNow = () => {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      failures = 0;
      listen();
    };

    // Where nothing was missed no event comes: what is shown is right as soon as somebody listens.
    const offConnected = socket.on("connected", () => {
      if (afterSeq !== null) setFollowing("live");
    });
    listen();
    window.addEventListener("online", listenNow);
    return () => {
      isOver = true;
      clearTimeout(timer);
      offConnected();
      window.removeEventListener("online", listenNow);
      stop();
    };
  }, [client, orderId]);
  return following;
}
