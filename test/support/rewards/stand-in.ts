import pg from "pg";
import type { ProcessIncoming } from "../../../src/intake/redis/run-redis-intake.ts";

const GATE = 1;

/**
 * Stands in for the processing of messages: a real transaction with one effect for each ticket. A ticket that `waits`
 * is not committed before the gate is open, in any process. The table of attempts survives a rollback.
 */
export async function openStandIn(databaseUrl: string) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  // A test cut the connection: a busy one must survive that too.
  pool.on("error", () => {}).on("connect", (client) => client.on("error", () => {}));
  await pool.query(`
    create table if not exists effects (ticket text primary key, raw text not null);
    create table if not exists attempts (ticket text not null, pid int not null);`);
  const processMessage: ProcessIncoming = async ({ raw }) => {
    const text = Buffer.isBuffer(raw) ? raw.toString() : String(raw);
    const { TicketId, waits, poison } = JSON.parse(text);
    await pool.query("insert into attempts values ($1, $2)", [TicketId, process.pid]);
    if (poison) throw new Error(`cannot digest 3171234567890123 of ${TicketId}`);
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query("insert into effects values ($1, $2) on conflict do nothing", [TicketId, text]);
      if (waits) await client.query("select pg_advisory_xact_lock_shared($1)", [GATE]);
      await client.query("commit");
    } catch (error) {
      await client.query("rollback").catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  };
  const isReady = async () => {
    await pool.query("select 1");
    return true;
  };
  /** @returns a function that opens the gate */
  async function closeGate(): Promise<() => Promise<void>> {
    const keeper = await pool.connect();
    await keeper.query("select pg_advisory_lock($1)", [GATE]);
    return async () => {
      await keeper.query("select pg_advisory_unlock($1)", [GATE]);
      keeper.release();
    };
  }
  return { processMessage, isReady, pool, closeGate };
}
