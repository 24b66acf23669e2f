import type { Clock } from "../platform/clock.ts";
import { type Db, Prisma } from "../platform/db.ts";

/**
 * How many days what is no longer needed is kept, so that support can still look into it. Orders, points movements, awards and
 * the audit log are kept for ever.
 */
export const RETENTION_DAYS = {
  /** One-time passwords that were asked for, after they were. Limits look back a day at most. */
  challenges: 7,
  /** Sessions and refresh tokens, after they ended or expired. */
  sessions: 30,
  /** Idempotency keys, after their first use. A client that repeats a request does so within minutes. */
  idempotencyKeys: 90,
  /** Ids of the warehouse's reports. A report that is repeated later finds itself among the shipment's reports. */
  deliveries: 90,
} as const;

const MS_PER_DAY = 86_400_000;
/** So that no lock is held for long. */
const AT_ONCE = 5_000;

/** Deletes what is older than `RETENTION_DAYS`, a little at a time. Any number of processes may do so. */
export function makeSweep({ db, clock }: { db: Db; clock: Clock }): () => Promise<void> {
  async function deleteOld(table: Prisma.Sql, isOld: (before: Date) => Prisma.Sql, days: number): Promise<void> {
    const before = new Date(clock.now().getTime() - days * MS_PER_DAY);
    for (let deleted = AT_ONCE; deleted === AT_ONCE; ) {
      deleted = await db.$executeRaw`
        delete from ${table} where ctid = any(array(
          select ctid from ${table} where ${isOld(before)} limit ${AT_ONCE} for update skip locked))`;
    }
  }

  return async () => {
    const { challenges, sessions, idempotencyKeys, deliveries } = RETENTION_DAYS;
    const { sql } = Prisma;
    await deleteOld(sql`otp_challenges`, (before) => sql`created_at < ${before}`, challenges);
    await deleteOld(sql`sessions`, (before) => sql`least(ended_at, expires_at) < ${before}`, sessions);
    await deleteOld(sql`refresh_tokens`, (before) => sql`expires_at < ${before}`, sessions);
    await deleteOld(sql`idempotency_keys`, (before) => sql`created_at < ${before}`, idempotencyKeys);
    await deleteOld(sql`webhook_deliveries`, (before) => sql`received_at < ${before}`, deliveries);
  };
}
