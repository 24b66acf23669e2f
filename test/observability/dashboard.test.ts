import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/config/config.ts";
import { DEAD } from "../../src/intake/redis/command-stream.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { runOwnProcess } from "../../src/program/run-reward-processor.ts";
import { freePort } from "../support/free-port.ts";
import { startTestGateway, testEnvironment } from "../support/gateway.ts";
import { startTestRedis } from "../support/redis.ts";
import { scrape } from "../support/scrape.ts";

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

interface Panel {
  title: string;
  targets?: { expr: string }[];
}
interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}
const { panels } = JSON.parse(await read("deploy/observability/dashboard.json")) as { panels: Panel[] };
const { groups } = parse(await read("deploy/observability/alerts.yaml")) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const expressions = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ of: title, expr }))),
  ...rules.map(({ alert, expr }) => ({ of: alert, expr })),
];
/** The metrics that an expression reads; `up` is Prometheus's own. */
const metricsIn = (expr: string) =>
  [...expr.matchAll(/\b(?:tessera|nodejs|process)_[a-z0-9_]+/g)].map(([name]) =>
    name.replace(/_(bucket|count|sum)$/, ""),
  );

describe("the dashboard and the alerts", { tags: "redis" }, () => {
  test("use existing metrics, and all of them", async () => {
    await using redis = await startTestRedis();
    await using gateway = await startTestGateway({ METRICS_PORT: "0" });
    const port = await freePort();
    const config = readConfig({
      ...testEnvironment(gateway.databaseUrl, gateway.sandbox.url),
      REDIS_URL: redis.url,
      METRICS_PORT: port,
    });
    const stop = await runOwnProcess(config, { log: await makeLogger({ level: "silent", pretty: false }) });
    const url = `http://127.0.0.1:${port}/metrics`;
    const redisClient = await createClient({ url: redis.url }).connect();
    await redisClient.xAdd(DEAD, "*", { why: "failed too often" });
    await expect.poll(async () => (await scrape(url)).value("tessera_reward_commands", { state: "dead" })).toBe(1);
    const processor = await scrape(url);
    expect(processor.value("tessera_reward_commands_lag_seconds")).toBe(0);
    expect(processor.value("tessera_build_info", { process: "reward-processor" })).toBe(1);

    const exposed = new Set([...(await gateway.scrape()).names, ...processor.names]);
    const used = new Set(expressions.flatMap(({ expr }) => metricsIn(expr)));
    expect([...used].filter((name) => !exposed.has(name))).toEqual([]);
    expect([...exposed].filter((name) => name.startsWith("tessera_") && !used.has(name))).toEqual([]);

    redisClient.destroy();
    await redis.kill();
    expect((await scrape(url)).value("tessera_reward_commands_up")).toBe(0);
    expect((await scrape(url)).value("tessera_reward_commands_lag_seconds")).toBeUndefined();
    await stop();
  });

  test("each alert has a test by promtool in which it fires", async () => {
    interface Case {
      alert_rule_test: { alertname: string; exp_alerts: unknown[] }[];
    }
    const { tests } = parse(await read("deploy/observability/alerts.test.yaml")) as { tests: Case[] };
    const fired = tests
      .flatMap((each) => each.alert_rule_test)
      .filter(({ exp_alerts }) => exp_alerts.length > 0)
      .map(({ alertname }) => alertname);
    expect(fired.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });

  test("each alert has a paragraph in the runbook, and each paragraph an alert", async () => {
    const headings = [...(await read("docs/runbook.md")).matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(headings.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    }
  });
});

describe("the file of the dashboard", () => {
  type Text = Record<string, unknown>;
  interface Changeable extends Text {
    panels: (Text & { options: Text & { legend: Text }; fieldConfig: { defaults: Text }; targets: Text[] })[];
  }
  const dashboard = async () => JSON.parse(await read("deploy/observability/dashboard.json")) as Changeable;
  const panelOf = ({ panels }: Changeable, type: string) =>
    panels.find((panel) => panel["type"] === type) as Changeable["panels"][number];

  /** The messages of the compiler for the dashboard as a literal of Grafana's type. */
  async function problemsOf(files: Record<string, Changeable>): Promise<string> {
    const directory = resolve("node_modules/.cache/dashboard-types");
    await mkdir(directory, { recursive: true });
    const type = `import("${resolve("test/observability/support/dashboard-file.ts")}").DashboardFile`;
    const paths = await Promise.all(
      Object.entries(files).map(async ([name, file]) => {
        const path = join(directory, `${name}.ts`);
        await writeFile(path, `export const file: ${type} = ${JSON.stringify(file, null, 1)};`);
        return path;
      }),
    );
    const options = ["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--allowImportingTsExtensions"];
    const modules = ["--types", "", "--module", "esnext", "--moduleResolution", "bundler"];
    const { stdout } = await promisify(execFile)("tsc", [...options, ...modules, ...paths]).catch(
      (error: { stdout: string }) => error,
    );
    await rm(directory, { recursive: true });
    return stdout;
  }

  test("has the types of Grafana's schemas of dashboards, panels and queries", async () => {
    expect(await problemsOf({ dashboard: await dashboard() })).toBe("");
  });

  test("is refused if a word of it is misspelt", async () => {
    const misspellings: Record<string, [part: (file: Changeable) => object, misspelt: Text]> = {
      stats: [(file) => panelOf(file, "stat"), { type: "stats" }],
      refreshEvery: [(file) => file, { refreshEvery: "30s" }],
      gridpos: [(file) => panelOf(file, "timeseries"), { gridpos: {} }],
      colourMode: [(file) => panelOf(file, "stat").options, { colourMode: "value" }],
      under: [(file) => panelOf(file, "timeseries").options.legend, { placement: "under" }],
      seconds: [(file) => panelOf(file, "timeseries").fieldConfig.defaults, { unit: "seconds" }],
      expression: [(file) => panelOf(file, "stat").targets[0] as Text, { expression: "up" }],
    };
    const files: Record<string, Changeable> = {};
    for (const [word, [part, misspelt]] of Object.entries(misspellings)) {
      const file = await dashboard();
      Object.assign(part(file), misspelt);
      files[word] = file;
    }
    const problems = (await problemsOf(files)).split("\n");
    for (const word of Object.keys(misspellings)) {
      const ofFile = problems.filter((line) => line.includes(`/${word}.ts(`));
      expect(ofFile.join("\n"), word).toMatch(new RegExp(`["']${word}["']`));
    }
  });

  test("has an id and a place of its own for each panel", async () => {
    const { panels: all } = await dashboard();
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = all.flatMap(({ gridPos }) => {
      const { x, y, w, h } = gridPos as Record<"x" | "y" | "w" | "h", number>;
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe("promtool", { tags: "promtool" }, () => {
  const promtool = (...args: string[]) =>
    promisify(execFile)("promtool", args, { cwd: new URL("../../deploy/observability/", import.meta.url) });

  test("accepts the rules, and the alerts fire as specified", async () => {
    await promtool("check", "rules", "alerts.yaml");
    await promtool("test", "rules", "alerts.test.yaml");
  });

  test("accepts every expression of the dashboard", async () => {
    const rules = panels
      .flatMap(({ targets = [] }) => targets)
      .map(({ expr }, nth) => ({
        record: `panel:${nth}`,
        expr: expr.replaceAll("$__rate_interval", "1m"),
      }));
    const folder = await mkdtemp(join(tmpdir(), "tessera-panels-"));
    const file = join(folder, "panels.yaml");
    await writeFile(file, JSON.stringify({ groups: [{ name: "panels", rules }] })); // JSON is YAML
    try {
      await promtool("check", "rules", file);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
