import type { Socket } from "node:net";
import { CloseCode, type Server } from "graphql-ws";
import type { WebSocket } from "ws";
import type { Logger } from "../platform/logger.ts";

/**
 * While more unsent data than this is buffered, the socket is not read: a peer that does not read cannot cause more
 * output.
 */
export const HOLD_BYTES = 64 * 1024;
export const MAX_UNSENT_BYTES = 1024 * 1024;
/** The time after which a stalled peer is disconnected. */
export const STALLED_MS = 5_000;
const PING_MS = 25_000;
/** A page that reconnects sends at most 20 subscriptions, and as many completions. */
const MAX_MESSAGES = 300;
const MESSAGES_WITHIN_MS = 10_000;
const POLICY_VIOLATION = 1008;

export interface ServeSocketOptions {
  log: Logger;
  /** The time after which a stalled peer is disconnected; a test shortens it. */
  stalledMs?: number | undefined;
}

/**
 * Connects a websocket to the protocol of graphql-ws. All output passes through here, so that the memory of a socket is
 * bounded: a slow reader is read slowly, and a stalled peer is disconnected.
 *
 * @param connection the websocket's underlying connection
 */
export function serveSocket<Extra>(
  protocol: Server<Extra>,
  { ws, connection, extra }: { ws: WebSocket; connection: Socket; extra: Extra },
  { log, stalledMs = STALLED_MS }: ServeSocketOptions,
): void {
  let isHeld = false;

  function terminate(reason: string): void {
    log.warn({ reason, unsentBytes: ws.bufferedAmount }, "A websocket was cut off");
    ws.terminate();
  }
  const stalled = () => terminate("it reads nothing");

  function pauseReading(): void {
    const unsent = ws.bufferedAmount;
    if (unsent > MAX_UNSENT_BYTES) terminate("too much waits to be sent");
    if (ws.readyState !== ws.OPEN || isHeld || unsent <= HOLD_BYTES) return;
    isHeld = true;
    ws.pause();
    // The timeout only counts while the system accepts no byte of a write, even one larger than its buffers.
    connection.setTimeout(stalledMs, stalled);
    connection.once("drain", () => {
      isHeld = false;
      connection.setTimeout(0, stalled);
      ws.resume();
    });
  }

  const send = (text: string) =>
    new Promise<void>((resolve, reject) => {
      if (ws.readyState !== ws.OPEN) return resolve();
      // A message that was not sent because the socket has closed is no fault.
      ws.send(text, (error) => (error && ws.readyState === ws.OPEN ? reject(error) : resolve()));
      pauseReading();
    });

  let windowEnds = 0;
  let received = 0;
  function isTooMany(): boolean {
    const now = performance.now();
    if (now > windowEnds) {
      windowEnds = now + MESSAGES_WITHIN_MS;
      received = 0;
    }
    received += 1;
    return received > MAX_MESSAGES;
  }

  let isAlive = true;
  const heartbeat = setInterval(() => {
    if (isHeld) return; // reading is paused, so its pong cannot arrive
    if (!isAlive) return ws.terminate();
    isAlive = false;
    ws.ping();
  }, PING_MS);
  ws.on("pong", () => {
    isAlive = true;
  });
  ws.on("ping", pauseReading); // ws has sent the pong
  ws.on("error", ({ message: reason }) => log.debug({ reason }, "A socket broke the rules")); // ws closes it

  const closed = protocol.opened(
    {
      protocol: ws.protocol,
      send,
      close: (code, reason) => ws.close(code, reason),
      onMessage: (handle) =>
        ws.on("message", (data) => {
          if (ws.readyState !== ws.OPEN) return;
          if (isTooMany()) {
            ws.close(POLICY_VIOLATION, "Too many messages");
            return ws.pause(); // further messages are not read
          }
          handle(String(data)).catch((error: unknown) => {
            log.error({ err: error }, "Unexpected error in a message of a websocket");
            ws.close(CloseCode.InternalServerError, "Internal server error");
          });
        }),
      // The payload of a ping is not returned: its size would be the client's choice.
      onPing: () => send('{"type":"pong"}'),
    },
    extra,
  );
  ws.once("close", (code, reason) => {
    clearInterval(heartbeat);
    closed(code, String(reason)).catch((error: unknown) =>
      log.error({ err: error }, "Unexpected error at the end of a websocket"),
    );
  });
}
