// Applies all migrations to the database of DATABASE_URL, or else to the embedded one. The gateway's start does so,
// too.
import "./explain-errors.ts";
import { migrate } from "../src/platform/migrate.ts";
import { readProcessConfig } from "../src/program/command-line.ts";
import { provideDatabase } from "../src/program/provide-database.ts";

const config = readProcessConfig();
const { url, stop } = await provideDatabase(config);
const applied = await migrate(config.databaseListenUrl ?? url);
console.log(applied.length > 0 ? `Applied ${applied.join(", ")}.` : "No migration to apply.");
await stop();
