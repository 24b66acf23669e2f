import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { startTestRedis } from "../support/redis.ts";
import { processesWith } from "./support/processes.ts";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

/** The scripts that run until they are stopped: what each prints when it is ready, the signal that stops it here, and its exit code. */
const staysUp: Record<string, { ready: RegExp; signal: NodeJS.Signals; code?: number }> = {
  start: { ready: /Tessera is ready/, signal: "SIGTERM" },
  dev: { ready: /Tessera is ready/, signal: "SIGINT" },
  "dev:web": { ready: /Local: .*http:\/\/localhost:\d+/, signal: "SIGTERM", code: 128 + 15 },
  sandbox: { ready: /Sandbox listening on/, signal: "SIGINT" },
  "reward-processor": { ready: /The reward processor is running/, signal: "SIGTERM" },
};
const ends = [
  ...[
    "test",
    "test:examples",
    "bench",
    "catalog:sync",
    "warehouse",
    "console:figures",
    "site:figures",
    "site:screenshots",
    "members:import",
    "vouchers:import",
    "operator:add",
    "abuse",
    "conformance",
  ],
  ...[
    "reconcile",
    "audit:verify",
    "secrets:reseal",
    "pictures:move",
    "draw:verify",
    "codegen",
    "typecheck",
    "lint",
    "format",
    "db:migrate",
    "db:new",
    "build",
  ],
  "settings:docs",
  "storefront:docs",
  "test:browser",
  "test:slow",
  "test:routers",
  "test:recovery",
];
/** They run what `npm run build` has made: see `production-build.test.ts`. */
const ofTheBuild = ["start:production", "migrate"];

test("every script of package.json is declared here, as one that stays up or as one that ends", () => {
  expect([...Object.keys(staysUp), ...ends, ...ofTheBuild].sort()).toEqual(Object.keys(scripts).sort());
});

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tessera-scripts-"));
  chmodSync(directory, 0o755); // the user of the embedded PostgreSQL must get in
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a script as npm does, but without npm. */
async function start(script: string, env: Record<string, string>) {
  const run = randomUUID();
  const child: ChildProcess = spawn("sh", ["-c", `exec ${scripts[script]}`], {
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      npm_lifecycle_event: script,
      TEST_RUN: run,
      HOST: "127.0.0.1",
      DATA_DIR: join(directory, "data"),
      PORT: await freePort(),
      SANDBOX_PORT: await freePort(),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // without a terminal, as a service
  });
  let printed = "";
  const ended = once(child, "exit").then(([code, signal]) => signal ?? code);
  const prints = (what: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer | string) => {
        printed += chunk;
        if (what.test(stripVTControlCharacters(printed))) resolve();
      };
      child.stdout?.on("data", hear);
      child.stderr?.on("data", hear);
      void ended.then((how) => reject(new Error(`${script} ended (${how}): ${printed}`)));
    });
  return { child, run, prints, ended, printed: () => printed };
}

describe("a script that stays up gets ready, and leaves nothing running when it is stopped", { tags: "linux" }, () => {
  for (const [script, { ready, signal, code = 0 }] of Object.entries(staysUp)) {
    const needsRedis = script === "reward-processor";
    test(`${script} by ${signal}`, needsRedis ? { tags: "redis" } : {}, async () => {
      await using redis = needsRedis ? await startTestRedis() : undefined;
      const { child, run, prints, ended, printed } = await start(script, redis ? { REDIS_URL: redis.url } : {});
      try {
        await prints(ready);
        if (script === "start") expect(printed()).toMatch(/^Loading the gateway …$[\s\S]*^Applying migrations …$/m);
        child.kill(signal);
        expect(await ended).toBe(code);
        expect(processesWith("TEST_RUN", run)).toEqual([]);
        expect(existsSync(join(directory, "data/postgres/postmaster.pid"))).toBe(false);
      } finally {
        for (const { pid } of processesWith("TEST_RUN", run)) process.kill(pid, "SIGKILL");
      }
    });
  }
});

describe("a start on a port in use is refused at once, by the name of the setting", { tags: "linux" }, () => {
  test.each([
    ["start", "PORT"],
    ["start", "SANDBOX_PORT"],
    ["dev", "PORT"],
    ["sandbox", "SANDBOX_PORT"],
  ])("%s: %s", async (script, setting) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { child, run, prints, printed } = await start(script, { [setting]: String(port) });
    try {
      await prints(new RegExp(`${setting}: port ${port} of 127.0.0.1 is in use. Stop .* or set ${setting} to another`));
      child.kill("SIGTERM"); // `dev` waits for a change
      expect(printed()).not.toMatch(/^ +at |Starting the database/m);
    } finally {
      server.close();
      await once(child, "exit").catch(() => {});
      expect(processesWith("TEST_RUN", run)).toEqual([]);
    }
  });
});
