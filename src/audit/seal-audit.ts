import { createHash } from "node:crypto";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";

/** The number of seals in one transaction, which keeps it short. */
const BATCH = 5_000;
/**
 * Longer than any transaction that writes an entry or an outcome (20 s at most). Entries older than the newest seal by
 * this time are sealed, or were missed and are reported by the verification.
 */
export const OVERLAP_MS = 10 * 60_000;
/**
 * Transactions end after 20 s: outcomes that are older than the newest copied one by this time have all been copied.
 */
const LONGEST_TRANSACTION_MS = 60_000;

/** The first hash of the chain. */
export const GENESIS = Buffer.alloc(32);

/** @returns the hash of a seal, from the previous hash and the entry's hash */
export function sealHash(before: Uint8Array, seq: bigint, contentHash: Uint8Array): Buffer {
  return createHash("sha256").update(before).update(`\n${seq}\n`).update(contentHash).digest();
}

export interface AuditSealer {
  /** Copies the outcomes of points into the audit log and seals new entries. Only one process does so at a time. */
  seal(): Promise<void>;
}

/**
 * Builds the hash chain over the audit log. Transactions that write entries do not wait for each other: the sealer adds
 * entries to the chain afterwards, in the order in which it finds them (decision 19).
 */
export function makeAuditSealer({ db, clock, log }: { db: Db; clock: Clock; log: Logger }): AuditSealer {
  /** @returns whether more may remain */
  const sealBatch = () =>
    inTransaction(db, async (tx): Promise<boolean> => {
      if (!(await isOnlySealer(tx))) return false;
      const [last] = await tx.$queryRaw<{ seq: bigint; hash: Uint8Array }[]>`
        select seq, hash from audit_seals order by seq desc limit 1`;
      const entries = await tx.$queryRaw<{ id: bigint; contentHash: Uint8Array }[]>`
        select entry.id, audit_content_hash(entry) as "contentHash" from audit_log entry
        where entry.id > coalesce((
            select audit_id from audit_seals where sealed_at < now() - ${OVERLAP_MS} * interval '1 ms' order by seq desc limit 1), 0)
          and not exists (select from audit_seals where audit_id = entry.id)
        order by entry.id limit ${BATCH}`;
      if (entries.length === 0) return false;
      let seq = last?.seq ?? 0n;
      let hash: Uint8Array = last?.hash ?? GENESIS;
      const seals = entries.map(({ id, contentHash }) => {
        seq += 1n;
        hash = sealHash(hash, seq, contentHash);
        return { seq, auditId: id, contentHash: bytes(contentHash), hash: bytes(hash) };
      });
      await tx.auditSeal.createMany({ data: seals });
      log.info(
        { seq: Number(seq), hash: Buffer.from(hash).toString("hex") },
        "The audit log is sealed up to this entry",
      );
      return entries.length === BATCH;
    });

  return {
    async seal() {
      const copyBatch = () =>
        inTransaction(db, async (tx) => (await isOnlySealer(tx)) && copyOutcomes(tx, clock.now()));
      while (await copyBatch());
      while (await sealBatch());
    },
  };
}

const bytes = (data: Uint8Array) => new Uint8Array(data);

async function isOnlySealer(tx: Tx): Promise<boolean> {
  const [lock] = await tx.$queryRaw<{ isMine: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtext('tessera.audit')) as "isMine"`;
  return lock?.isMine === true;
}

/**
 * Copies outcomes of points movements, awards and Capillary's issues. The order path writes no entry for them: their
 * rows are the record, and each is copied once, by its key. Outcomes from before the first copy are not copied.
 *
 * @returns whether more may remain
 */
async function copyOutcomes(tx: Tx, now: Date): Promise<boolean> {
  const [newest] = await tx.$queryRaw<{ at: Date | null }[]>`
    select max(at) as at from audit_log where source_key is not null`;
  const since = new Date((newest?.at ?? now).getTime() - LONGEST_TRANSACTION_MS);
  const copied = await tx.$executeRaw`
    insert into audit_log (at, actor, action, subject, details, source_key)
    select at, 'system', action, subject, details, key from (
      select m.settled_at as at, 'points.' || lower(m.kind::text || '-' || m.state::text) as action, m.reference as subject,
        jsonb_build_object('customer', m.customer_id, 'points', m.points, 'ledger', m.ledger, 'wallet', m.pay_with,
          'group', m.group_id, 'reason', m.reason) as details,
        'movement:' || m.id || ':' || m.state as key
      from points_movements m
      where m.settled_at >= ${since} and m.state in ('CONFIRMED', 'REFUSED')
      union all
      select a.settled_at, 'award.' || lower(a.state::text), coalesce(a.credit_reference, a.id::text),
        jsonb_build_object('customer', a.customer_id, 'points', a.quantity, 'ledger', a.ledger),
        'award:' || a.id || ':' || a.state
      from reward_awards a
      where a.settled_at >= ${since} and a.unit = 'POINTS' and a.state in ('CREDITED', 'REFUSED')
      union all
      select i.settled_at, 'issue.' || lower(i.state::text), i.transaction_number,
        jsonb_build_object('points', i.points, 'group', i.group_id, 'transaction', i.transaction_id),
        'issue:' || i.unit_id || ':' || i.state
      from unit_issues i
      where i.settled_at >= ${since} and i.state in ('CONFIRMED', 'REFUSED')
    ) outcomes
    where not exists (select from audit_log where source_key = key)
    order by at limit ${BATCH}
    on conflict (source_key) do nothing`;
  return copied === BATCH;
}
