import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrationNames } from "../../src/platform/migrate.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { startTestRedis } from "../support/redis.ts";
import { openTcpDatabase } from "../support/tcp-database.ts";

const run = promisify(execFile);
const MAX_NODE_MODULES_BYTES = 200e6;

/** A clean directory with the build, package.json and Node: it is read-only, and programs run there as a user who owns nothing. */
let home: string;
const build = () => run(process.execPath, ["scripts/build.ts", join(home, "dist")]);
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "tessera-production-"));
  copyFileSync(process.execPath, join(home, "node"));
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(file, join(home, file));
  await Promise.all([build(), run("npm", ["ci", "--omit=dev", "--offline", "--no-audit"], { cwd: home })]);
  await run("chmod", ["-R", "a-w,a+rX", home]);
});
afterAll(async () => {
  await run("chmod", ["-R", "u+w", home]);
  rmSync(home, { recursive: true, force: true });
});

/** Every file below the directory, with its size. */
const listOf = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((path) => ({ path: relative(directory, path), bytes: lstatSync(path).size }));
const hashOf = (directory: string) => {
  const hash = createHash("sha256");
  for (const { path } of listOf(directory)) hash.update(path).update(readFileSync(join(directory, path)));
  return hash.digest("hex");
};
const chunks = () =>
  readdirSync(join(home, "dist/bin")).map((name) => readFileSync(join(home, "dist/bin", name), "utf8"));

describe("the production build", () => {
  test("needs few other packages", () => {
    const bytes = existsSync(join(home, "node_modules"))
      ? listOf(join(home, "node_modules")).reduce((sum, { bytes }) => sum + bytes, 0)
      : 0;
    expect(bytes).toBeLessThan(MAX_NODE_MODULES_BYTES);
  });

  test("has nothing of the sandbox, of the embedded PostgreSQL and of GraphiQL", () => {
    const sources = chunks().flatMap((code) => [...code.matchAll(/^\/\/ (\S+\.ts)$/gm)].map(([, path = ""]) => path));
    expect(sources).toContain("src/app.ts");
    expect(
      sources.filter((path) => /^(sandbox|graphiql|test)\/|postgres\/embedded|sandbox-process/.test(path)),
    ).toEqual([]);
    expect(readdirSync(join(home, "dist")).sort()).toEqual([
      "assets",
      "bin",
      "console",
      "docs-site",
      "microsite",
      "prisma",
      "schema",
      "third-party-notices.txt",
    ]);
  });

  test("names the licence of what it contains", () => {
    const notices = readFileSync(join(home, "dist/third-party-notices.txt"), "utf8");
    expect(notices).toMatch(/^fastify [\d.]+ \(MIT\)$/m);
    expect(notices).toMatch(/^@prisma\/client [\d.]+ \(Apache-2\.0\)$/m);
    expect(notices).not.toMatch(/^playwright|^vite /m);
  });

  test("is the same with any earlier content of the directory", async () => {
    const before = hashOf(join(home, "dist"));
    await run("chmod", ["-R", "u+w", home]);
    writeFileSync(join(home, "dist/bin/stale.mjs"), "");
    await build();
    await run("chmod", ["-R", "a-w,a+rX", home]);
    expect(hashOf(join(home, "dist"))).toBe(before);
  });
});

/** Runs a command of the build as an unprivileged service: another user, read-only files, settings as the only variables. */
const tessera = (args: string[], settings: Record<string, string> = {}) =>
  startProgram(join(home, "node"), [join(home, "dist/bin/tessera.mjs"), ...args], {
    ...nobody,
    cwd: "/",
    env: settings,
  });

/** Runs a command that ends. */
async function outcome(args: string[], settings: Record<string, string> = {}) {
  const { ended, printed } = tessera(args, settings);
  return { code: await ended, printed: printed() };
}

const production = (databaseUrl: string) => ({
  DATABASE_URL: databaseUrl,
  SESSION_SECRET: "s".repeat(32),
  CLIENT_API_URL: "http://127.0.0.1:1",
  CLIENT_API_USER: "tessera",
  CLIENT_API_PASSWORD: "hunter2",
  SHUTDOWN_DELAY_SECONDS: "0",
  METRICS_PORT: "off",
});

