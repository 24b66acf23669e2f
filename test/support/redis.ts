import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
/** The suffix for the names of tests that are skipped without Redis. */
export const whyNoRedis = hasRedis ? "" : " (skipped: no redis-server on this machine)";

/** A redis-server of the test's own, that loses no acknowledged write. */
export interface TestRedis extends AsyncDisposable {
  url: string;
  start(): Promise<void>;
  /** Ends the server with SIGKILL. */
  kill(): Promise<void>;
  /** Suspends the server until `wake`. */
  freeze(): void;
  wake(): void;
}

export async function startTestRedis(): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), "tessera-redis-"));
  const port = await freePort();
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  let server: ChildProcess | undefined;
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      server = spawn("redis-server", ["--port", port, "--bind", "127.0.0.1", "--dir", directory, ...durable], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      let isReady = false;
      for await (const chunk of server.stdout ?? []) {
        isReady = String(chunk).includes("Ready to accept connections");
        if (isReady) break;
      }
      if (!isReady) throw new Error(`redis-server ended before it was ready at port ${port}`);
    },
    async kill() {
      if (!server || server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
    freeze: () => void server?.kill("SIGSTOP"),
    wake: () => void server?.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await redis.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}
