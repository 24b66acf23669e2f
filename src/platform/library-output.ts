import { format } from "node:util";
import type { Logger } from "./logger.ts";

const levels = { error: "error", warn: "warn", log: "info", info: "info", debug: "debug", trace: "debug" } as const;

/**
 * Redirects the direct output of libraries and Node.js (`console`, process warnings) to the log, so that each line of a
 * process has one format.
 *
 * @returns a function that undoes it
 */
export function logLibraryOutput(log: Logger): () => void {
  const warn = (warning: Error & { code?: string }) =>
    log.warn({ name: warning.name, code: warning.code }, `A warning of Node.js or a library: ${warning.message}`);
  const listeners = process.listeners("warning");
  process.removeAllListeners("warning").on("warning", warn);

  const { console } = globalThis;
  const before = { ...console };
  for (const [method, level] of Object.entries(levels) as [
    keyof typeof levels,
    (typeof levels)[keyof typeof levels],
  ][]) {
    console[method] = (...parts: unknown[]) => log[level]({ console: method }, format(...parts));
  }
  return () => {
    Object.assign(console, before);
    process.removeListener("warning", warn);
    for (const listener of listeners) process.on("warning", listener);
  };
}
