import { withoutNormalisations } from "../personal-data/index.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, Prisma } from "../platform/db.ts";

/**
 * How many days personal and technical records are kept for support; each is a setting. Orders, points movements,
 * awards and the audit log are kept permanently (`docs/personal-data.md`).
 */
export interface RetentionDays {
  /** Challenges of one-time passwords, after their request. Limits count over a day at most. */
  challenges: number;
  /** Sessions and refresh tokens, after their end or expiry. */
  sessions: number;
  /** Idempotency keys, after their first use. Clients repeat a request within minutes. */
  idempotencyKeys: number;
  /** Ids of the warehouse's reports. A later repeat is detected among the shipment's reports. */
  deliveries: number;
  /** Addresses and tracking numbers of ended orders, after the order was placed. */
  addresses: number;
  /** The text of a producer's message, after its receipt. The digest stays, so that a repeat is detected. */
  messages: number;
  /** Refused messages, after their last receipt. */
  quarantine: number;
  /** Entries of the points provider's ledger, and closed breaks of the reconciliation. */
  ledgerEntries: number;
}

const MS_PER_DAY = 86_400_000;
/** A small number, so that no lock is held for long. */
const BATCH_SIZE = 5_000;

export interface SweepDeps {
  db: Db;
  clock: Clock;
  days: RetentionDays;
  /** Sweeps of features with limits of their own. */
  also?: readonly (() => Promise<void>)[];
}

/** Deletes expired records in small steps. Any number of processes may run it. */
export function makeSweep({ db, clock, days, also = [] }: SweepDeps): () => Promise<void> {
  const { sql } = Prisma;

  async function sweepOld(work: (rows: Prisma.Sql) => Prisma.Sql, table: Prisma.Sql, isOld: Prisma.Sql): Promise<void> {
    for (let swept = BATCH_SIZE; swept === BATCH_SIZE; ) {
      const rows = sql`ctid = any(array(select ctid from ${table} where ${isOld} limit ${BATCH_SIZE} for update skip locked))`;
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
    // The order's own lines stay, and only a repeated request of an integrator is compared with its cart.
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
