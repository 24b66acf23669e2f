import packageJson from "../../package.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import { type Db, poolOf } from "../platform/db.ts";
import { Pool } from "../platform/direct-sql.ts";
import type { Logger } from "../platform/logger.ts";
import { openDatabaseFigures } from "./database-figures.sql.ts";
import { type Metrics, makeMetrics } from "./metrics.ts";
import { serveMetrics, type WatchServer } from "./serve-metrics.ts";

/** The metrics of a process and their server. A process without METRICS_PORT does not load this module. */
export interface Watch {
  metrics: Metrics;
  /** The number of database connections beside the pool. */
  connections: number;
  /**
   * Adds the pool and the figures of the database, and serves the metrics.
   *
   * @param url the address of the database
   * @throws SetupError as `serveMetrics` does
   */
  serve(parts: { db: Db; url: string; log: Logger; figuresEveryMs?: number | undefined }): Promise<WatchServer>;
}

const CONNECTIONS = 1;
const READ_TIMEOUT_MS = 3_000;
/** Longer than the usual interval between scrapes, so that the connection stays open. */
const IDLE_MS = 70_000;

/** @param kind the kind of process, such as `gateway` */
export function openWatch(listen: NonNullable<Config["metrics"]>, kind: string): Watch {
  const metrics = makeMetrics({ kind, version: packageJson.version });
  return {
    metrics,
    connections: CONNECTIONS,

    async serve({ db, url, log, figuresEveryMs }) {
      const pool = poolOf(db);
      if (pool) {
        pool.onWait = metrics.connectionWait;
        metrics.sources.pool(pool);
      }
      const settings = {
        connectionString: url,
        max: CONNECTIONS,
        connectionTimeoutMillis: READ_TIMEOUT_MS,
        query_timeout: READ_TIMEOUT_MS,
        idleTimeoutMillis: IDLE_MS,
      };
      const figures = openDatabaseFigures(new Pool(settings, { keepsStatements: false }), figuresEveryMs);
      metrics.sources.database(figures.read);
      try {
        const server = await serveMetrics(metrics, listen, log);
        return {
          url: server.url,
          async close() {
            await server.close();
            await figures.close();
          },
        };
      } catch (error) {
        await figures.close();
        throw error;
      }
    },
  };
}
