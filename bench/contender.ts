import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { messageFrom } from "../src/platform/child-message.ts";
import { cpuMsOf } from "./machine.ts";

/** A child process whose CPU time is measured separately. */
export interface Contender {
  /** Empty for a process without a port. */
  url: string;
  /** CPU seconds used so far, user and system. */
  cpuSeconds(): number;
  /** Resident memory in megabytes. */
  residentMb(): number;
  signal(signal: NodeJS.Signals): void;
  /** Sends a message, and resolves with the answer. @throws the error of the answer, or if the process ends */
  ask(message: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** The script's first message to its parent: it listens at a URL, or it is ready without a port. */
const Ready = z.union([
  z.object({ url: z.url() }),
  z.object({ type: z.literal("ready") }).transform(() => ({ url: "" })),
]);

const Answer = z.object({ id: z.int(), value: z.unknown().optional(), error: z.string().optional() });

/** The flags of `npm start` for the gateway; for the others its semi-space alone, because its flags for memory cost CPU. */
const flagsOf = (script: string) =>
  script === "src/main.ts" || script.endsWith("/tessera.mjs")
    ? ["--max-semi-space-size=16", "--heap-growing-percent=50", "--v8-pool-size=1"]
    : ["--max-semi-space-size=16"];

/** Starts a script, of this repository or by its URL, and waits until it reports that it is ready. */
export async function startContender(
  script: string,
  env: Record<string, string>,
  nodeOptions: readonly string[] = [],
  args: readonly string[] = [],
): Promise<Contender> {
  const path = fileURLToPath(new URL(script, new URL("../", import.meta.url)));
  const child = spawn(process.execPath, [...flagsOf(script), ...nodeOptions, path, ...args], {
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], PORT: "0", ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const ready = await messageFrom(child, Ready);
  if (!ready) throw new Error(`${script} ended before it was ready.`);
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  child.on("message", (raw) => {
    const answer = Answer.safeParse(raw);
    if (!answer.success) return;
    const { id, value, error } = answer.data;
    if (error === undefined) asked.get(id)?.resolve(value);
    else asked.get(id)?.reject(new Error(error));
    asked.delete(id);
  });
  child.once("exit", () => {
    for (const each of asked.values()) each.reject(new Error(`${script} ended before it answered.`));
  });
  let lastId = 0;
  return {
    url: ready.url,
    cpuSeconds: () => (child.pid === undefined ? 0 : cpuMsOf(child.pid) / 1_000),
    residentMb() {
      const kilobytes = readFileSync(`/proc/${child.pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1];
      return Math.round(Number(kilobytes) / 1_024);
    },
    signal: (signal) => void child.kill(signal),
    ask(message) {
      lastId += 1;
      const answer = Promise.withResolvers<unknown>();
      asked.set(lastId, answer);
      child.send({ id: lastId, message });
      return answer.promise;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** For a contender's script: answers the parent's messages, and reports that it is ready. */
export function answerParent<Message>(answer: (message: Message) => Promise<unknown>): void {
  process.on("message", ({ id, message }: { id: number; message: Message }) => {
    answer(message).then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => process.send?.({ id, error: String(error) }),
    );
  });
  process.on("SIGTERM", () => process.exit());
  process.on("disconnect", () => process.exit());
  process.send?.({ type: "ready" });
}
