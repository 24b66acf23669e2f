// Runs a command on the project's own Node 24 from a bare clone: installs what is missing, rebuilds what is stale.
//
//   node scripts/run.mjs <command> [arguments…]     <command> is looked up in node_modules/.bin first
//
// Plain JavaScript without dependencies, because it has to start on whatever Node (20 or newer) the machine has.
import { spawn } from "node:child_process";
import { closeSync, openSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installIfNeeded } from "./setup/install.mjs";

// Read before anything slow: once npm is gone, the parent is somebody else.
const parent = process.ppid;
const root = realpathSync(fileURLToPath(new URL("..", import.meta.url)));
const bin = join(root, "node_modules", ".bin");
// `node --watch` sets this for its own child, which then reports to its parent what it loads.
const { WATCH_REPORT_DEPENDENCIES: _, ...inherited } = process.env;
const env = {
  ...inherited,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
  // Compiled code and stripped types are kept: half the time and less memory from the second start on.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "node"),
  // `prisma generate` wants a schema engine binary it never runs; naming one keeps it from downloading another.
  PRISMA_SCHEMA_ENGINE_BINARY: process.env.PRISMA_SCHEMA_ENGINE_BINARY ?? "/bin/true",
};

const exitCodeOf = (signal) => 128 + constants.signals[signal];
const couldNotRun = (command) => (error) => {
  console.error(`Could not run ${command}: ${error.message}`);
  process.exit(1);
};

/** Passes a signal on to the process that runs now. */
let passOn = (signal) => process.exit(exitCodeOf(signal));
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    isStopping = true;
    passOn(signal);
  });
}
// `kill -9` of npm leaves this process without its parent: it stops as on SIGTERM rather than run on unseen.
if (process.env.npm_lifecycle_event) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (!isStopping) process.emit("SIGTERM");
  }, 500).unref();
}

/**
 * Runs a step of the preparation in a process group of its own: a signal then reaches the whole group, once. Ends this process
 * when the step fails.
 */
function runStep(command, args, onStart = () => {}) {
  return new Promise((resolve) => {
    const step = spawn(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"], detached: true });
    const toGroup = (signal) => {
      try {
        process.kill(-step.pid, signal);
      } catch {} // all of it has ended
    };
    let received;
    passOn = (signal) => {
      received ??= signal;
      toGroup(signal);
    };
    step.on("error", couldNotRun(command));
    step.on("spawn", () => onStart(step.pid));
    step.on("exit", (code, signal) => {
      if (received) toGroup("SIGKILL"); // what the step itself had started
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
  // Ctrl-C reaches the child from the terminal already, and a second one would end it without waiting.
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
