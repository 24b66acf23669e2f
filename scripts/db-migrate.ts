// Brings the database up to the newest migration: that of DATABASE_URL, else the embedded one. `npm start` does it too.
import "./explain-errors.ts";
import { migrate } from "../src/platform/migrate.ts";
import { startEmbeddedPostgres } from "../src/platform/postgres/embedded.ts";
import { readProcessConfig } from "../src/program/command-line.ts";

const { databaseUrl, databaseListenUrl, dataDir } = readProcessConfig();
const postgres = databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir }) : undefined;
const applied = await migrate(databaseListenUrl ?? databaseUrl ?? postgres?.url ?? "");
console.log(applied.length > 0 ? `Applied ${applied.join(", ")}.` : "Nothing to apply.");
await postgres?.stop();
