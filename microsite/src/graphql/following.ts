import type { ApolloClient, OperationVariables } from "@apollo/client";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { session } from "../session/session.ts";
import { isUnauthenticated } from "../session/session-link.ts";
import { isConnected, socket } from "./socket.ts";

/** `reconnecting`: the data on the page may be out of date. */
export type Following = "connecting" | "live" | "reconnecting" | "settled";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
const SESSION_ENDED = 4403;

export interface Followed<Data, Variables extends OperationVariables> {
  document: TypedDocumentNode<Data, Variables>;
  /** Called at the start and after each lost connection; the variables say from which event to resume. */
  variables(): Variables;
  /** @returns whether this was the last event */
  next(data: Data): boolean;
  /** Whether events are written to the cache. */
  isCached: boolean;
}

/**
 * Follows a subscription until its last event or until the caller stops it. The subscription resumes after a lost
 * connection or a restart of the gateway.
 *
 * @returns a function that stops it
 */
export function follow<Data, Variables extends OperationVariables>(
  client: ApolloClient,
  { document, variables, next, isCached }: Followed<Data, Variables>,
  onChange: (following: Following) => void,
): () => void {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  let isStopped = false;

  const connect = () => {
    const startedAt = Date.now();
    let isEnded = false;
    let isLast = false;
    const ended = (error?: unknown) => {
      if (isEnded || isStopped) return;
      isEnded = true;
      if (isLast) return onChange("settled");
      // The gateway rejected the session. The renewal tells an expired access token from an ended session, and ends it
      // here.
      const isClosed = (error as { code?: unknown } | undefined)?.code === SESSION_ENDED;
      if (isClosed || isUnauthenticated(error)) void session.renewSince(startedAt);
      onChange("reconnecting");
      // After a restart all pages reconnect, so the delays are randomised.
      const delayMs = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS) * (0.75 + Math.random() / 2);
      failures += 1;
      timer = setTimeout(connect, delayMs);
    };
    if (isConnected()) onChange("live");
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
            onChange("live");
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
  const connectNow = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    failures = 0;
    connect();
  };

  // Without missed events no event arrives, so the data is current as soon as the socket is connected.
  const removeListener = socket.on("connected", () => onChange("live"));
  connect();
  window.addEventListener("online", connectNow);
  return () => {
    isStopped = true;
    clearTimeout(timer);
    removeListener();
    window.removeEventListener("online", connectNow);
    stop();
  };
}
