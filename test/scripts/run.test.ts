import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { processesWith } from "./support/processes.ts";

/**
 * A project with the real `run.mjs` and the real npm. Its only package is named `node`: the install script links the Node that
 * runs this test.
 */
let project: string;
let run: string;
let server: Server;
/** Steps that have connected to the test and wait for it: `go` lets one finish. */
const steps: { name: string; go(): void }[] = [];
const sockets: Socket[] = [];
const started: ChildProcess[] = [];

/** Source of a step that reports its name and ends with `then` once the test lets it. */
const step = (name: string, then = "process.exit(0)") => `
const socket = require("node:net").connect(Number(process.env.TEST_PORT), "127.0.0.1", () => socket.write("${name}"));
socket.on("error", () => {}).on("data", () => { ${then} });
`;

beforeEach(async () => {
  run = randomUUID();
  mkdirSync("node_modules/.cache", { recursive: true });
  project = mkdtempSync(resolve("node_modules/.cache/run-test-")); // on the file system of the Node to be linked
  cpSync("scripts/run.mjs", join(project, "scripts/run.mjs"));
  cpSync("scripts/setup", join(project, "scripts/setup"), { recursive: true });
  writeFileSync(join(project, "scripts/generate.mjs"), "");
  wantVersion("1.0.0");
  server = createServer((socket) => {
    sockets.push(socket);
    socket
      .on("error", () => {})
      .once("data", (name) => {
        steps.push({ name: String(name), go: () => socket.write("go") });
        server.emit("step");
      });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const { pid } of processesWith("TEST_RUN", run)) process.kill(pid, "SIGKILL");
  for (const socket of sockets.splice(0)) socket.destroy();
  steps.length = 0;
  server.close();
  await once(server, "close");
  rmSync(project, { recursive: true, force: true });
});

/** Makes a package of this version, and the package-lock.json that asks for it. */
function wantVersion(version: string) {
  const source = join(project, `source-${version}/package`);
  mkdirSync(join(source, "bin"), { recursive: true });
  const link = `require("node:fs").linkSync(process.env.TEST_NODE, "bin/node"); process.exit(0);`;
  writeFileSync(join(source, "bin/README"), "");
  writeFileSync(join(source, "preinstall.cjs"), step(`install ${version}`, link));
  const entry = { bin: { node: "bin/node" }, hasInstallScript: true };
  const scripts = { preinstall: `${process.execPath} preinstall.cjs` };
  writeFileSync(join(source, "package.json"), JSON.stringify({ name: "node", version, bin: entry.bin, scripts }));
  const file = `node-${version}.tgz`;
  execFileSync("tar", ["-czf", file, "-C", `source-${version}`, "package"], { cwd: project });
  const integrity = `sha512-${createHash("sha512")
    .update(readFileSync(join(project, file)))
    .digest("base64")}`;
  const root = { name: "project", version: "1.0.0", devDependencies: { node: `file:${file}` } };
  writeFileSync(join(project, "package.json"), JSON.stringify({ ...root, allowScripts: { node: true } }));
  const packages = {
    "": root,
    "node_modules/node": { version, resolved: `file:${file}`, integrity, dev: true, ...entry },
  };
  const lock = { name: "project", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(project, "package-lock.json"), JSON.stringify(lock));
}

/** The next step that connects; rejects when `run.mjs` ends first. */
async function nextStep(of: Pick<ReturnType<typeof start>, "ended" | "printed">) {
  const ended = of.ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${of.printed()}`)));
  while (steps.length === 0) await Promise.race([once(server, "step"), ended]);
  void ended.catch(() => {});
  return steps.shift() as (typeof steps)[number];
}

/** Runs a program of the project, given as CommonJS source. */
function start(source: string, env: Record<string, string> = {}, parent?: "shell") {
  writeFileSync(join(project, "program.cjs"), source);
  const command = [process.execPath, "scripts/run.mjs", "node", "program.cjs"];
  const [program = "", ...args] = parent ? ["sh", "-c", `${command.join(" ")}; exit`] : command;
  const child = spawn(program, args, {
    cwd: project,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      npm_config_cache: join(project, ".npm"),
      npm_config_offline: "true",
      TEST_NODE: process.execPath,
      TEST_PORT: String((server.address() as AddressInfo).port),
      TEST_RUN: run,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // without a terminal, as a service
  });
  started.push(child);
  let printed = "";
  const heard = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      printed += chunk;
      for (const hear of heard) hear();
    });
  }
  return {
    child,
    printed: () => printed,
    ended: once(child, "close").then(([code]) => code as number),
    prints: (text: string) =>
      new Promise<void>((resolve) => {
        const hear = () => printed.includes(text) && resolve();
        heard.add(hear);
        hear();
      }),
  };
}

/** Installs the project. */
async function install() {
  const installing = start("process.exit(7)");
  (await nextStep(installing)).go();
  expect(await installing.ended, installing.printed()).toBe(7);
}

/** A copy of an installed project: npm takes a second of CPU time. */
let template: string | undefined;
afterAll(() => template && rmSync(template, { recursive: true, force: true }));

/** Makes the project an installed one. */
async function makeInstalled() {
  if (template === undefined) {
    await install();
    template = `${project}-installed`;
    copyProject(project, template);
  } else {
    rmSync(project, { recursive: true });
    copyProject(template, project);
  }
}

/** Copies the project's own files, which tests overwrite, and links those of its packages. */
function copyProject(from: string, to: string) {
  const packages = join(from, "node_modules");
  cpSync(from, to, { recursive: true, filter: (path) => path !== packages });
  execFileSync("cp", ["--archive", "--link", packages, to]);
}

describe("run.mjs", { tags: "linux" }, () => {
  test("installs a bare clone, runs the command with the Node that was installed, and passes on its exit code", async () => {
    // With this variable npm by itself leaves out the packages of development.
    const command = start("console.log(process.execPath); process.exit(7)", { NODE_ENV: "production" });
    const installing = await nextStep(command);
    expect(command.printed()).toContain("Installing dependencies");
    installing.go();
    expect(await command.ended).toBe(7);
    expect(command.printed()).toContain(join(project, "node_modules/node/bin/node"));
    expect(existsSync(join(project, ".setup.lock"))).toBe(false);
  });

  test("compares the contents of package-lock.json: a checkout back and forth installs nothing", async () => {
    await makeInstalled();
    const lock = readFileSync(join(project, "package-lock.json"), "utf8");
    wantVersion("2.0.0");
    writeFileSync(join(project, "package-lock.json"), lock);
    const later = Date.now() / 1_000 + 60;
    utimesSync(join(project, "package-lock.json"), later, later);
    const again = start("process.exit(7)");
    expect(await again.ended).toBe(7);
    expect(again.printed()).not.toContain("Installing");
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "passes %s on to the install, and the next start repairs what it left",
    async (signal) => {
      const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
      const command = start("");
      await nextStep(command);
      command.child.kill(signal);
      expect(await command.ended).toBe(codes[signal]);
      expect(processesWith("TEST_RUN", run)).toEqual([]);
      await install();
    },
  );

  test("passes a signal on to the generators", async () => {
    await makeInstalled();
    writeFileSync(
      join(project, "scripts/generate.mjs"),
      `import { spawn } from "node:child_process"; spawn(process.execPath, ["generator.cjs"], { stdio: "inherit" });`,
    );
    writeFileSync(join(project, "generator.cjs"), step("generator"));
    const command = start("");
    expect((await nextStep(command)).name).toBe("generator");
    command.child.kill("SIGTERM");
    expect(await command.ended).toBe(143);
    expect(processesWith("TEST_RUN", run)).toEqual([]);
  });

  test("of two at the same time installs once, and the second one says that it waits", async () => {
    const first = start("process.exit(7)");
    const installing = await nextStep(first);
    const second = start("process.exit(7)");
    await second.prints(`Waiting for another command (pid ${first.child.pid}), which prepares this checkout`);
    installing.go();
    expect(await Promise.all([first.ended, second.ended])).toEqual([7, 7]);
    expect(steps).toEqual([]);
    expect(second.printed()).not.toContain("Installing");
  });

  test("waits for the install of one that was killed", async () => {
    const killed = start("");
    const installing = await nextStep(killed);
    killed.child.kill("SIGKILL");
    const second = start("process.exit(7)");
    await second.prints("Waiting for another command");
    installing.go();
    expect(await second.ended).toBe(7);
    expect(steps).toEqual([]);
  });

  test("is not stopped by the lock of a process that has ended, even if its pid is in use again", async () => {
    for (const start of ["1", undefined]) {
      rmSync(join(project, "node_modules"), { recursive: true, force: true });
      const lock = { command: "npm start", processes: [{ pid: process.pid, start }] };
      writeFileSync(join(project, ".setup.lock"), JSON.stringify(lock));
      await install();
    }
    rmSync(join(project, "node_modules"), { recursive: true });
    writeFileSync(join(project, ".setup.lock"), "");
    await install();
  });

  test("installs nothing while a program of this checkout runs, and names it", async () => {
    await makeInstalled();
    const running = start(step("running"));
    const program = await nextStep(running);
    const [{ pid } = { pid: 0 }] = processesWith("TEST_RUN", run).filter(({ command }) => !command.includes("run.mjs"));
    wantVersion("2.0.0");
    const refused = start(step("running"));
    expect(await refused.ended).toBe(1);
    expect(refused.printed()).toContain(`node program.cjs (pid ${pid})`);
    expect(refused.printed()).toContain(`Stop them (kill ${pid}), then run this command again.`);
    program.go();
    expect(await running.ended).toBe(0);
    await install();
  });

  test("says what to do when npm runs no install scripts", async () => {
    writeFileSync(join(project, ".npmrc"), "ignore-scripts=true\n");
    const { ended, printed } = start("");
    expect(await ended).toBe(1);
    expect(printed()).toContain("npm config set ignore-scripts false");
  });

  test("ends with 128 and the number of the signal that ended its command", async () => {
    await makeInstalled();
    for (const [signal, code] of Object.entries({ SIGKILL: 137, SIGSEGV: 139, SIGTERM: 143 })) {
      expect(await start(`process.kill(process.pid, "${signal}")`).ended).toBe(code);
    }
  });

  test("sends its command one SIGTERM when npm is gone", async () => {
    await makeInstalled();
    // Outlives several checks of its parent by `run.mjs`, then reports the number of stop signals.
    const drain = `let count = 0; process.on("SIGTERM", () => {
      if (++count === 1) require("node:child_process").execFile("sleep", ["1.2"], () => { ${step("asked").replace('"asked"', '"asked " + count')} });
    });`;
    const npm = start(`${drain}${step("running")}`, { npm_lifecycle_event: "start" }, "shell");
    await nextStep(npm);
    npm.child.kill("SIGKILL");
    while (steps.length === 0) await once(server, "step");
    expect(steps.shift()?.name).toBe("asked 1");
  });

  test("gives its command no variable that `node --watch` sets for its own child", async () => {
    await makeInstalled();
    const { printed, ended } = start("console.log(Object.keys(process.env))", { WATCH_REPORT_DEPENDENCIES: "1" });
    expect(await ended).toBe(0);
    expect(printed()).not.toContain("WATCH_REPORT_DEPENDENCIES");
  });
});
