import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explainDataDirError } from "../../src/platform/data-dir.ts";
import { SetupError } from "../../src/platform/setup-error.ts";
import { freePort } from "../support/free-port.ts";

let folder: string;
let nothing: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-start-"));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "file"), "");
  nothing = await freePort();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program that must fail, and checks its output for stacks and passwords. */
async function failureOf(script: string, env: Record<string, string>, args: string[] = []) {
  const ports = { PORT: await freePort(), SANDBOX_PORT: "0" };
  const settings = {
    PATH: process.env["PATH"],
    NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
    NODE_NO_WARNINGS: "1",
    DATA_DIR: join(folder, "data"),
    ...ports,
    ...env,
  };
  const err = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [script, ...args], { env: settings }, (error, out, err) =>
      error ? resolve(err.trim()) : reject(new Error(`${script} did not fail: ${out}`)),
    );
  });
  expect(err).not.toMatch(/^ +at /m);
  expect(err).not.toContain("hunter2");
  return err;
}
const unreachable = () => ({ DATABASE_URL: `postgresql://me:hunter2@127.0.0.1:${nothing}/shop` });
const nothingListens = () => `DATABASE_URL: nothing listens at 127.0.0.1:${nothing}.`;

describe("a failed start prints the reason, without a stack", () => {
  test.each(["src/main.ts", "scripts/reward-processor.ts", "scripts/catalog-sync.ts", "scripts/db-migrate.ts"])(
    "%s with a missing database",
    async (script) => {
      const env = { ...unreachable(), REDIS_URL: `redis://:hunter2@127.0.0.1:${nothing}`, LOG_LEVEL: "silent" };
      expect(await failureOf(script, env)).toContain(nothingListens());
    },
  );

  test.each(["src/main.ts", "scripts/warehouse.ts", "scripts/db-migrate.ts"])(
    "%s with a DATA_DIR that is a file",
    async (script) => {
      const file = join(folder, "file");
      const err = await failureOf(script, { DATA_DIR: file }, ["ORD-1", "1", "SHIPPED"]);
      expect(err).toContain(`DATA_DIR (${file}): ${file} is a file, not a directory. Remove the file, or set DATA_DIR`);
    },
  );

  test("the gateway in production without a database", async () => {
    const production = {
      NODE_ENV: "production",
      SESSION_SECRET: "s".repeat(32),
      CLIENT_API_URL: "http://127.0.0.1:1",
      CLIENT_API_USER: "tessera",
      CLIENT_API_PASSWORD: "hunter2",
    };
    const [line = "", ...others] = (await failureOf("src/main.ts", production)).split("\n");
    expect(JSON.parse(line)).toMatchObject({
      level: "fatal",
      msg: "Tessera did not start",
      reason: expect.stringContaining("DATABASE_URL: required in production"),
    });
    expect(others).toEqual([]);
  });

  test("the gateway with a DATA_DIR that its user may not write in", async () => {
    const closed = process.getuid?.() === 0 ? "/sys/tessera" : join(folder, "closed");
    if (process.getuid?.() !== 0) mkdirSync(closed, { mode: 0o500 });
    expect(await failureOf("src/main.ts", { DATA_DIR: closed })).toMatch(
      /is not permitted to use|is on a read-only file system/,
    );
  });

  test.each(["src/main.ts", "scripts/warehouse.ts"])(
    "%s with a DATA_DIR where nothing can be created",
    async (script) => {
      const err = await failureOf(script, { DATA_DIR: "/proc/tessera/data" }, ["ORD-1", "1", "SHIPPED"]);
      expect(err).toContain("DATA_DIR (/proc/tessera/data): /proc/tessera cannot be created. Create the directory");
    },
  );

  test("the gateway whose sandbox cannot use its files", async () => {
    const DATA_DIR = join(folder, "half");
    mkdirSync(DATA_DIR);
    writeFileSync(join(DATA_DIR, "sandbox"), "");
    const err = await failureOf("src/main.ts", { ...unreachable(), DATA_DIR });
    expect(err).toContain(`The sandbox did not start. DATA_DIR (${DATA_DIR}): ${join(DATA_DIR, "sandbox")} is a file`);
  });

  test("a script with an unknown HOST", async () => {
    const err = await failureOf("scripts/warehouse.ts", { HOST: "nowhere.invalid" }, ["ORD-1", "1", "SHIPPED"]);
    expect(err).toContain("No gateway answers at http://nowhere.invalid:");
  });

  test("with a warning about a misspelled setting", async () => {
    const err = await failureOf("src/main.ts", { DATABASE_URI: "postgresql://me:hunter2@host/db", LOG_LEVEL: "loud" });
    expect(err).toMatch(
      /^Warning: DATABASE_URI is not a setting of Tessera and has no effect. Did you mean DATABASE_URL\?/,
    );
    expect(err).toMatch(/LOG_LEVEL: .*expected one of/);
  });
});

test.each([
  ["EROFS", "is on a read-only file system. Mount it writable"],
  ["ENOSPC", "no space is left for /data/run. Free some space"],
  ["EACCES", "is not permitted to use /data/run. Give the user access"],
  ["EIO", "broken. Make /data/run usable"],
])("%s below DATA_DIR is explained", (code, explanation) => {
  const error = Object.assign(new Error("broken"), { code, syscall: "mkdir", path: "/data/run" });
  const explained = explainDataDirError(error, "/data") as Error;
  expect(explained).toBeInstanceOf(SetupError);
  expect(explained.message).toMatch(/^DATA_DIR \(\/data\): .*, or set DATA_DIR to another directory\.$/);
  expect(explained.message).toContain(explanation);
});

test("an error outside of the file system is not attributed to DATA_DIR", () => {
  const fault = new TypeError("a fault of ours");
  expect(explainDataDirError(fault, "/data")).toBe(fault);
});
