// Lets one process at a time install or generate in this checkout.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startOf } from "./processes.mjs";
import { clearStep, showStep } from "./progress.mjs";

const POLL_MS = 200;

/**
 * Acquires the lock, and waits while another process holds it. The lock of an ended process is taken over.
 *
 * @param {string} root directory of the checkout
 * @returns {Promise<{ release(): void, include(pid: number): void }>} `include` keeps the lock held until that process
 * has ended, too
 */
export async function takeLock(root) {
  const file = join(root, ".setup.lock");
  const command = process.env.npm_lifecycle_event ? `npm run ${process.env.npm_lifecycle_event}` : "another command";
  const own = { command, processes: [{ pid: process.pid, start: startOf(process.pid) }] };
  let isWaiting = false;
  while (!create(file, own)) {
    const text = read(file);
    const holder = parse(text);
    if (holder?.processes.some(({ pid, start }) => startOf(pid) === start)) {
      if (!isWaiting) {
        showStep(`Waiting for ${holder.command} (pid ${holder.processes[0].pid}), which prepares this checkout`);
      }
      isWaiting = true;
      await sleep(POLL_MS);
    } else if (text !== undefined) takeAway(file, text);
  }
  clearStep();
  const release = () => {
    if (read(file) === JSON.stringify(own)) rmSync(file, { force: true });
    process.off("exit", release);
  };
  process.on("exit", release);
  return {
    release,
    include(pid) {
      own.processes.push({ pid, start: startOf(pid) });
      const unfinished = unique(file);
      writeFileSync(unfinished, JSON.stringify(own));
      renameSync(unfinished, file);
    },
  };
}

const unique = (file) => `${file}.${process.pid}`;

/** The link creates the complete file, or fails if one exists. */
function create(file, holder) {
  const unfinished = unique(file);
  writeFileSync(unfinished, JSON.stringify(holder));
  try {
    linkSync(unfinished, file);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Removes the lock with this text. If another process has replaced it in between, its lock is restored. */
function takeAway(file, text) {
  const aside = unique(file);
  try {
    renameSync(file, aside);
    if (read(aside) !== text) linkSync(aside, file);
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
