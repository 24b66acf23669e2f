import pg from "pg";
import { isLoopbackHost } from "../http/origin.ts";

/** The settings that name a server to which secrets are sent, or whose answers are trusted. */
export interface ServerSettings {
  DATABASE_URL?: string | undefined;
  DATABASE_LISTEN_URL?: string | undefined;
  REDIS_URL?: string | undefined;
  S3_ENDPOINT?: string | undefined;
  CLIENT_API_URL?: string | undefined;
  CAPILLARY_REWARDS_URL?: string | undefined;
  CAPILLARY_INTOUCH_URL?: string | undefined;
  /** The URL of the JWKS. */
  CLIENT_HANDOFF_KEY?: string | undefined;
  CLIENT_HANDOFF_KEY_FALLBACK?: string | undefined;
  OIDC_ISSUER?: string | undefined;
  PUBLIC_ORIGIN?: string | undefined;
  ALLOWED_ORIGINS?: readonly string[] | undefined;
}
type Name = keyof ServerSettings;

const advice: Record<Name, string> = {
  DATABASE_URL: "Add ?sslmode=verify-full to it",
  DATABASE_LISTEN_URL: "Add ?sslmode=verify-full to it",
  REDIS_URL: "Use a rediss:// URL",
  S3_ENDPOINT: "Use an https:// URL",
  CLIENT_API_URL: "Use an https:// URL",
  CAPILLARY_REWARDS_URL: "Use an https:// URL",
  CAPILLARY_INTOUCH_URL: "Use an https:// URL",
  CLIENT_HANDOFF_KEY: "Use an https:// URL",
  CLIENT_HANDOFF_KEY_FALLBACK: "Use an https:// URL",
  OIDC_ISSUER: "Use an https:// URL",
  PUBLIC_ORIGIN: "Use an https:// origin",
  ALLOWED_ORIGINS: "Use https:// origins",
};

/** The settings that PLAIN_TEXT_ALLOWED may name. */
export const serverSettingNames = Object.keys(advice) as Name[];

/**
 * Finds the settings by which secrets would cross a network in plain text: passwords and tokens that are sent, and keys
 * and pages that are trusted. A server on this machine, or behind a Unix socket, is reached without a network.
 *
 * @param allowed the settings with an accepted risk
 * @returns one line for each problem
 */
export function plainTextProblems(settings: ServerSettings, allowed: readonly string[]): string[] {
  return serverSettingNames.flatMap((name) => {
    if (allowed.includes(name)) return [];
    const values = [settings[name] ?? []].flat();
    const found = new Set(values.flatMap((value) => problemOf(name, value) ?? []));
    return [...found].map((problem) => `${name}: ${problem}`);
  });
}

function problemOf(name: Name, value: string): string | null {
  try {
    const host = name.startsWith("DATABASE_") ? plainTextDatabase(value) : plainTextHost(value);
    if (host === null) return null;
    return `secrets would cross the network to ${host} in plain text, which production refuses. ${advice[name]}, or name ${name} in PLAIN_TEXT_ALLOWED if nobody else is in that network`;
  } catch (error) {
    return (error as Error).message; // such as a missing certificate file
  }
}

/** The host of a connection without TLS; null if there is none. */
function plainTextHost(value: string): string | null {
  const url = new URL(value);
  return /^(https|rediss):$/.test(url.protocol) || isLoopbackHost(url.hostname) ? null : url.host;
}

/** Uses the driver's own parsing of the URL and of PGSSLMODE. */
function plainTextDatabase(connectionString: string): string | null {
  const { host, ssl } = new pg.Client({ connectionString });
  return ssl || host.startsWith("/") || isLoopbackHost(host) ? null : host;
}
