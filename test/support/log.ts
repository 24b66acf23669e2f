import { Writable } from "node:stream";
import { type Logger, makeLogger } from "../../src/platform/logger.ts";

export interface CapturedLog {
  log: Logger;
  /** Everything logged since the start or the last `clear`, as it would be printed. */
  text(): string;
  clear(): void;
}

/** A logger of every level, into memory. */
export async function captureLog(): Promise<CapturedLog> {
  let lines: string[] = [];
  const destination = new Writable({
    decodeStrings: false,
    write(line, _, done) {
      lines.push(String(line));
      done();
    },
  });
  return {
    log: await makeLogger({ level: "trace", pretty: false, destination }),
    text: () => lines.join(""),
    clear() {
      lines = [];
    },
  };
}
