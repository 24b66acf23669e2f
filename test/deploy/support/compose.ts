import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface Service {
  image: string;
  command?: string[];
  build?: { target: string };
  environment: Record<string, string>;
  healthcheck?: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
}

const variables: Record<string, string> = { POSTGRES_PASSWORD: "p".repeat(32), SESSION_SECRET: "s".repeat(64) };

/** Replaces `${NAME:-otherwise}` and `${NAME:?message}` as Compose does. */
const interpolate = (text: string) =>
  text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = "") => {
    const value = variables[name];
    if (value) return value;
    if (kind === "-") return rest;
    throw new Error(`${name}: ${rest}`);
  });

/** Reads compose.yaml, with values for the variables that it requires. */
export function readCompose(): { name: string; services: Record<string, Service>; [key: string]: unknown } {
  const text = readFileSync("compose.yaml", "utf8");
  return parse(text, (_, value) => (typeof value === "string" ? interpolate(value) : value), { merge: true });
}
