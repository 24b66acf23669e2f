// Writes the next migration: the SQL from the newest migration's datamodel to prisma/schema.prisma.
//
//   npm run db:new -- <what_changes>
//
// Review and complete it by hand: Prisma's language has no checks, triggers and partial indexes.
import "./explain-errors.ts";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { SchemaEngine } from "@prisma/schema-engine-wasm";
import { migrationNames, migrationsDir } from "../src/platform/migrate.ts";
import { startEmbeddedPostgres } from "../src/platform/postgres/embedded.ts";

const title = process.argv[2];
if (!title || !/^[a-z0-9_]+$/.test(title)) {
  console.error("Say what changes, in lower case with underscores: npm run db:new -- add_wish_list");
  process.exit(1);
}

const current = join(migrationsDir, "..", "schema.prisma");
// The datamodel of the newest migration. Comparing models needs no database with the migrations applied.
const migrated = join(migrationsDir, "schema.prisma");

const [from, to] = await Promise.all([readFile(migrated, "utf8"), readFile(current, "utf8")]);
if (from === to) {
  console.log("No migration was written: prisma/schema.prisma has not changed since the newest one.");
  process.exit(0);
}

const scratch = await mkdtemp(join(tmpdir(), "tessera-"));
await chmod(scratch, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir: scratch });
try {
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: postgres.url }));
  const engine = await SchemaEngine.new({ datamodels: [["schema.prisma", to]] }, () => {}, adapter);
  const model = (content: string) => ({
    tag: "schemaDatamodel" as const,
    files: [{ path: "schema.prisma", content }],
    configDir: migrationsDir,
  });
  const { stdout } = await engine.diff({
    from: model(from),
    to: model(to),
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  const sql = stdout ?? "";
  const isEmpty = sql.split("\n").every((line) => /^\s*(--|$)/.test(line));
  if (isEmpty) {
    console.log("No migration was written: the change of prisma/schema.prisma needs no SQL.");
  } else {
    const number = String((await migrationNames()).length + 1).padStart(4, "0");
    const file = join(migrationsDir, `${number}_${title}`, "migration.sql");
    await mkdir(join(file, ".."));
    await writeFile(file, sql);
    console.log(`Wrote ${file}`);
  }
  await cp(current, migrated);
} finally {
  await postgres.stop({ force: true });
  await rm(scratch, { recursive: true, force: true });
}
