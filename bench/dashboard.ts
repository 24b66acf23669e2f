import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "redis";
import { COMMANDS } from "../src/intake/redis/command-stream.ts";
import { freePort } from "../test/support/free-port.ts";
import { startTestRedis } from "../test/support/redis.ts";
import { startContender } from "./contender.ts";
import { load } from "./load.ts";
import { measureOrders } from "./orders.ts";
import { dashboard } from "./queries.ts";
import { makeTroubles } from "./troubles.ts";
import type { World } from "./world.ts";

/** A query of the dashboard, with Prometheus's answer. */
export interface AnsweredQuery {
  panel: string;
  expr: string;
  /** The number of time series with a value during the load; null for an error. */
  series: number | null;
  /** The greatest of their values; null if there is none. */
  most: number | null;
  error: string | null;
}

export interface DashboardAnswers {
  queries: AnsweredQuery[];
  /** The state of alerts.yaml's rules in Prometheus. */
  alerts: { name: string; health: string; state: string }[];
  targets: { instance: string; health: string }[];
}

export const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

const folder = fileURLToPath(new URL("../deploy/observability/", import.meta.url));
/** Replaces Grafana's variable: a multiple of the scrape interval. */
const RATE_INTERVAL = "15s";
const SCRAPE_MS = 1_000;
/** The interval at which a process reads the database's figures. */
const FIGURES_MS = 10_000;

interface Series {
  values: [number, string][];
}

/**
 * Runs a real Prometheus that scrapes two gateways and a reward processor under a mixed load with failures; then sends
 * it each query of the dashboard for the time of the load, as a panel does, and reads the alerts.
 */
export async function answerDashboard(world: World): Promise<DashboardAnswers> {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startTestRedis());
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const env = { ...world.env, REDIS_URL: redis.url };
  const start = async (script: string, more: Record<string, string>) =>
    started.adopt(await startContender(script, { ...env, ...more }), (process) => process.stop());
  const gateway = await start("src/main.ts", { METRICS_PORT: ports[0] ?? "" });
  await start("src/main.ts", { METRICS_PORT: ports[1] ?? "" });
  await start("scripts/reward-processor.ts", { METRICS_PORT: ports[2] ?? "" });

  const directory = await mkdtemp(join(tmpdir(), "tessera-prometheus-"));
  started.defer(() => rm(directory, { recursive: true, force: true }));
  const config = join(directory, "prometheus.yml");
  await writeFile(
    config, // JSON is YAML
    JSON.stringify({
      global: { scrape_interval: `${SCRAPE_MS}ms`, evaluation_interval: `${SCRAPE_MS}ms` },
      rule_files: [join(folder, "alerts.yaml")],
      scrape_configs: [
        { job_name: "tessera", static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }] },
      ],
    }),
  );
  const port = await freePort();
  const prometheus = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  started.defer(() => ended(prometheus));
  const api = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${api}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await delay(100);

  const commands = started.adopt(await createClient({ url: redis.url }).connect(), (client) => client.destroy());
  const token = await world.signIn("BENCH-DASHBOARD", 5_000);
  const sendRewards = async () => {
    for (let nth = 0; nth < 50; nth += 1) {
      const transaction = [{ date: "2026-11-29T10:00:00", amount: 50_000 }];
      const message = { Action: "transactionpromo", Data: { id: 70_000 + nth, trxId: `D-${nth}`, transaction } };
      await commands.xAdd(COMMANDS, "*", { payload: JSON.stringify(message) });
    }
    // ends in the quarantine
    await commands.xAdd(COMMANDS, "*", { payload: JSON.stringify({ Action: "nonsense", Data: {} }) });
  };
  const from = Date.now() / 1_000;
  await sendRewards();
  await using _ = await makeTroubles(world, gateway.url);
  await sendRewards();
  await Promise.all([
    measureOrders({ ...world, gateway }, { rounds: 2, ordersARound: 75, only: "one process", waitsForReports: false }),
    load(gateway, { query: dashboard, tokens: [token], requests: 2_000 }),
  ]);
  await delay(FIGURES_MS + 3 * SCRAPE_MS);

  const { panels } = JSON.parse(await readFile(join(folder, "dashboard.json"), "utf8")) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const queries: AnsweredQuery[] = [];
  for (const { title, targets = [] } of panels) {
    for (const { expr } of targets) queries.push({ panel: title, expr, ...(await ask(api, expr, from)) });
  }
  const rules = (await read(api, "/api/v1/rules")) as {
    data: { groups: { rules: { name: string; health: string; state: string }[] }[] };
  };
  const scraped = (await read(api, "/api/v1/targets")) as {
    data: { activeTargets: { labels: { instance: string }; health: string }[] };
  };
  return {
    queries,
    alerts: rules.data.groups.flatMap((group) => group.rules),
    targets: scraped.data.activeTargets.map(({ labels, health }) => ({ instance: labels.instance, health })),
  };
}

async function ask(api: string, expr: string, from: number): Promise<Pick<AnsweredQuery, "series" | "most" | "error">> {
  const query = expr.replaceAll("$__rate_interval", RATE_INTERVAL);
  const range = { query, start: String(from), end: String(Date.now() / 1_000), step: "1" };
  const { data, error } = (await read(api, `/api/v1/query_range?${new URLSearchParams(range)}`)) as {
    data?: { result: Series[] };
    error?: string;
  };
  if (!data) return { series: null, most: null, error: error ?? "no answer" };
  const numbers = data.result.map(({ values }) =>
    values.map(([, text]) => Number(text)).filter((value) => !Number.isNaN(value)),
  );
  const shown = numbers.filter(({ length }) => length > 0);
  return { series: shown.length, most: shown.length > 0 ? Math.max(...shown.flat()) : null, error: null };
}

const read = async (api: string, path: string): Promise<unknown> => (await fetch(`${api}${path}`)).json();

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null) return;
  process.kill("SIGTERM");
  await once(process, "exit");
}
