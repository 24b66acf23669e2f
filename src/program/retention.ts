import { withoutNormalisations } from "../personal-data/index.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, Prisma } from "../platform/db.ts";

/**
 * How many days personal and technical records are kept, so that support can still look into them; each is a setting.
 * Orders, points movements, awards and the audit log are kept for ever (`docs/personal-data.md`).
 */
export interface RetentionDays {
  /** One-time passwords that were asked for, after they were. Limits look back a day at most. */
  challenges: number;
  /** Sessions and refresh tokens, after they ended or expired. */
  sessions: number;
  /** Idempotency keys, after their first use. A client that repeats a request does so within minutes. */
  idempotencyKeys: number;
  /** Ids of the warehouse's reports. A report that is repeated later finds itself among the shipment's reports. */
  deliveries: number;
  /** Addresses and tracking numbers of orders that have ended, after the order was placed. */
  addresses: number;
  /** The text of a producer's message, after it was received. The digest stays, so that a repetition is known. */
  messages: number;
  /** Refused messages, after they were last received. */
  quarantine: number;
  /** Entries of the points provider's ledger, and closed breaks of the reconciliation. */
  ledgerEntries: number;
}

const MS_PER_DAY = 86_400_000;
/** So that no lock is held for long. */
const AT_ONCE = 5_000;

export interface SweepDeps {
  db: Db;
  clock: Clock;
  days: RetentionDays;
  /** What features with a limit of their own forget. */
  also?: readonly (() => Promise<void>)[];
}

/** Deletes what is older than it is kept, a little at a time. Any number of processes may do so. */
export function makeSweep({ db, clock, days, also = [] }: SweepDeps): () => Promise<void> {
  const { sql } = Prisma;

  async function sweepOld(work: (rows: Prisma.Sql) => Prisma.Sql, table: Prisma.Sql, isOld: Prisma.Sql): Promise<void> {
    for (let swept = AT_ONCE; swept === AT_ONCE; ) {
      const rows = sql`ctid = any(array(select ctid from ${table} where ${isOld} limit ${AT_ONCE} for update skip locked))`;
      swept = await inTransaction(db, async (tx) => {
        await tx.$executeRaw`select set_config('tessera.erasing', 'on', true)`; // messages are append-only otherwise
        return tx.$executeRaw(work(rows));
      });
    }
  }
  const deleteOld = (table: Prisma.Sql, isOld: Prisma.Sql) =>
    sweepOld((rows) => sql`delete from ${table} where ${rows}`, table, isOld);

  return async () => {
    const before = (kept: number) => new Date(clock.now().getTime() - kept * MS_PER_DAY);
    await deleteOld(sql`otp_challenges`, sql`created_at < ${before(days.challenges)}`);
    await deleteOld(sql`sessions`, sql`least(ended_at, expires_at) < ${before(days.sessions)}`);
    await deleteOld(sql`refresh_tokens`, sql`expires_at < ${before(days.sessions)}`);
    await deleteOld(sql`idempotency_keys`, sql`created_at < ${before(days.idempotencyKeys)}`);
    await deleteOld(
      sql`carts c`,
      sql`reference is not null and created_at < ${before(days.idempotencyKeys)}
        and not exists (select from orders o where o.cart_id = c.id)`,
    );
    // The lines of the order say the same for ever, and only an integrator's repetition is compared with its cart.
    await deleteOld(
      sql`cart_lines l`,
      sql`exists (
        select from carts c join orders o on o.cart_id = c.id
        where c.id = l.cart_id and c.status = 'ORDERED' and c.number is null
          and o.placed_at < ${before(days.idempotencyKeys)} and o.status not in ('PENDING', 'PROCESSING')
          and o.points_state not in ('TAKING', 'UNCERTAIN', 'RETURNING', 'NEEDS_ATTENTION'))`,
    );
    await deleteOld(sql`webhook_deliveries`, sql`received_at < ${before(days.deliveries)}`);
    await deleteOld(sql`webhook_messages`, sql`state <> 'PENDING' and created_at < ${before(days.deliveries)}`);
    await deleteOld(sql`quarantined_rewards`, sql`last_received_at < ${before(days.quarantine)}`);
    await deleteOld(sql`ledger_entries`, sql`at < ${before(days.ledgerEntries)}`);
    await deleteOld(
      sql`reconciliation_breaks`,
      sql`state not in ('OPEN', 'REPAIRING') and resolved_at < ${before(days.ledgerEntries)}`,
    );
    await sweepOld(
      (rows) => sql`
        with old as (update orders set shipping_address = null where ${rows} returning id),
          lines as (select l.id from order_lines l join old on old.id = l.order_id),
          reports as (update shipment_reports set tracking_number = null where line_id in (select id from lines)),
          parcels as (update shipments set tracking_number = null where line_id in (select id from lines))
        select from old`,
      sql`orders`,
      sql`placed_at < ${before(days.addresses)} and shipping_address is not null and status not in ('PENDING', 'PROCESSING')`,
    );
    await sweepOld(
      (rows) =>
        sql`update reward_messages set payload = '{}', normalisations = '[]', answer = ${withoutNormalisations} where ${rows}`,
      sql`reward_messages`,
      sql`received_at < ${before(days.messages)} and payload <> '{}'`,
    );
    for (const sweep of also) await sweep();
  };
}
