import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bus, listen } from "../../src/platform/events.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { openRedisBus } from "../../src/platform/redis-bus.ts";
import { freePort } from "../support/gateway-process.ts";
import { captureLog } from "../support/log.ts";

const directory = mkdtempSync(join(tmpdir(), "tessera-redis-"));
const log = await makeLogger({ level: "silent", pretty: false });
let port: string;
let redis: ChildProcess;

async function startRedis(more: string[] = []) {
  redis = spawn("redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", directory, ...more], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const chunk of redis.stdout ?? []) if (String(chunk).includes("Ready to accept connections")) break;
}
async function stopRedis() {
  redis.kill("SIGKILL");
  await once(redis, "exit");
}

beforeAll(async () => {
  port = await freePort();
  await startRedis();
});
afterAll(async () => {
  await stopRedis();
  rmSync(directory, { recursive: true, force: true });
});

/** Rings until it is heard, or the time is over: a bus promises to try, not to deliver. */
async function isHeard(from: Bus, at: Bus): Promise<boolean> {
  using bell = listen(at, "topic");
  let heard = false;
  const off = at.on("topic", () => {
    heard = true;
  });
  for (const end = Date.now() + 5_000; !heard && Date.now() < end; ) {
    from.ring("topic");
    await bell.wait(50);
  }
  off();
  return heard;
}

describe("the bus between processes", { tags: "redis" }, () => {
  test("is heard at the other end, once, and by the one who rang", async () => {
    const [one, other] = [
      await openRedisBus(`redis://127.0.0.1:${port}`, log),
      await openRedisBus(`redis://127.0.0.1:${port}`, log),
    ];
    const heard: string[] = [];
    one.on("order:1", () => heard.push("one"));
    const { promise, resolve } = Promise.withResolvers<void>();
    other.on("order:1", () => {
      heard.push("other");
      resolve();
    });
    one.ring("order:1");
    await promise;
    expect(heard.sort()).toEqual(["one", "other"]);
    await Promise.all([one.close(), other.close()]);
  });

  test("works on within the process while Redis is gone, and between them when it is back", async () => {
    const [one, other] = [
      await openRedisBus(`redis://127.0.0.1:${port}`, log),
      await openRedisBus(`redis://127.0.0.1:${port}`, log),
    ];
    expect(await isHeard(one, other)).toBe(true);
    await stopRedis();
    expect(await isHeard(one, one)).toBe(true);
    await startRedis();
    expect(await isHeard(one, other)).toBe(true);
    await Promise.all([one.close(), other.close()]);
  });

  test("logs once that Redis is lost, and once that it is back, without the password", async () => {
    const captured = await captureLog();
    const logged = () =>
      captured
        .text()
        .split("\n")
        .flatMap((line) => (line ? [JSON.parse(line)] : []))
        .filter(({ msg }) => msg.startsWith("Redis is"));
    await stopRedis();
    const bus = await openRedisBus(`redis://:hunter2@127.0.0.1:${port}`, captured.log);
    expect(logged()).toEqual([expect.objectContaining({ level: 40, redis: `127.0.0.1:${port}` })]);
    expect(logged()[0].msg).toContain("Check REDIS_URL");
    await startRedis(["--requirepass", "hunter2"]);
    await expect.poll(() => logged().length).toBe(2);
    expect(logged()[1]).toMatchObject({ level: 30, msg: "Redis is reachable again" });
    await stopRedis();
    await expect.poll(() => logged().length).toBe(3);
    expect(logged()[2]).toMatchObject({ level: 40 });
    await startRedis();
    await bus.close();
    expect(captured.text()).not.toContain("hunter2");
  });

  test("opens without Redis, because a gateway without it is slower to tell and not wrong", async () => {
    const bus = await openRedisBus(`redis://127.0.0.1:${await freePort()}`, log);
    expect(await isHeard(bus, bus)).toBe(true);
    await bus.close();
  });
});
