import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { messageFrom } from "../src/platform/child-message.ts";

/** A process of its own, whose CPU time can be told from everybody else's. */
export interface Contender {
  /** Empty for a process that listens on no port. */
  url: string;
  /** CPU seconds it has used so far, user and system. */
  cpuSeconds(): number;
  /** Resident memory in megabytes. */
  residentMb(): number;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const TICKS_PER_SECOND = 100; // USER_HZ on Linux

/** The script's first message to its parent: it listens at a URL, or it is ready and listens on no port. */
const Ready = z.union([
  z.object({ url: z.url() }),
  z.object({ type: z.literal("ready") }).transform(() => ({ url: "" })),
]);

/** Starts a script, and waits until it says that it is ready. */
export async function startContender(script: string, env: Record<string, string>): Promise<Contender> {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = spawn(process.execPath, ["--max-semi-space-size=8", path], {
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], PORT: "0", ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const ready = await messageFrom(child, Ready);
  if (!ready) throw new Error(`${script} ended before it was ready.`);
  return {
    url: ready.url,
    cpuSeconds() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    residentMb() {
      const kilobytes = readFileSync(`/proc/${child.pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1];
      return Math.round(Number(kilobytes) / 1_024);
    },
    signal: (signal) => void child.kill(signal),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
