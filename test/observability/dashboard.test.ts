import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  test("each alert has a paragraph in the runbook, and each paragraph an alert", async () => {
    const headings = [...(await read("docs/runbook.md")).matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(headings.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    }
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