describe("as another user, on read-only files, without a variable of its environment but settings", () => {
  test("migrate brings an empty database up to date, alone", async () => {
    await using database = await openTcpDatabase();
    const settings = production(database.url);
    const first = await outcome(["migrate"], settings);
    expect(first).toEqual({ code: 0, printed: `Applied ${(await migrationNames()).join(", ")}.\n` });
    expect(await outcome(["migrate"], settings)).toEqual({ code: 0, printed: "No migration to apply.\n" });
  });

  test("start serves the API, the site and the health checks, and stops on SIGTERM; it writes no file", async () => {
    await using database = await openTcpDatabase();
    const before = listOf(home);
    const PORT = await freePort();
    const METRICS_PORT = await freePort();
    const settings = { ...production(database.url), PORT, METRICS_PORT, SEED: "sample" };
    expect((await outcome(["health"], { ...settings, PORT: await freePort() })).code).toBe(1);
    const gateway = tessera(["start"], settings);
    try {
      await gateway.prints(/Tessera is ready/);
      expect(gateway.printed()).toContain("Unsafe: VOUCHER_SECRET");
      const origin = `http://127.0.0.1:${PORT}`;
      expect((await fetch(`${origin}/readyz`)).status).toBe(200);
      expect(await outcome(["health"], settings)).toEqual({ code: 0, printed: "" });
      expect((await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).status).toBe(200);
      const site = await (await fetch(origin)).text();
      const [, script = ""] = /src="(\/site\/[^"]+\.js)"/.exec(site) ?? [];
      expect((await fetch(origin + script)).headers.get("content-type")).toContain("javascript");
      expect((await fetch(`${origin}/docs/mutations/place-order.html`)).status).toBe(200);
      expect((await fetch(`${origin}/graphiql/`)).status).toBe(404);
      const answer = await fetch(`${origin}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: "{ rewards(first: 1) { nodes { sku imageUrl } } }" }),
      });
      const { data } = (await answer.json()) as { data: { rewards: { nodes: { sku: string; imageUrl: string }[] } } };
      const [reward] = data.rewards.nodes;
      expect((await fetch(new URL(reward?.imageUrl ?? "", origin))).headers.get("content-type")).toContain("image/svg");
      gateway.child.kill("SIGTERM");
      expect(await gateway.ended).toBe(0);
    } finally {
      gateway.child.kill("SIGKILL");
    }
    expect(listOf(home)).toEqual(before);
  });

  test("reward-processor takes commands, reports its health, and stops on SIGTERM", { tags: "redis" }, async () => {
    await using database = await openTcpDatabase();
    await using redis = await startTestRedis();
    const REWARD_PROCESSOR_PORT = await freePort();
    const settings = { ...production(database.url), REDIS_URL: redis.url, REWARD_PROCESSOR_PORT };
    const processor = tessera(["reward-processor"], settings);
    try {
      await processor.prints(/The reward processor is running/);
      expect(await outcome(["health", "reward-processor"], settings)).toEqual({ code: 0, printed: "" });
      processor.child.kill("SIGTERM");
      expect(await processor.ended).toBe(0);
    } finally {
      processor.child.kill("SIGKILL");
    }
  });

  test.each([
    [["start"], /DATABASE_URL: required in production/],
    [["catalog:sync"], /DATABASE_URL: required in production/],
    [["members:import"], /Give the file to import/],
    [["reconcile"], /DATABASE_URL: required in production/],
    [["vouchers:import"], /Give the reward's SKU and the file/],
    [["secrets:reseal"], /DATABASE_URL: required in production/],
    [["draw:verify"], /Give the file of a published draw/],
    [["health", "reward-processor"], /DATABASE_URL: required in production/],
    [[], /Name a command: .*\n\n {2}start .*\n {2}reward-processor /],
    [["constructor"], /constructor is not a command/],
  ])("%j without its prerequisites reports them", async (args, words) => {
    const { code, printed } = await outcome(args);
    expect(printed).toMatch(words);
    expect(printed).not.toMatch(/^ +at /m);
    expect([1, 2]).toContain(code);
  });

  test("outside production names the setting for which the build has no default", async () => {
    const DATA_DIR = mkdtempSync(join(tmpdir(), "tessera-development-"));
    chmodSync(DATA_DIR, 0o777);
    const { code, printed } = await outcome(["start"], {
      ...production(""),
      NODE_ENV: "development",
      DATA_DIR,
    });
    rmSync(DATA_DIR, { recursive: true });
    expect(printed).toContain("DATABASE_URL: required, because the production build has no embedded PostgreSQL.");
    expect(code).toBe(1);
  });
});
