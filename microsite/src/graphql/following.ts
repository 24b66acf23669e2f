import type { ApolloClient, OperationVariables } from "@apollo/client";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { session } from "../session/session.ts";
import { isUnauthenticated } from "../session/session-link.ts";
import { isConnected, socket } from "./socket.ts";

/** `reconnecting`: what is shown may be of before. */
export type Following = "connecting" | "live" | "reconnecting" | "settled";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
const SESSION_ENDED = 4403;

export interface Followed<Data, Variables extends OperationVariables> {
  document: TypedDocumentNode<Data, Variables>;
  /** Asked for at the start and after each lost connection: from where to go on. */
  variables(): Variables;
  /** @returns whether that was the last there will be */
  next(data: Data): boolean;
  /** Whether what is told goes into the cache, from which pages draw. */
  isCached: boolean;
}

/**
 * Listens to a subscription until it has told all, or whoever listens has gone; after a lost connection, or a restart of the
 * gateway, it goes on.
 * @returns what ends it
 */
export function follow<Data, Variables extends OperationVariables>(
  client: ApolloClient,
  { document, variables, next, isCached }: Followed<Data, Variables>,
  tell: (following: Following) => void,
): () => void {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  let isOver = false;

  const listen = () => {
    const startedAt = Date.now();
    let isEnded = false;
    let isLast = false;
    const ended = (error?: unknown) => {
      if (isEnded || isOver) return;
      isEnded = true;
      if (isLast) return tell("settled");
      // Taken for nobody, or told that the session is over: asking for a renewal shows which, and ends it here as well.
      const isClosed = (error as { code?: unknown } | undefined)?.code === SESSION_ENDED;
      if (isClosed || isUnauthenticated(error)) void session.renewSince(startedAt);
      tell("reconnecting");
      // All pages of all members come back after a restart: not in one moment.
      const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS) * (0.75 + Math.random() / 2);
      failures += 1;
      timer = setTimeout(listen, wait);
    };
    if (isConnected()) tell("live");
    const subscription = client
      .subscribe<Data>({
        query: document as TypedDocumentNode<Data>,
        variables: variables(),
        fetchPolicy: isCached ? "network-only" : "no-cache",
      })
      .subscribe({
        next({ data, error }) {
          if (data) {
            failures = 0;
            isLast = next(data as Data);
            tell("live");
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
  const offConnected = socket.on("connected", () => tell("live"));
  listen();
  window.addEventListener("online", listenNow);
  return () => {
    isOver = true;
    clearTimeout(timer);
    offConnected();
    window.removeEventListener("online", listenNow);
    stop();
  };
}
