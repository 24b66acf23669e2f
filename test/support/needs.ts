import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { hasBrowser } from "./browser.ts";
import { systemBinaries } from "./system-postgres.ts";

declare module "vitest" {
  interface TestTags {
    name: keyof typeof needs;
  }
}

/** Requirements of some tests, by their tag. A test whose requirement is not met does not run. */
export const needs = {
  linux: {
    isMet: existsSync("/proc/self/environ"),
    missing: "no /proc to find processes in",
    remedy: "run the tests on Linux",
  },
  browser: {
    isMet: hasBrowser,
    missing: "no Chromium of this platform from npm, and none at /usr/bin/chromium",
    remedy: "apt-get install chromium",
  },
  redis: {
    isMet: spawnSync("redis-server", ["--version"]).status === 0,
    missing: "no redis-server on the PATH",
    remedy: "apt-get install redis-server",
  },
  pgbouncer: {
    isMet: spawnSync("pgbouncer", ["--version"]).status === 0,
    missing: "no pgbouncer on the PATH",
    remedy: "apt-get install pgbouncer",
  },
  promtool: {
    isMet: spawnSync("promtool", ["--version"]).status === 0,
    missing: "no promtool on the PATH",
    remedy: "apt-get install prometheus",
  },
  postgresql: {
    isMet: systemBinaries !== undefined,
    missing: "no PostgreSQL server with pg_dump in /usr/lib/postgresql",
    remedy: "apt-get install postgresql",
  },
  helm: {
    isMet: spawnSync("helm", ["version"]).status === 0,
    missing: "no helm on the PATH",
    remedy: "install Helm 3.14 or newer",
  },
  root: {
    isMet: process.getuid?.() === 0,
    missing: "not run as root",
    remedy: "sudo npm test",
  },
} as const;
