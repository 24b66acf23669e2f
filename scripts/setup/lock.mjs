// Lets one process at a time install or generate in this checkout.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startOf } from "./processes.mjs";
import { clearStep, showStep } from "./progress.mjs";

const POLL_MS = 200;

/**
 * Takes the lock, and waits while another process has it. The lock of a process that has ended, however it ended, is taken over.
 *
 * @param {string} root directory of the checkout
 * @returns {Promise<{ release(): void, include(pid: number): void }>} `include` keeps the lock held until that process has ended, too
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

/** The file appears whole or not at all, and not when there is one. */
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

/** Removes the lock with this text. Another process may have replaced it meanwhile: then its lock is put back. */
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
