import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { capillaryApi, till } from "./support/capillary-api.ts";
import { clientApi } from "./support/client-api.ts";

const main = fileURLToPath(new URL("../../sandbox/main.ts", import.meta.url));
const timeout = { timeout: 20_000 };

let folder: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandbox-process-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rm(folder, { recursive: true }));

const environment = (extra: NodeJS.ProcessEnv) => ({
  ...process.env,
  npm_lifecycle_event: "test",
  DATA_DIR: folder,
  SANDBOX_PORT: "0",
  ...extra,
});

/** Like the gateway: with a channel. */
function startAsChild(extra: NodeJS.ProcessEnv = {}) {
  const child = fork(main, { execPath: process.execPath, env: environment(extra), silent: true });
  children.push(child);
  return {
    child,
    message: once(child, "message").then(([message]) => message as { type: string; url: string; message: string }),
    exit: once(child, "exit").then(([code]) => code as number),
    out: collect(child.stdout),
    err: collect(child.stderr),
  };
}

/** Like a developer: without a channel. */
function startAlone(extra: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main], { env: environment(extra) });
  children.push(child);
  return {
    child,
    exit: once(child, "exit").then(([code]) => code),
    out: collect(child.stdout),
    err: collect(child.stderr),
  };
}

function collect(stream: NodeJS.ReadableStream | null) {
  let text = "";
  const shown = new Promise<string>((resolve) => {
    stream?.on("data", (chunk) => {
      text += chunk;
      if (text.endsWith("\n")) resolve(text);
    });
  });
  return { text: () => text, shown };
}

test("a child reports its readiness, without a banner", timeout, async () => {
  const { message, out } = startAsChild();
  const ready = await message;
  expect(ready.type).toBe("ready");
  expect((await clientApi(ready).points()).body).toMatchObject({ balance_points: 3500 });
  expect(out.text()).toBe("");
});

test("a child ends with its parent", timeout, async () => {
  const { child, message, exit } = startAsChild();
  await message;
  child.disconnect();
  expect(await exit).toBe(0);
});

test("a child leaves Ctrl-C to its parent and stops on SIGTERM", timeout, async () => {
  const { child, message, exit } = startAsChild();
  const ready = await message;
  child.kill("SIGINT");
  expect((await clientApi(ready).points()).status).toBe(200);
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test(
  "started by `npm run sandbox` it prints its banner and stops on Ctrl-C, with or without a channel",
  timeout,
  async () => {
    const { child, out, exit } = startAsChild({ npm_lifecycle_event: "sandbox" });
    expect(await out.shown).toContain("Sandbox listening on http://127.0.0.1:");
    child.kill("SIGINT");
    expect(await exit).toBe(0);
  },
);

test("alone it prints its banner and stops on Ctrl-C", timeout, async () => {
  const { child, out, exit } = startAlone();
  const banner = await out.shown;
  for (const what of ["CUST12345", "CUST67890", "CUST00001", "/client/otp?customer_id=CUST12345", "/faults"]) {
    expect(banner).toContain(what);
  }
  child.kill("SIGINT");
  expect(await exit).toBe(0);
});

test("its answered effects survive a kill", timeout, async () => {
  const settings = { DATA_DIR: join(folder, "killed"), CAPILLARY_TILL: "shop.7" };
  const first = startAsChild(settings);
  const ready = await first.message;
  const answer = await clientApi(ready).redeem({ points_consumed: 500 });
  expect(answer.body.status).toBe(true);
  const given = await capillaryApi(ready, till("shop.7")).issue({ requestId: "r-1" });
  expect(given.body.status.success).toBe(true);
  first.child.kill("SIGKILL");
  await first.exit;
  const again = await startAsChild(settings).message;
  expect((await clientApi(again).points()).body).toMatchObject({ balance_points: 3000 });
  const duplicate = await capillaryApi(again, till("shop.7")).issue({ requestId: "r-1" });
  expect(duplicate.body.status).toMatchObject({ success: false, code: 400 });
});

test("a port in use is one clear line and a message to the parent", timeout, async () => {
  await using other = await startSandbox();
  const { port } = new URL(other.url);
  const { message, exit, err } = startAsChild({ SANDBOX_PORT: port });
  const expected = `SANDBOX_PORT: port ${port} of 127.0.0.1 is in use`;
  expect(await message).toMatchObject({ type: "failed", message: expect.stringContaining(expected) });
  expect(await exit).toBe(1);
  expect(await err.shown).toMatch(new RegExp(`^The sandbox did not start\\. ${expected}[^\\n]*\\n$`));
});

test("a data directory that cannot be used is one clear line and a message to the parent", timeout, async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const { message, exit, err } = startAsChild({ DATA_DIR: file });
  const explanation = `DATA_DIR (${file}): ${join(file, "sandbox")} cannot be created, because it is a file, or a part of its path is. Remove the file, or set DATA_DIR to another directory.`;
  expect(await message).toEqual({ type: "failed", message: explanation });
  expect(await exit).toBe(1);
  expect(err.text()).toBe(`The sandbox did not start. ${explanation}\n`);
});

test("its sign-in links lead to the configured gateway", timeout, async () => {
  const { url } = await startAsChild({ GATEWAY_URL: "http://localhost:4200" }).message;
  const link = await (await fetch(`${url}/__sandbox/client/sign-in-link?customer_id=CUST12345`)).json();
  expect((link as { url: string }).url).toMatch(/^http:\/\/localhost:4200\/signin\?token=/);
});

test("an invalid setting is named", timeout, async () => {
  const { exit, err } = startAlone({ SANDBOX_PORT: "seven" });
  expect(await exit).toBe(1);
  expect(err.text()).toBe("The sandbox did not start. SANDBOX_PORT: expected a whole number\n");
});
