import { expect, test } from "vitest";
import { settingNames as sandboxSettingNames } from "../../sandbox/environment.ts";
import { settingNames } from "../../src/config/config.ts";
import { findMisspelledSettings } from "../../src/config/misspelled-settings.ts";

const find = (...names: string[]) =>
  findMisspelledSettings(Object.fromEntries(names.map((name) => [name, "x"]))).map(
    ({ found, suggestion }) => `${found} → ${suggestion}`,
  );

test.each([
  ["PORTT", "PORT"],
  ["port", "PORT"],
  ["DATABASE_URI", "DATABASE_URL"],
  ["DATABSE_URL", "DATABASE_URL"],
  ["CLIENT_API_USERNAME", "CLIENT_API_USER"],
  ["REDISURL", "REDIS_URL"],
  ["LOG-LEVEL", "LOG_LEVEL"],
  ["Data_Dir", "DATA_DIR"],
  ["SANDBOX_PROT", "SANDBOX_PORT"],
  ["SESSION_SECRETS", "SESSION_SECRET"],
])("%s is recognised as %s", (found, meant) => {
  expect(find(found)).toEqual([`${found} → ${meant}`]);
});

test("settings themselves, those of the sandbox included, are not mistakes", () => {
  expect(find(...settingNames, ...sandboxSettingNames, "SANDBOX_URL", "STORM_SEED")).toEqual([]);
});

test("a setting that is set is not suggested for another variable", () => {
  expect(find("DATABASE_URI", "DATABASE_URL")).toEqual([]);
});

test("common variables of shells, desktops, platforms and tools are not mistaken for settings", () => {
  const common =
    `PATH HOME HOSTNAME HOSTTYPE LOGNAME USER SHELL SHLVL TERM LANG LC_ALL PWD OLDPWD EDITOR PAGER LESS DISPLAY TZ
    MAIL TMPDIR SSH_AUTH_SOCK XDG_DATA_DIRS XDG_DATA_HOME XDG_SESSION_ID SESSION_MANAGER DESKTOP_SESSION NODE NODE_PATH
    NODE_OPTIONS NODE_VERSION NODE_HOME NODE_COMPILE_CACHE NVM_DIR INIT_CWD FORCE_COLOR CI DEBUG HTTP_PROXY HTTPS_PROXY NO_PROXY
    http_proxy no_proxy PGHOST PGPORT PGUSER PGDATABASE POSTGRES_URL POSTGRES_HOST POSTGRES_PORT REDIS_HOST REDIS_PORT
    DATABASE_HOST DATABASE_NAME DB_HOST DB_PORT KUBERNETES_PORT KUBERNETES_SERVICE_HOST TESSERA_PORT TESSERA_SERVICE_PORT
    GITHUB_TOKEN npm_config_port npm_config_loglevel npm_lifecycle_event npm_execpath DOCKER_HOST AWS_SESSION_TOKEN VITEST_POOL_ID
    PRISMA_SCHEMA_ENGINE_BINARY ALLOWED_HOSTS SPORT COST MOST FEED _`.split(/\s+/);
  expect(find(...common)).toEqual([]);
});
