import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { startSandbox } from "../sandbox/sandbox.ts";
import { startApp } from "../src/app.ts";
import { readConfig } from "../src/config/config.ts";
import { systemClock } from "../src/platform/clock.ts";
import { makeLogger } from "../src/platform/logger.ts";
import { migrate } from "../src/platform/migrate.ts";
import { startEmbeddedPostgres } from "../src/platform/postgres/embedded.ts";
import { productPace } from "../src/program/pace.ts";
import { FREQUENT_CUSTOMER, type GrownSize, growDatabase } from "../test/support/grown-database.ts";
import { grownPages } from "../test/support/grown-pages.ts";
import { type Executed, reportPlans, watchPlans } from "../test/support/plans.ts";
import { readPage } from "../test/support/read-page.ts";
import { mintSession } from "../test/support/session.ts";
import { withoutLimits } from "../test/support/without-limits.ts";
import { REPORTED_MS } from "./database.ts";

export interface PagesFigures {
  pages: PageFigures[];
  /** The indexes that no statement has read, except those that keep rows unique. */
  unreadIndexes: string[];
}

export interface PageFigures {
  name: string;
  /** The fastest warm read, from the request to the whole answer. */
  ms: number;
  /** The statements of the last read. */
  statements: Executed[];
  problem: string | null;
  /** The reason why it may take longer than the limit. */
  exempt?: string | undefined;
}

/** PostgreSQL may use a generic plan for a named statement beyond five reads, and the gateway compiles a query at the third. */
const READINGS = 16;
const NEVER_MS = 86_400_000;
const OPERATOR_TOKEN = "operator-token-of-the-benchmark";

/** Seeds a database of its own and reads each page of the storefront, the console and the REST API several times. */
export async function measurePages(
  size: Omit<GrownSize, "voucherSecret">,
  report: (words: string) => void,
): Promise<PagesFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), "tessera-grown-"));
  await chmod(dataDir, 0o755);
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    // The rows are reproducible; the plans are those of a server with some memory.
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      shared_buffers: "512MB",
      max_wal_size: "8GB",
      jit: "off",
    },
  });
  opened.defer(() => postgres.stop({ force: true }));
  await migrate(postgres.url);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  opened.defer(() => client.end());
  const since = Date.now();
  const sessionSecret = randomUUID() + randomUUID();
  await growDatabase(client, { ...size, voucherSecret: sessionSecret });
  report(`${size.rewards} rewards and ${size.orders} orders seeded in ${Math.round((Date.now() - since) / 1_000)} s.`);
  const pages = await grownPages(client);

  const sandbox = await startSandbox();
  opened.defer(() => sandbox.stop());
  sandbox.client.addCustomer({ customer_id: FREQUENT_CUSTOMER, balance: 10_000, mobile: "98XXXXXX45" });
  const settings = {
    NODE_ENV: "test",
    PORT: "0",
    DATABASE_URL: postgres.url,
    CLIENT_API_URL: sandbox.url,
    CLIENT_API_USER: "tessera",
    CLIENT_API_PASSWORD: "sandbox",
    SESSION_SECRET: sessionSecret,
    OPERATOR_TOKEN,
    SEED: "none",
    METRICS_PORT: "off",
    LOG_LEVEL: "silent",
    ...withoutLimits,
  };
  const log = await makeLogger({ level: "silent", pretty: false });
  const pace = { ...productPace, reconcileEveryMs: NEVER_MS, creditPollMs: 0 };
  const pool = new pg.Pool({ connectionString: postgres.url });
  opened.defer(() => pool.end());
  const identity = { customerId: FREQUENT_CUSTOMER, maskedMobile: "98XXXXXX45", clock: systemClock };
  const { accessToken } = await mintSession({ pool, sessionSecret, ...identity });
  const tokens = { anonymous: undefined, customer: accessToken, operator: OPERATOR_TOKEN };

  const plans = watchPlans();
  opened.defer(() => plans.stop());
  /** Reads each page several times, with a gateway of its own. @returns the shortest time, and the last statements */
  async function readEach(): Promise<PageFigures[]> {
    await using running = new AsyncDisposableStack();
    const app = await startApp(readConfig(settings), { log, pace });
    running.defer(() => app.stop());
    const figures: PageFigures[] = [];
    for (const page of pages) {
      let ms = Number.POSITIVE_INFINITY;
      let problem: string | null = null;
      let statements: Executed[] = [];
      for (let reading = 0; reading < READINGS; reading += 1) {
        plans.take();
        const since = performance.now();
        problem = await readPage(app.url, page, tokens[page.as]);
        ms = Math.min(ms, performance.now() - since);
        statements = plans.take();
      }
      figures.push({ name: page.name, ms, statements, problem, exempt: page.exempt });
    }
    return figures;
  }
  // A statement that reports its plan takes longer, so the times are measured without the reports.
  const timed = await readEach();
  await reportPlans(client);
  const figures = (await readEach()).map((page, place) => ({ ...page, ms: timed[place]?.ms ?? page.ms }));
  await delay(REPORTED_MS);
  const { rows } = await client.query<{ name: string }>(
    `select indexrelname as name from pg_stat_user_indexes join pg_index using (indexrelid)
     where idx_scan = 0 and not indisunique order by pg_relation_size(indexrelid) desc`,
  );
  return { pages: figures, unreadIndexes: rows.map(({ name }) => name) };
}

const LIMIT_MS = 20;

export function pagesInWords({ pages: figures, unreadIndexes }: PagesFigures): string {
  const lines = [
    "page                                              ms   SQL ms  rows read  plan of the statement that took longest",
  ];
  const isSlow = ({ ms, exempt }: PageFigures) => ms > LIMIT_MS && exempt === undefined;
  for (const figure of figures) {
    const { name, ms, statements, problem, exempt } = figure;
    const slowest = statements.toSorted((a, b) => b.ms - a.ms)[0];
    const sqlMs = statements.reduce((sum, statement) => sum + statement.ms, 0);
    const rows = statements.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
    const plan = problem ?? (exempt && `may take longer: ${exempt}`) ?? slowest?.scans.join(", ") ?? "";
    const mark = problem || isSlow(figure) || isSequential(statements) ? "!" : " ";
    lines.push(
      `${mark} ${name.padEnd(44)}${ms.toFixed(1).padStart(7)}${sqlMs.toFixed(1).padStart(9)}${String(rows).padStart(11)}  ${plan}`,
    );
  }
  const slow = figures.filter(isSlow).length;
  const sequential = figures.filter(({ statements }) => isSequential(statements)).length;
  const failed = figures.filter(({ problem }) => problem !== null).length;
  lines.push(
    `${figures.length} pages: ${slow} over ${LIMIT_MS} ms, ${sequential} with a sequential scan of a growing table, ${failed} that failed.`,
    `Indexes that no page reads: ${unreadIndexes.join(", ") || "none"}.`,
  );
  return lines.join("\n");
}

const isSequential = (statements: readonly Executed[]) => statements.some(({ sequential }) => sequential.length > 0);
