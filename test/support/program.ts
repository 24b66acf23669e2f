import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";

/** A program that a test has started, with its output. */
export interface Program {
  child: ChildProcess;
  printed(): string;
  /** Resolves once the program has printed this text; rejects if it ends before. */
  prints(text: RegExp): Promise<void>;
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

export function startProgram(command: string, args: string[], options: SpawnOptions): Program {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const ended = once(child, "close").then(([code, signal]) => (signal ?? code) as number | string);
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (printed += chunk));
  return {
    child,
    printed: () => printed,
    prints: (text) =>
      new Promise((resolve, reject) => {
        const hear = () => text.test(printed) && resolve();
        child.stdout?.on("data", hear);
        child.stderr?.on("data", hear);
        void ended.then((how) => reject(new Error(`${args.join(" ")} ended (${how}): ${printed}`)));
        hear();
      }),
    ended,
  };
}
