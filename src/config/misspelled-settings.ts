import { distance } from "fastest-levenshtein";
import { settingNames } from "./config.ts";

/** The sandbox's own settings, which are suggested like the gateway's. */
const SANDBOX_NAMES = ["SANDBOX_HOST", "GATEWAY_URL"];
/**
 * Settings of scripts and tests, and those that the OpenTelemetry exporter reads itself. Listed so that they are not
 * reported as a misspelled setting such as SANDBOX_PORT or SEED.
 */
const OTHER_NAMES = [
  ...["SANDBOX_URL", "SCREENSHOT_DIR", "STORM_SEED", "STORM_ORDERS"],
  ...["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_COMPRESSION"],
];

export interface MisspelledSetting {
  found: string;
  suggestion: string;
}

/**
 * Finds variables whose names resemble a setting's. A setting that is present is not suggested, so a platform's
 * `DATABASE_URI` beside `DATABASE_URL` causes no warning.
 */
export function findMisspelledSettings(env: Record<string, string | undefined>): MisspelledSetting[] {
  const known = new Set([...settingNames, ...SANDBOX_NAMES, ...OTHER_NAMES]);
  const candidates = [...known].filter((name) => env[name] === undefined);
  return Object.keys(env)
    .filter((found) => !known.has(found))
    .flatMap((found) => {
      const suggestion = nearest(found, candidates);
      return suggestion === undefined ? [] : [{ found, suggestion }];
    });
}

/**
 * The candidate with the fewest edits: at most a quarter of the name's length, at least one. The first letters must
 * agree, because many unrelated short names resemble PORT, HOST or SEED.
 */
function nearest(found: string, candidates: readonly string[]): string | undefined {
  const name = found.toUpperCase().replaceAll("-", "_");
  const budget = Math.max(1, Math.floor(name.length / 4));
  const [best] = candidates
    .filter((candidate) => candidate[0] === name[0])
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .filter(({ edits }) => edits <= budget)
    .sort((a, b) => a.edits - b.edits);
  return best?.candidate;
}
