import pg from "pg";

/** Runs one piece of work at a time under a name, across all processes on the database. */
export interface Exclusive {
  /** Null when others were at it for as long as we would wait. */
  run<T>(name: string, work: () => Promise<T>, options: { waitMs: number }): Promise<T | null>;
}

const LOCK_NOT_AVAILABLE = "55P03";

/** The lock is held by a connection of its own, so that it ends with the process, and work may take its time. */
export function makeExclusive(databaseUrl: string): Exclusive {
  return {
    async run(name, work, { waitMs }) {
      const client = new pg.Client({ connectionString: databaseUrl });
      client.on("error", () => {}); // the next query tells
      await client.connect();
      try {
        await client.query(`set lock_timeout = ${Math.max(1, Math.round(waitMs))}`);
        await client.query("select pg_advisory_lock(hashtext($1))", [`tessera.${name}`]);
        return await work();
      } catch (error) {
        if ((error as { code?: unknown }).code === LOCK_NOT_AVAILABLE) return null;
        throw error;
      } finally {
        await client.end();
      }
    },
  };
}
