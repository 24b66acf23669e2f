import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const recording = fileURLToPath(new URL("timings.json", import.meta.url));
/** Files faster than this are neither ordered nor slow. */
const RECORDED_SECONDS = 1;

/** The seconds that each test file took when they were last recorded, by its path from the top of the repository. */
export const secondsOf: Readonly<Record<string, number>> = JSON.parse(readFileSync(recording, "utf8"));

/** A file that takes as long is not part of the everyday tests. */
const SLOW_SECONDS = 3;

/** The files that took too long for the everyday tests. */
export const slowFiles = Object.entries(secondsOf)
  .filter(([, seconds]) => seconds >= SLOW_SECONDS)
  .map(([file]) => file);

/** Records these seconds; other files that still exist keep theirs. */
export function recordTimings(seconds: Readonly<Record<string, number>>): void {
  const rows = Object.entries({ ...secondsOf, ...seconds })
    .filter(([file, value]) => value >= RECORDED_SECONDS && existsSync(new URL(file, root)))
    .sort(([, a], [, b]) => b - a);
  writeFileSync(recording, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`);
}
