/**
 * Writes messages before the logger exists, and the last message, to standard error: as text for people, and as JSON
 * lines in production, where a program reads them.
 */
export interface EarlyLog {
  warn(message: string): void;
  /** @param what such as `did not start` */
  fail(what: string, reason: string): void;
}

export function makeEarlyLog(
  program: string,
  { isProduction = process.env["NODE_ENV"] === "production", out = process.stderr } = {},
): EarlyLog {
  const line = (level: string, msg: string, facts: object = {}) =>
    out.write(`${JSON.stringify({ level, time: new Date().toISOString(), ...facts, msg })}\n`);
  return isProduction
    ? {
        warn: (message) => void line("warn", message),
        fail: (what, reason) => void line("fatal", `${program} ${what}`, { reason }),
      }
    : {
        warn: (message) => void out.write(`Warning: ${message}\n`),
        fail: (what, reason) => void out.write(`\n${program} ${what}.\n${reason}\n`),
      };
}
