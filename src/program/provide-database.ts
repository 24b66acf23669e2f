import type { Config } from "../config/config.ts";

export interface ProvidedDatabase {
  url: string;
  /** A remark for the person at the terminal about the place of its files. */
  note?: string;
  /** Stops the server if this process started it. */
  stop(): Promise<void>;
}

/**
 * Returns the database of DATABASE_URL; without that setting starts the embedded PostgreSQL.
 *
 * @throws SetupError if the embedded PostgreSQL does not start
 */
export async function provideDatabase({
  databaseUrl,
  dataDir,
}: Pick<Config, "databaseUrl" | "dataDir">): Promise<ProvidedDatabase> {
  if (databaseUrl !== undefined) return { url: databaseUrl, stop: async () => {} };
  const { startEmbeddedPostgres } = await import("./stand-ins.ts");
  return startEmbeddedPostgres({ dataDir });
}
