import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { startTestRedis } from "../support/redis.ts";
import { openTcpDatabase } from "../support/tcp-database.ts";
import { buildImages, commandIn, type Image } from "./support/build-image.ts";

const run = promisify(execFile);
/** npm installs every package of development. */
const BUILD_TIMEOUT_MS = 900_000;
const MAX_NODE_MODULES_KB = 200_000;

let directory: string;
let images: Record<string, Image>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tessera-image-"));
  await run("chmod", ["755", directory]);
  images = await buildImages("Dockerfile", directory);
}, BUILD_TIMEOUT_MS);
afterAll(() => rm(directory, { recursive: true, force: true }));

const image = (name: string) => {
  const found = images[name];
  if (!found) throw new Error(`the Dockerfile has no stage ${name}`);
  return found;
};
/** Starts a container of an image: its entry point with these arguments, and the settings beside its own. */
function start(name: string, args: string[], settings: Record<string, string>, volumes: string[] = []) {
  const { entrypoint, command, env } = image(name);
  const words = [...entrypoint, ...(args.length > 0 ? args : command)];
  const { program, args: all } = commandIn(image(name), words, volumes);
  return startProgram(program, all, { env: { ...env, ...settings } });
}
/** The exit code of a container's health check. */
async function health(name: string, settings: Record<string, string>, check = image(name).healthcheck) {
  const { program, args } = commandIn(image(name), check);
  return startProgram(program, args, { env: { ...image(name).env, ...settings } }).ended;
}
const settingsFor = (databaseUrl: string, sandboxUrl = "http://127.0.0.1:1") => ({
  DATABASE_URL: databaseUrl,
  SESSION_SECRET: "s".repeat(32),
  CLIENT_API_URL: sandboxUrl,
  CLIENT_API_USER: "tessera",
  CLIENT_API_PASSWORD: "sandbox",
  SHUTDOWN_DELAY_SECONDS: "0",
  METRICS_PORT: "off",
});

describe("the images of the Dockerfile", { tags: "root" }, () => {
  test("hold the build, Node and its libraries, owned by root", async () => {
    const { root } = image("tessera");
    expect(await readdir(join(root, "app"))).toEqual(["dist", "node_modules", "package.json"]);
    const { stdout: programs } = await run("find", [root, "-type", "f", "-perm", "/111", "-not", "-name", "*.so*"]);
    expect(programs.trim()).toBe(join(root, "usr/local/bin/node"));
    const { stdout: others } = await run("find", [
      root,
      "(",
      "-not",
      "-user",
      "root",
      "-o",
      "-perm",
      "/022",
      ")",
      "-not",
      "-type",
      "l",
    ]);
    expect(others).toBe("");
    const { stdout: size } = await run("du", ["-sk", join(root, "app/node_modules")]);
    expect(Number.parseInt(size, 10)).toBeLessThan(MAX_NODE_MODULES_KB);
  });

  test("migrate and serve as a user without rights, on a read-only root", async () => {
    await using database = await openTcpDatabase();
    const settings = { ...settingsFor(database.url), PORT: await freePort() };
    const migration = start("tessera", ["migrate"], settings);
    expect(await migration.ended, migration.printed()).toBe(0);
    expect(migration.printed()).toMatch(/^Applied 0001_init/);
    expect(await health("tessera", settings)).toBe(1);
    const gateway = start("tessera", [], settings);
    try {
      await gateway.prints(/Tessera is ready/);
      expect((await fetch(`http://127.0.0.1:${settings.PORT}/readyz`)).status).toBe(200);
      expect(await health("tessera", settings)).toBe(0);
      gateway.child.kill("SIGTERM");
      expect(await gateway.ended).toBe(0);
    } finally {
      gateway.child.kill("SIGKILL");
    }
  });

  test("take reward commands", { tags: "redis" }, async () => {
    await using database = await openTcpDatabase();
    await using redis = await startTestRedis();
    const settings = { ...settingsFor(database.url), REDIS_URL: redis.url, REWARD_PROCESSOR_PORT: await freePort() };
    const processor = start("tessera", ["reward-processor"], settings);
    try {
      await processor.prints(/The reward processor is running/);
      expect(await health("tessera", settings, [...image("tessera").healthcheck, "reward-processor"])).toBe(0);
    } finally {
      processor.child.kill("SIGTERM");
    }
    expect(await processor.ended).toBe(0);
  });

  test("play the sandbox, with a volume for what it remembers", async () => {
    const SANDBOX_PORT = await freePort();
    const sandbox = start("sandbox", [], { SANDBOX_PORT }, ["/data"]);
    try {
      await sandbox.prints(/Sandbox listening/);
      expect((await fetch(`http://127.0.0.1:${SANDBOX_PORT}/__sandbox`)).status).toBe(200);
    } finally {
      sandbox.child.kill("SIGTERM");
    }
    expect(await sandbox.ended).toBe(0);
    expect(await readdir(join(image("sandbox").root, "data"))).toEqual(["sandbox"]);
  });
});
