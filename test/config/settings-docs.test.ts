import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import { chartSchema, envExample, settingsTable } from "../../scripts/settings/describe.ts";
import { ConfigError, readConfig, settingNames } from "../../src/config/config.ts";
import { settingGroups } from "../../src/config/settings.ts";

const example = readFileSync(".env.example", "utf8");

describe("the documents of the settings", () => {
  test("match the schema; otherwise, run npm run settings:docs", () => {
    expect(example).toBe(envExample());
    expect(readFileSync("docs/settings.md", "utf8")).toContain(settingsTable());
    const ofChart = readFileSync("deploy/helm/tessera/values.schema.json", "utf8");
    expect(ofChart).toBe(chartSchema(ofChart));
    expect(ofChart).toContain('"PUBLIC_ORIGIN"');
  });

  test("list every setting once", () => {
    const names = [...example.matchAll(/^#?([A-Z0-9_]+)=/gm)].map(([, name]) => name);
    expect(names.sort()).toEqual([...settingNames].sort());
    expect(settingGroups.flatMap(([, settings]) => Object.keys(settings)).sort()).toEqual([...settingNames].sort());
  });

  test("show defaults that are accepted and have no effect if set", () => {
    const DATA_DIR = mkdtempSync(join(tmpdir(), "tessera-settings-"));
    const shown = parseEnv(example.replace(/^#(?=[A-Z_]+=)/gm, "")) as Record<string, string>;
    expect(readConfig({ ...shown, DATA_DIR })).toEqual(readConfig({ DATA_DIR }));
    rmSync(DATA_DIR, { recursive: true });
  });

  test("mark the settings as required without which production refuses to start", () => {
    const required = Object.keys(parseEnv(example));
    const refusal = (env: Record<string, string>) => {
      try {
        readConfig({ NODE_ENV: "production", ...env });
        return "";
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
        throw error;
      }
    };
    const complete: Record<string, string> = {
      DATABASE_URL: "postgresql://tessera@127.0.0.1/tessera",
      SESSION_SECRET: "s".repeat(32),
      CLIENT_API_URL: "https://client.example.com",
      CLIENT_API_USER: "tessera",
      CLIENT_API_PASSWORD: "a password",
    };
    expect(required.sort()).toEqual(Object.keys(complete).sort());
    expect(refusal(complete)).toBe("");
    for (const name of required) expect(refusal({ ...complete, [name]: "" })).toContain(name);
  });
});
