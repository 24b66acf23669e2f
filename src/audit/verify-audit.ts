import type { Db } from "../platform/db.ts";
import { GENESIS, OVERLAP_MS, sealHash } from "./seal-audit.ts";

const BATCH = 5_000;
/** Further problems are counted but not listed. */
const MAX_PROBLEMS = 20;

/**
 * An audit entry whose `details.rehashed` lists the sealed entries that an erasure has pseudonymised, with their new
 * hashes.
 */
export const ERASURE_ACTION = "customer.erase";

export interface AuditVerdict {
  holds: boolean;
  /** The number of entries in the chain. */
  entries: number;
  /** The hash of the newest, in hexadecimal; null if there is none. */
  head: string | null;
  /** The number of pseudonymised entries, as recorded in the log. */
  pseudonymised: number;
  problems: string[];
}

/**
 * Recomputes the hash chain over the audit log.
 *
 * @param notedHead a previously noted hash. The chain must contain it, which proves that the chain has not been
 * rewritten since
 */
export async function verifyAudit(
  db: Db,
  { notedHead }: { notedHead?: string | undefined } = {},
): Promise<AuditVerdict> {
  const problems: string[] = [];
  let problemCount = 0;
  const report = (problem: string) => {
    problemCount += 1;
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };

  const rehashed = await readRehashed(db);
  const pseudonymised = new Set<string>();
  let seq = 0n;
  let hash: Uint8Array = GENESIS;
  let isNotedFound = false;
  for (;;) {
    const seals = await db.$queryRaw<
      { seq: bigint; auditId: bigint; contentHash: Uint8Array; hash: Uint8Array; now: Uint8Array | null }[]
    >`
      select seal.seq, seal.audit_id as "auditId", seal.content_hash as "contentHash", seal.hash,
        case when entry.id is not null then audit_content_hash(entry) end as now
      from audit_seals seal left join audit_log entry on entry.id = seal.audit_id
      where seal.seq > ${seq} order by seal.seq limit ${BATCH}`;
    for (const seal of seals) {
      if (seal.seq !== seq + 1n) report(`seal ${seq + 1n} is missing`);
      if (!same(seal.hash, sealHash(hash, seal.seq, seal.contentHash)))
        report(`seal ${seal.seq} does not follow from the one before it`);
      const id = String(seal.auditId);
      if (seal.now === null) report(`entry ${id} was deleted`);
      else if (!same(seal.now, seal.contentHash)) {
        if (rehashed.get(id)?.has(hex(seal.now))) pseudonymised.add(id);
        else report(`entry ${id} was changed`);
      }
      seq = seal.seq;
      hash = seal.hash;
      isNotedFound ||= hex(seal.hash) === notedHead;
    }
    if (seals.length < BATCH) break;
  }
  if (notedHead !== undefined && !isNotedFound)
    report(`no seal has the hash ${notedHead}: the chain was rewritten or shortened`);
  for (const { id } of await readOverlooked(db)) report(`entry ${id} has no seal`);
  if (problemCount > problems.length) problems.push(`and ${problemCount - problems.length} more`);
  const head = seq === 0n ? null : hex(hash);
  return { holds: problemCount === 0, entries: Number(seq), head, pseudonymised: pseudonymised.size, problems };
}

const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** The new hashes of pseudonymised entries, by their ids. */
async function readRehashed(db: Db): Promise<Map<string, Set<string>>> {
  const rows = await db.$queryRaw<{ id: string; hash: string }[]>`
    select pair.key as id, pair.value as hash from audit_log entry, jsonb_each_text(entry.details -> 'rehashed') pair
    where entry.action = ${ERASURE_ACTION} and jsonb_typeof(entry.details -> 'rehashed') = 'object'`;
  const found = new Map<string, Set<string>>();
  for (const { id, hash } of rows) found.set(id, (found.get(id) ?? new Set()).add(hash));
  return found;
}

/** Entries that the sealer has missed. */
const readOverlooked = (db: Db): Promise<{ id: bigint }[]> => db.$queryRaw`
  select entry.id from audit_log entry
  where not exists (select from audit_seals where audit_id = entry.id)
    and entry.id < (select max(audit_id) from audit_seals where sealed_at < now() - ${OVERLAP_MS} * interval '1 ms')
  limit ${MAX_PROBLEMS}`;
