// Runs a command on the project's own Node 24 from a bare clone: installs missing packages, rebuilds outdated files.
//
//   node scripts/run.mjs <command> [arguments…]     <command> is looked up in node_modules/.bin first
//
// Plain JavaScript without dependencies, because it has to start on any installed Node (20 or newer).
import { spawn } from "node:child_process";
import { closeSync, openSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installIfNeeded } from "./setup/install.mjs";

// Read before any slow step: once npm has ended, the parent is another process.
const parent = process.ppid;
const root = realpathSync(fileURLToPath(new URL("..", import.meta.url)));
const bin = join(root, "node_modules", ".bin");
// `node --watch` sets this for its own child, which then reports its loaded modules to its parent.
const { WATCH_REPORT_DEPENDENCIES: _, ...inherited } = process.env;
const env = {
  ...inherited,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
  // Compiled code and stripped types are cached, which halves the time and memory of later starts.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "node"),
  // `prisma generate` requires a schema engine binary that it never runs; naming one avoids a download.
  PRISMA_SCHEMA_ENGINE_BINARY: process.env.PRISMA_SCHEMA_ENGINE_BINARY ?? "/bin/true",
};

const exitCodeOf = (signal) => 128 + constants.signals[signal];
const couldNotRun = (command) => (error) => {
  console.error(`Could not run ${command}: ${error.message}`);
  process.exit(1);
};

/** Forwards a signal to the current process. */
let passOn = (signal) => process.exit(exitCodeOf(signal));
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    isStopping = true;
    passOn(signal);
  });
}
// `kill -9` of npm leaves this process without its parent. It then stops as on SIGTERM instead of running on unnoticed.
if (process.env.npm_lifecycle_event) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (!isStopping) process.emit("SIGTERM");
  }, 500).unref();
}

/**
 * Runs a preparation step in a process group of its own: a signal then reaches the whole group, once. Ends this process
 * if the step fails.
 */
function runStep(command, args, onStart = () => {}) {
  return new Promise((resolve) => {
    const step = spawn(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"], detached: true });
    const toGroup = (signal) => {
      try {
        process.kill(-step.pid, signal);
      } catch {} // the whole group has ended
    };
    let received;
    passOn = (signal) => {
      received ??= signal;
      toGroup(signal);
    };
    step.on("error", couldNotRun(command));
    step.on("spawn", () => onStart(step.pid));
    step.on("exit", (code, signal) => {
      if (received) toGroup("SIGKILL"); // processes that the step has started
      if (received ?? signal) process.exit(exitCodeOf(received ?? signal));
      if (code !== 0) process.exit(code);
      passOn = (signal) => process.exit(exitCodeOf(signal));
      resolve();
    });
  });
}

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error("Name a command: node scripts/run.mjs <command> [arguments…]");
  process.exit(1);
}
await installIfNeeded(root, runStep);
const generator = "scripts/generate.mjs";
if (!args.includes(generator)) await runStep(join(bin, "node"), [join(root, generator)]);

const child = spawn(join(bin, command), args, { cwd: root, env, stdio: ["inherit", "inherit", "inherit", "ipc"] });
child.on("error", couldNotRun(command));
child.on("exit", (code, signal) => process.exit(signal ? exitCodeOf(signal) : code));

passOn = (signal) => {
  // The terminal already sends Ctrl-C to the child, and a second one would end it without waiting.
  if (signal === "SIGINT" && hasTerminal()) return;
  child.kill(signal === "SIGINT" ? "SIGINT" : "SIGTERM");
};

function hasTerminal() {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
