import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { backoffMs } from "./backoff.ts";
import { type Bus, makeLocalBus } from "./events.ts";
import type { Logger } from "./logger.ts";
import { propagatedContext, within } from "./tracing.ts";

const CHANNEL = "tessera_bus";
const CONNECT_TIMEOUT_MS = 2_000;
/** The time for which topics are gathered before other processes are notified. */
const GATHER_MS = 20;
const RETRY_MS = { first: 250, most: 5_000 };
/** A notification of PostgreSQL holds less than 8,000 bytes. */
const MAX_TOPIC_BYTES = 7_900;
/** A topic and, on the next line, the trace of its notification. */
const TRACED = /^(.*)\n(00-[0-9a-f]{32}-[0-9a-f]{16}-01)$/s;

/**
 * A bus between processes over LISTEN and NOTIFY of PostgreSQL, on a connection of its own. It batches topics and sends
 * them after the commit: a NOTIFY within each transaction would serialise the commits. While the connection is lost,
 * notifications stay within the process.
 *
 * @param url a direct connection, or one through a pooler in session mode
 */
export async function openPostgresBus(url: string, log: Logger): Promise<Bus> {
  const local = makeLocalBus();
  const closing = new AbortController();
  /** The topics, each with the trace of its notification. */
  const unsent = new Map<string, string | undefined>();
  let client: pg.Client | undefined;
  let sending: Promise<void> | undefined;
  let isLost = false;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const ended = new Promise<void>((resolve) => next.once("end", () => resolve()));
    next.on("error", (error) => lost(error));
    let ownProcessId: number | undefined;
    next.on("notification", ({ processId, payload }) => {
      if (payload === undefined || processId === ownProcessId) return;
      const [, topic = payload, trace = null] = TRACED.exec(payload) ?? [];
      within(trace, () => local.notify(topic));
    });
    try {
      await next.connect();
      // the server's process id, not a pooler's
      const { rows } = await next.query<{ id: number }>("select pg_backend_pid() as id");
      ownProcessId = rows[0]?.id;
      await next.query(`listen ${CHANNEL}`);
    } catch (error) {
      await next.end().catch(() => {});
      throw error;
    }
    if (closing.signal.aborted) return void (await next.end());
    client = next;
    if (isLost) log.info("Other processes are notified of changes again");
    isLost = false;
    void ended.then(() => {
      client = undefined;
      if (!closing.signal.aborted) void reconnect();
    });
  }

  function lost(error: Error): void {
    if (isLost || closing.signal.aborted) return;
    isLost = true;
    const message =
      "The connection for LISTEN is lost. Changes made by other processes show a few seconds late; nothing is lost";
    log.warn({ reason: error.message }, message);
  }

  async function reconnect(tries = 0): Promise<void> {
    try {
      await connect();
    } catch (error) {
      lost(error as Error);
      const pauseMs = backoffMs(RETRY_MS.first, tries, RETRY_MS.most);
      const paused = delay(pauseMs, undefined, { signal: closing.signal });
      void paused.then(() => reconnect(tries + 1)).catch(() => {}); // the bus was closed during the attempt
    }
  }

  /** Sends the topics notified within GATHER_MS in one statement. */
  async function send(): Promise<void> {
    while (client && unsent.size > 0) {
      await delay(GATHER_MS);
      if (!client) break;
      const topics = [...unsent].map(([topic, trace]) => (trace === undefined ? topic : `${topic}\n${trace}`));
      unsent.clear();
      await client
        .query({
          name: "notify",
          text: `select pg_notify('${CHANNEL}', topic) from unnest($1::text[]) topic`,
          values: [topics],
        })
        .catch((error: Error) => log.debug({ reason: error.message }, "Other processes were not notified"));
    }
    unsent.clear();
    sending = undefined;
  }

  // Without this connection the process is slower, not wrong: it starts and retries in the background.
  await Promise.race([reconnect(), delay(CONNECT_TIMEOUT_MS, undefined, { ref: false })]);
  return {
    notify(topic, payload) {
      local.notify(topic, payload);
      if (!client || Buffer.byteLength(topic) > MAX_TOPIC_BYTES) return;
      unsent.set(topic, propagatedContext() ?? unsent.get(topic));
      sending ??= send();
    },
    on: local.on,
    async close() {
      closing.abort();
      await local.close();
      await sending;
      await client?.end().catch(() => {});
    },
  };
}
