import { createClient } from "graphql-ws";
import { pageLanguage } from "../i18n/page-language.ts";
import { session } from "../session/session.ts";

const PING_MS = 10_000;
const PONG_WITHIN_MS = 4_000;

let pongTimer: ReturnType<typeof setTimeout> | undefined;
let connected = false;
/** Whether the gateway has acknowledged the connection. */
export const isConnected = () => connected;

/**
 * The page's only socket. It does not reconnect by itself, because each subscriber knows where to resume
 * (`following.ts`).
 */
export const socket = createClient({
  async url() {
    await session.ensureFresh(); // the upgrade request sends the cookie
    return `${location.origin.replace(/^http/, "ws")}/graphql`;
  },
  connectionParams: () => ({ "accept-language": pageLanguage.get() }),
  retryAttempts: 0,
  shouldRetry: () => false,
  onNonLazyError: () => {},
  keepAlive: PING_MS,
  on: {
    // A ping detects a connection that was lost without a close frame.
    ping: (received) => {
      if (!received) pongTimer = setTimeout(() => socket.terminate(), PONG_WITHIN_MS);
    },
    pong: (received) => {
      if (received) clearTimeout(pongTimer);
    },
    connected: () => {
      connected = true;
    },
    closed() {
      connected = false;
      clearTimeout(pongTimer);
    },
  },
});
