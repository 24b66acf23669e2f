// Installs the packages of package-lock.json, unless they are installed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { takeLock } from "./lock.mjs";
import { runningIn } from "./processes.mjs";
import { clearStep, showStep } from "./progress.mjs";

/**
 * @param {string} root directory of the checkout, without a slash at the end
 * @param {(command: string, args: string[], onStart: (pid: number) => void) => Promise<void>} run ends this process when the command fails
 */
export async function installIfNeeded(root, run) {
  if (isInstalled(root)) return;
  const lock = await takeLock(root);
  try {
    if (isInstalled(root)) return;
    refuseWhileRunning(root);
    showStep("Installing dependencies (a minute or two, once)");
    await run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], lock.include);
    clearStep();
    if (!existsSync(nodeOf(root))) {
      fail(
        "`npm ci` did not install Node 24, because npm is set to run no install scripts. Allow them (`npm config set ignore-scripts false`), then run this command again.",
      );
    }
  } finally {
    lock.release();
  }
}

const nodeOf = (root) => join(root, "node_modules", ".bin", "node");

/**
 * Compares contents, not times: npm keeps a copy of its last installation, which it removes first and writes last. So
 * checking out another commit and returning installs nothing, and an interrupted installation is detected.
 */
function isInstalled(root) {
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  if (!installed || !existsSync(nodeOf(root))) return false;
  const { "": _, ...wanted } = readPackages(join(root, "package-lock.json")) ?? {};
  const mayMiss = ({ optional, devOptional }) => optional || devOptional;
  return (
    Object.keys(installed).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, entry]) =>
      path in installed ? isSame(installed[path], entry) : mayMiss(entry),
    )
  );
}

/** Other fields depend on the version of npm, and addresses on its registry. */
const isSame = (one, other) =>
  one.version === other.version && (one.integrity ?? one.resolved) === (other.integrity ?? other.resolved);

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

function refuseWhileRunning(root) {
  const running = runningIn(root);
  if (running.length === 0) return;
  const list = running.map(({ pid, command }) => `  ${command} (pid ${pid})`).join("\n");
  fail(
    `package-lock.json has changed. Its packages cannot be installed while programs of this checkout run:\n${list}\n` +
      `Stop them (kill ${running.map(({ pid }) => pid).join(" ")}), then run this command again.`,
  );
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
