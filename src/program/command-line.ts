import { basename } from "node:path";
import { type Config, ConfigError, readConfig } from "../config/config.ts";
import { findMisspelledSettings } from "../config/misspelled-settings.ts";
import { SetupError } from "../platform/setup-error.ts";
import { type EarlyLog, makeEarlyLog } from "./early-log.ts";

/**
 * Reads the settings of this process. Warns on standard error about variables that resemble a setting.
 *
 * @throws ConfigError, SetupError as `readConfig` does
 */
export function readProcessConfig({ warn }: Pick<EarlyLog, "warn"> = makeEarlyLog("Tessera")): Config {
  for (const { found, suggestion } of findMisspelledSettings(process.env)) {
    warn(`${found} is not a setting of Tessera and has no effect. Did you mean ${suggestion}?`);
  }
  return readConfig(process.env);
}

/** Explains an error to the person at the terminal: with a stack only if it is a fault of the program. */
export function explainError(error: unknown): string {
  if (error instanceof ConfigError) return `These settings are wrong:\n${error.message.replace(/^/gm, "  ")}`;
  if (error instanceof SetupError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * The command line of a command with these arguments, as it is typed where this process runs: the production build has no npm scripts.
 *
 * @param program the file of this process
 */
export function commandLine(command: string, args = "", program = process.argv[1] ?? ""): string {
  const isBuild = basename(program) === "tessera.mjs";
  const named = isBuild ? `node dist/bin/tessera.mjs ${command}` : `npm run ${command}`;
  if (args === "") return named;
  return `${named}${isBuild ? "" : " --"} ${args}`;
}
