import {
  customersWithMovementInFlight,
  movementInFlight,
  raiseLedgerVersions,
} from "../../ledger/customer-ledger.sql.ts";
import { type Db, inTransaction, Prisma, type Tx } from "../../platform/db.ts";
import type { AwardState, PointsLedger } from "../../platform/generated/prisma/enums.ts";
import type { Credit } from "./credit-ledger.ts";
import type { CreditDecision, CreditHistory } from "./decide-credit.ts";

/** An award that this process has leased and marked as sent. */
export interface ClaimedCredit extends Credit, CreditHistory {
  id: string;
  ledger: PointsLedger;
  /** The trace of the message that earned it; null without tracing. */
  trace?: string | null;
}

/** An award that will not be sent any more. */
export interface SettledAward {
  id: string;
  memberId: string;
  /** Null for an award that lapsed before its member was linked to a customer. */
  customerId: string | null;
  points: number;
  state: AwardState;
  creditReference: string | null;
  lastError: string | null;
}

/** Callbacks for settled awards, within the transaction and after its commit. */
export interface OnSettled {
  /**
   * Runs in the transaction, so it must not wait for another system. If it throws, the transaction rolls back and is
   * repeated.
   */
  inTransaction(tx: Tx, awards: readonly SettledAward[]): Promise<void>;
  afterCommit(awards: readonly SettledAward[]): void;
}

export interface CreditStore {
  /** Leases up to `limit` due awards and marks them as sent: without an answer their outcome is unknown from now on. */
  claim(options: { limit: number; ledger: PointsLedger; leaseMs: number; now: Date }): Promise<ClaimedCredit[]>;
  /** Records outcomes. If another process has taken an award over, only `CREDITED` is recorded. */
  recordOutcomes(
    decided: readonly { credit: ClaimedCredit; decision: CreditDecision }[],
    now: Date,
  ): Promise<SettledAward[]>;
  /** Lapses awards that were not sent by their last day. */
  lapse(now: Date): Promise<SettledAward[]>;
  /** Escalates awards that were sent to a ledger which is not configured any more. */
  abandon(): Promise<SettledAward[]>;
  /** The time in ms until the next award is due: negative if it is overdue, null without awards. */
  nextInMs(now: Date): Promise<number | null>;
}

const MAX_AT_ONCE = 500;

/**
 * Awards as a queue. `due_at` is the end of the lease while a process works on the award, else the end of the pause.
 * Both use the clock of the database, which all processes share.
 *
 * A credit at the points provider changes the balance that is evidence for an order's movement. Therefore a credit
 * waits for a movement of its customer in flight, and a movement waits for a credit (`ledger/customer-ledger.sql.ts`).
 * Both raise the customer's ledger version.
 */
