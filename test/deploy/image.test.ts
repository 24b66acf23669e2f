import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { makeCaller } from "../support/graphql.ts";
import { startProgram } from "../support/program.ts";
import { startTestRedis } from "../support/redis.ts";
import { openTcpDatabase } from "../support/tcp-database.ts";
import { buildImages, commandIn, type Image } from "./support/build-image.ts";
import { readCompose } from "./support/compose.ts";

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

  test("hold the same code as a build in another directory, by another user", async () => {
    const here = join(directory, "another/dist");
    await run(process.execPath, ["scripts/build.ts", here]);
    for (const path of ["bin", "schema", "prisma/migrations"]) {
      await run("diff", ["--recursive", join(here, path), join(image("tessera").root, "app/dist", path)]);
    }
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

  test("run the sandbox, with a volume for its state", async () => {
    const SANDBOX_PORT = await freePort();
    const sandbox = start("sandbox", [], { SANDBOX_PORT }, ["/data"]);
    try {
      await sandbox.prints(/Sandbox listening/);
      expect((await fetch(`http://127.0.0.1:${SANDBOX_PORT}/__sandbox`)).status).toBe(200);
      expect(await health("sandbox", { SANDBOX_PORT })).toBe(0);
    } finally {
      sandbox.child.kill("SIGTERM");
    }
    expect(await sandbox.ended).toBe(0);
    expect(await readdir(join(image("sandbox").root, "data"))).toEqual(["sandbox"]);
  });

  test("are a shop with the settings of compose.yaml: an order placed at one gateway is fulfilled and read at the other", {
    tags: "redis",
  }, async () => {
    await using database = await openTcpDatabase();
    await using redis = await startTestRedis();
    const [sandboxPort, ...ports] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    const here = (text: string) =>
      text
        .replace(/^postgresql:.*/, database.url)
        .replace(/^redis:.*/, redis.url)
        .replace("//sandbox:4010", `//127.0.0.1:${sandboxPort}`);
    const { services } = readCompose();
    const run = (name: string, changes: Record<string, string>, volumes: string[] = []) => {
      const { build, command = [], environment } = services[name] as (typeof services)[string];
      const settings = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, here(value)]));
      return start(build?.target ?? "", command, { ...settings, METRICS_PORT: "off", ...changes }, volumes);
    };
    const [portOne = "", portTwo = "", processorPort = ""] = ports;
    expect(await run("migrate", {}).ended).toBe(0);
    const running = [
      { program: run("sandbox", { SANDBOX_PORT: sandboxPort }, ["/data"]), ready: /Sandbox listening/ },
      { program: run("gateway-1", { PORT: portOne }), ready: /Tessera is ready/ },
      { program: run("gateway-2", { PORT: portTwo }), ready: /Tessera is ready/ },
      { program: run("reward-processor", { REWARD_PROCESSOR_PORT: processorPort }), ready: /processor is running/ },
    ];
    try {
      await Promise.all(running.map(({ program, ready }) => program.prints(ready)));
      const one = `http://127.0.0.1:${portOne}`;
      const stranger = makeCaller(() => one);
      const { requestOtp } = await stranger.ok<{ requestOtp: { challengeId: string } }>(
        `mutation { requestOtp(input: { customerId: "CUST12345" }) { challengeId userErrors { code } } }`,
      );
      const sent = () => fetch(`http://127.0.0.1:${sandboxPort}/__sandbox/client/otp?customer_id=CUST12345`);
      await expect.poll(async () => (await sent()).status).toBe(200);
      const { otp } = (await (await sent()).json()) as { otp: string };
      const { verifyOtp } = await stranger.ok<{ verifyOtp: { session: { accessToken: string } } }>(
        `mutation ($input: VerifyOtpInput!) { verifyOtp(input: $input) { session { accessToken } userErrors { code } } }`,
        { input: { challengeId: requestOtp.challengeId, otp } },
      );
      const customer = makeCaller(() => one, verifyOtp.session.accessToken);
      const { reward } = await customer.ok<{ reward: { id: string } }>(`{ reward(sku: "BREWHAUS-100") { id } }`);
      await customer.ok("mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code } } }", {
        input: { rewardId: reward.id },
      });
      const { placeOrder } = await customer.ok<{ placeOrder: { order: { id: string } } }>(
        "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { code } } }",
        { input: { idempotencyKey: randomUUID() } },
      );
      const elsewhere = makeCaller(() => `http://127.0.0.1:${portTwo}`, verifyOtp.session.accessToken);
      const status = async () => {
        const query = "query ($id: ID!) { order(id: $id) { status pointsState } }";
        return (await elsewhere.ok<{ order: object }>(query, { id: placeOrder.order.id })).order;
      };
      await expect.poll(status).toEqual({ status: "FULFILLED", pointsState: "TAKEN" });
      expect((await fetch(`http://127.0.0.1:${processorPort}/readyz`)).status).toBe(200);
    } finally {
      for (const { program } of running) program.child.kill("SIGTERM");
    }
    expect(await Promise.all(running.map(({ program }) => program.ended))).toEqual([0, 0, 0, 0]);
  });
});
