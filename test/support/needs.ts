import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

declare module "vitest" {
  interface TestTags {
    name: keyof typeof needs;
  }
}

export const chromiumPath = "/usr/bin/chromium";

/** What some tests need of the machine, by the tag that they carry. A test whose need is not met does not run. */
export const needs = {
  browser: {
    isMet: existsSync(chromiumPath),
    missing: `no browser at ${chromiumPath}`,
    remedy: "apt-get install chromium",
  },
  redis: {
    isMet: spawnSync("redis-server", ["--version"]).status === 0,
    missing: "no redis-server on the PATH",
    remedy: "apt-get install redis-server",
  },
  root: {
    isMet: process.getuid?.() === 0,
    missing: "not run as root",
    remedy: "sudo npm test",
  },
} as const;