export function makeCreditStore({
  db,
  ledgers,
  settleMs,
  settled,
}: {
  db: Db;
  /** The ledgers that accept credits. */
  ledgers: readonly PointsLedger[];
  settleMs: number;
  settled?: OnSettled | undefined;
}): CreditStore {
  async function settling(work: (tx: Tx) => Promise<SettledAward[]>): Promise<SettledAward[]> {
    const awards = await inTransaction(db, async (tx) => {
      const awards = await work(tx);
      if (awards.length > 0) await settled?.inTransaction(tx, awards);
      return awards;
    });
    if (awards.length > 0) settled?.afterCommit(awards);
    return awards;
  }

  return {
    claim: ({ limit, ledger, leaseMs, now }) =>
      inTransaction(db, async (tx) => {
        const found = await tx.$queryRaw<
          { id: string; customerId: string; isClient: boolean; wasSent: boolean; inFlightMs: number }[]
        >`
          select id, customer_id as "customerId", sent_at is not null as "wasSent",
            (case when sent_at is null then ${ledger}::points_ledger else ledger end) = 'CLIENT' as "isClient",
            coalesce(greatest(0, ceil(extract(epoch from under_way_until - now()) * 1000)), 0)::float8 as "inFlightMs"
          from reward_awards award
          where state in ('PENDING', 'UNCERTAIN') and customer_id is not null and unit = 'POINTS'
            and greatest(available_at, due_at) <= greatest(now(), ${now}::timestamptz)
            and available_at <= ${now}::timestamptz and (due_at is null or due_at <= now())
            and (case when sent_at is null then expires_at is null or expires_at > ${now}::timestamptz
                 else ledger = any(${ledgers}::points_ledger[]) end)
            and not ((case when sent_at is null then ${ledger}::points_ledger else ledger end) = 'CLIENT'
              and ${movementInFlight(Prisma.sql`award.customer_id`)})
          order by greatest(available_at, due_at), id
          limit ${limit}
          for update skip locked`;
        const clients = found.filter(({ isClient }) => isClient).map(({ customerId }) => customerId);
        await raiseLedgerVersions(tx, clients);
        // Other transactions may have marked movements before the customers were locked.
        const busy = await customersWithMovementInFlight(tx, clients);
        const free = found.filter(({ customerId, isClient }) => !(isClient && busy.has(customerId)));
        if (free.length === 0) return [];

        const marked = await tx.$queryRaw<(Omit<ClaimedCredit, "points"> & { points: bigint })[]>`
          update reward_awards set
            ledger = case when sent_at is null then ${ledger}::points_ledger else ledger end,
            credit_reference = coalesce(credit_reference, 'AWARD-' || id),
            sent_at = coalesce(sent_at, ${now}::timestamptz), attempts = attempts + 1,
            due_at = now() + ${leaseMs}::float8 * interval '1 ms',
            under_way_until = greatest(under_way_until, now() + ${leaseMs + settleMs}::float8 * interval '1 ms')
          where id = any(${free.map(({ id }) => id)}::uuid[])
          returning id, customer_id as "customerId", quantity as points, ledger, credit_reference as reference,
            attempts as attempt, created_at as "awardedAt", sent_at as "sentAt", trace`;
        const before = new Map(free.map(({ id, wasSent, inFlightMs }) => [id, { wasSent, inFlightMs }]));
        return marked.map((award) => ({
          ...award,
          points: Number(award.points),
          ...(before.get(award.id) ?? { wasSent: true, inFlightMs: settleMs }),
        }));
      }),

    recordOutcomes: (decided, now) =>
      settling(async (tx) => {
        const rows = decided.map(({ credit, decision }) => ({
          id: credit.id,
          attempt: credit.attempt,
          ...decision,
        }));
        const changed = await tx.$queryRaw<Row[]>`
          update reward_awards award set
            state = it.state::award_state, last_error = it.why,
            settled_at = case when it.state in ('CREDITED', 'REFUSED') then ${now}::timestamptz end,
            sent_at = case when it.state = 'PENDING' then null else sent_at end,
            due_at = now() + it."retryMs" * interval '1 ms',
            under_way_until = case when it."inFlightMs" > 0 then now() + it."inFlightMs" * interval '1 ms' end
          from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
            as it(id uuid, attempt int, state text, why text, "retryMs" float8, "inFlightMs" float8)
          where award.id = it.id and case
            when it.state = 'CREDITED' then award.state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION')
            else award.attempts = it.attempt and award.state in ('PENDING', 'UNCERTAIN') end
          returning award.id, award.member_id as "memberId", award.customer_id as "customerId", award.quantity as points,
            award.state, award.credit_reference as "creditReference", award.last_error as "lastError"`;
        const clients = decided.filter(({ credit }) => credit.ledger === "CLIENT");
        await raiseLedgerVersions(
          tx,
          clients.map(({ credit }) => credit.customerId),
        );
        return changed.map(toSettled).filter(({ state }) => state !== "PENDING" && state !== "UNCERTAIN");
      }),

    lapse: (now) =>
      settling(async (tx) => {
        const rows = await tx.$queryRaw<Row[]>`
          update reward_awards set state = 'LAPSED', settled_at = ${now}::timestamptz, due_at = null
          where id in (
            select id from reward_awards
            where state = 'PENDING' and unit = 'POINTS' and sent_at is null and expires_at <= ${now}::timestamptz
            order by expires_at limit ${MAX_AT_ONCE} for update skip locked)
          returning id, member_id as "memberId", customer_id as "customerId", quantity as points, state,
            credit_reference as "creditReference", last_error as "lastError"`;
        return rows.map(toSettled);
      }),

    abandon: () =>
      settling(async (tx) => {
        const rows = await tx.$queryRaw<Row[]>`
          update reward_awards set state = 'NEEDS_ATTENTION', due_at = null, under_way_until = null,
            last_error = 'sent to a ledger that is not configured any more'
          where id in (
            select id from reward_awards
            where state in ('PENDING', 'UNCERTAIN') and customer_id is not null and unit = 'POINTS'
              and greatest(available_at, due_at) <= now() and sent_at is not null
              and ledger <> all(${ledgers}::points_ledger[])
            limit ${MAX_AT_ONCE} for update skip locked)
          returning id, member_id as "memberId", customer_id as "customerId", quantity as points, state,
            credit_reference as "creditReference", last_error as "lastError"`;
        return rows.map(toSettled);
      }),

    async nextInMs(now) {
      const [next] = await db.$queryRaw<{ availableAt: Date; dueInMs: number | null }[]>`
        select available_at as "availableAt", (extract(epoch from due_at - now()) * 1000)::float8 as "dueInMs"
        from reward_awards
        where state in ('PENDING', 'UNCERTAIN') and customer_id is not null and unit = 'POINTS'
        order by greatest(available_at, due_at), id
        limit 1`;
      return next ? Math.max(next.availableAt.getTime() - now.getTime(), next.dueInMs ?? -Infinity) : null;
    },
  };
}

type Row = Omit<SettledAward, "points"> & { points: bigint };
const toSettled = (row: Row): SettledAward => ({ ...row, points: Number(row.points) });
