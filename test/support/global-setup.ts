import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { migrate } from "../../src/platform/migrate.ts";
import { startEmbeddedPostgres } from "../../src/platform/postgres/embedded.ts";
import { bundlePrograms } from "./bundle.ts";
import { makeFastDirectory } from "./fast-directory.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A database with every table and no rows, to clone. */
    templateUrl: string;
  }
}

/** A real PostgreSQL for all test files, each of which clones a database of its own from the template. */
export default async function setup(project: TestProject) {
  // Before the server starts, because a failure would leave it running.
  await Promise.all([warmCompileCache(project), bundlePrograms()]);
  const directory = await makeFastDirectory();
  const postgres = await startPostgres(directory);
  const stop = async () => {
    await postgres.stop({ force: true });
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await migrate(postgres.url);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("templateUrl", postgres.url);
  return stop;
}

const startPostgres = (directory: string) =>
  startEmbeddedPostgres({
    dataDir: directory,
    database: "template",
    // The machine may crash: no data outlives the run. A killed process still loses no data.
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      wal_level: "minimal",
      max_wal_senders: "0",
      checkpoint_timeout: "1h",
      autovacuum: "off", // it would start a process for each of some hundred databases every minute
      max_connections: "300",
    },
  });

const source = fileURLToPath(new URL("../../src/", import.meta.url));

/** Compiles the gateway once, before several of its processes start in a bare clone and each compiles it. */
async function warmCompileCache({ config }: TestProject): Promise<void> {
  const load = `await import("./app.ts"); await import("./config/config.ts"); (await import("node:module")).flushCompileCache(); process.exit();`;
  const options = ["--no-warnings", "--input-type=module", "--eval", load];
  await promisify(execFile)(process.execPath, options, { cwd: source, env: { ...process.env, ...config.env } });
}
