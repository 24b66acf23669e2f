import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { packageFile } from "../package-file.ts";
import { connect, explainReadOnly, explainSchemaError } from "./postgres/connect.ts";
import { SetupError } from "./setup-error.ts";

export const migrationsDir = packageFile("prisma/migrations");

/**
 * Applies the outstanding migrations, each in one transaction with its bookkeeping row. A single process applies them while
 * the others wait. A read-only database with all migrations is left unchanged.
 *
 * The bookkeeping is compatible with `prisma migrate deploy`. The project does not use that command, because its engine
 * is a download, and its WebAssembly build from npm uses an adapter that splits scripts at every semicolon, which
 * breaks function bodies.
 *
 * @returns the names of the newly applied migrations
 * @throws SetupError if the database is unreachable or refuses
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = await connect(databaseUrl);
  const lock = await connect(databaseUrl).catch(async (error: unknown) => {
    await client.end();
    throw error;
  });
  try {
    if (await isReadOnly(client)) return await checkNothingPending(client);
    // An open transaction keeps the lock behind a transaction pooler, which would lose a session lock.
    await lock.query("begin; set local idle_in_transaction_session_timeout = 0");
    await lock.query("select pg_advisory_xact_lock(hashtext('tessera.migrate'))");
    await client.query(`create table if not exists _prisma_migrations (
      id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
      logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`);
    const pending = await pendingMigrations(client);
    for (const { name, script, checksum } of pending) {
      try {
        await client.query("begin");
        await client.query(script);
        await client.query(
          `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
           values ($1, $2, $3, now(), 1)`,
          [randomUUID(), checksum, name],
        );
        await client.query("commit");
      } catch (cause) {
        throw new Error(`Migration ${name} failed and was undone: ${(cause as Error).message}`, { cause });
      }
    }
    return pending.map(({ name }) => name);
  } catch (error) {
    throw explainSchemaError(error, client);
  } finally {
    await lock.query("rollback").catch(() => {});
    await lock.end();
    await client.end();
  }
}

async function isReadOnly(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ isReadOnly: boolean }>(
    `select current_setting('transaction_read_only')::boolean as "isReadOnly"`,
  );
  return rows[0]?.isReadOnly ?? false;
}

/** Accepts a standby that has every migration. @throws SetupError if one is missing */
async function checkNothingPending(client: pg.Client): Promise<[]> {
  const { rows } = await client.query<{ exists: boolean }>(
    "select to_regclass('_prisma_migrations') is not null as exists",
  );
  const pending = rows[0]?.exists ? await pendingMigrations(client) : [{ name: "of this version" }];
  if (pending.length > 0) throw explainReadOnly(client, `migration ${pending[0]?.name} is to be applied`);
  return [];
}

async function pendingMigrations(client: pg.Client) {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    "select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null",
  );
  const recorded = new Map(rows.map((row) => [row.migration_name, row]));
  const pending = [];
  for (const name of await migrationNames()) {
    const script = await readFile(join(migrationsDir, name, "migration.sql"), "utf8");
    const checksum = createHash("sha256").update(script).digest("hex");
    const applied = recorded.get(name);
    if (!applied) pending.push({ name, script, checksum });
    else if (!applied.finished_at)
      throw new SetupError(`Migration ${name} was started by another process and never finished: repair it first.`);
    else if (applied.checksum !== checksum) {
      throw new SetupError(
        `Migration ${name} was edited after it had been applied. Restore it, and write a new one instead.`,
      );
    }
  }
  return pending;
}

export async function migrationNames(): Promise<string[]> {
  const entries = await readdir(migrationsDir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
