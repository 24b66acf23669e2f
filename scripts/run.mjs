// Runs a command on the project's own Node 24 from a bare clone: installs what is missing, rebuilds what is stale.
//
//   node scripts/run.mjs <command> [arguments…]     <command> is looked up in node_modules/.bin first
//
// Plain JavaScript without dependencies, because it has to start on whatever Node (20 or newer) the machine has.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

// Read before anything slow: once npm is gone, the parent is somebody else.
const parent = process.ppid;
const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
  // Compiled code and stripped types are kept: half the time and less memory from the second start on.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "node"),
  // `prisma generate` wants a schema engine binary it never runs; naming one keeps it from downloading another.
  PRISMA_SCHEMA_ENGINE_BINARY: process.env.PRISMA_SCHEMA_ENGINE_BINARY ?? "/bin/true",
};

/** npm writes the hidden lockfile last, so a half-finished install has none. */
function isInstalled() {
  const installed = join(root, "node_modules", ".package-lock.json");
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function runOrExit(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: "inherit" });
  if (error) console.error(`Could not run ${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

if (!isInstalled()) {
  console.error("Installing dependencies (a minute, once) …");
  runOrExit("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}
runOrExit(join(bin, "node"), [join(root, "scripts", "generate.mjs")]);

const [command, ...args] = process.argv.slice(2);
const child = spawn(join(bin, command), args, { cwd: root, env, stdio: ["inherit", "inherit", "inherit", "ipc"] });
child.on("error", (error) => {
  console.error(`Could not run ${command}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(signal ? 128 + 9 : (code ?? 1)));

// Ctrl-C reaches the child by itself (same terminal); a signal sent to this process alone does not.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill("SIGTERM"));

// `kill -9` of npm leaves us without a parent: stop the child rather than leave it running unseen.
if (process.env.npm_lifecycle_event) {
  setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 500).unref();
}
