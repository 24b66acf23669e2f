import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DBOS } from "@dbos-inc/dbos-sdk";
import type { TestProject } from "vitest/node";
import { migrate } from "../../src/platform/migrate.ts";
import { startEmbeddedPostgres } from "../../src/platform/postgres/embedded.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A database with every table and no rows, to clone. */
    templateUrl: string;
  }
}

/** One real PostgreSQL for all test files, each of which clones a database of its own from the template. */
export default async function setup(project: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), "tessera-test-"));
  await chmod(directory, 0o755); // the server's own user must get in
  const postgres = await startEmbeddedPostgres({
    dataDir: directory,
    database: "template",
    // The machine may crash as it likes: nothing here outlives the run. Killing a process still loses nothing.
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "300" },
  });
  await migrate(postgres.url);
  await DBOS.migrate(postgres.url);
  project.provide("templateUrl", postgres.url);
  return async () => {
    await postgres.stop({ evenIfUsed: true });
    await rm(directory, { recursive: true, force: true });
  };
}
