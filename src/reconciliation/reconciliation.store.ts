import { randomUUID } from "node:crypto";
import type { PageBounds } from "../graphql/connection.ts";
import { countRows, inSequence, isAmong, readRowIds } from "../graphql/row-pages.sql.ts";
import { type Db, inTransaction, Prisma } from "../platform/db.ts";
import type { BreakClass, BreakState } from "../platform/generated/prisma/enums.ts";
import { type Comparison, type FoundBreak, type Period, REPAIR_REASON } from "./break.ts";

export type Run = Prisma.ReconciliationRunGetPayload<object>;
export type Break = Prisma.ReconciliationBreakGetPayload<{ include: { run: true } }>;
/** The sort key of a run (`requestedAt`) or a break (`since`). */
export type Cursor = readonly [at: string, id: string];

export interface BreakFilter {
  classes?: readonly BreakClass[] | null | undefined;
  states?: readonly BreakState[] | null | undefined;
  runId?: string | undefined;
}

export interface ReconciliationStore {
  runById(id: string): Promise<Run | null>;
  runs(page: PageBounds<Cursor>): Promise<Run[]>;
  /** Counts up to `MAX_COUNT + 1`. */
  countRuns(): Promise<number>;
  breakById(id: string): Promise<Break | null>;
  breaks(filter: BreakFilter, page: PageBounds<Cursor>): Promise<Break[]>;
  /** Counts up to `MAX_COUNT + 1`. */
  countBreaks(filter: BreakFilter): Promise<number>;
  /**
   * Records the result of a run: inserts new differences, updates known ones, and closes differences of the period that
   * were not found again. @returns the number of new ones
   */
  record(run: Run, comparisons: readonly Comparison[], options: { quietMs: number; now: Date }): Promise<number>;
}

const { sql } = Prisma;

function matching({ classes, states, runId }: BreakFilter): Prisma.Sql {
  const conditions = [
    sql`true`,
    ...(classes ? [isAmong("class", "break_class", classes)] : []),
    ...(states ? [isAmong("state", "break_state", states)] : []),
    ...(runId === undefined ? [] : [sql`run_id = ${runId}::uuid`]),
  ];
  return Prisma.join(conditions, " and ");
}

export function makeReconciliationStore(db: Db): ReconciliationStore {
  return {
    runById: (id) => db.reconciliationRun.findUnique({ where: { id } }),
    async runs(page) {
      const ids = await readRowIds(
        db,
        { table: sql`reconciliation_runs`, where: sql`true`, at: sql`requested_at` },
        page,
      );
      return inSequence(ids, await db.reconciliationRun.findMany({ where: { id: { in: ids } } }));
    },
    countRuns: () => countRows(db, sql`reconciliation_runs`),
    breakById: (id) => db.reconciliationBreak.findUnique({ where: { id }, include: { run: true } }),
    async breaks(filter, page) {
      const rows = { table: sql`reconciliation_breaks`, where: matching(filter), at: sql`since` };
      const ids = await readRowIds(db, rows, page);
      return inSequence(
        ids,
        await db.reconciliationBreak.findMany({ where: { id: { in: ids } }, include: { run: true } }),
      );
    },
    countBreaks: (filter) => countRows(db, sql`reconciliation_breaks where ${matching(filter)}`),

    record: (run, comparisons, { quietMs, now }) =>
      inTransaction(db, async (tx) => {
        const found = comparisons.flatMap(({ breaks }) => breaks);
        const rows = found.map((each) => ({ id: randomUUID() as string, ...withDates(each) }));
        const recorded = await tx.$queryRaw<{ id: string; isNew: boolean }[]>`
          insert into reconciliation_breaks (id, class, key, repair, run_id, customer_id, order_number, order_id, movement_id, unit_id,
            award_id, reward_id, points, evidence, since, found_at, last_seen_at)
          select id, class::break_class, key, repair::break_repair, ${run.id}::uuid, "customerId", "orderNumber", "orderId", "movementId",
            "unitId", "awardId", "rewardId", points, evidence, since, ${now}, ${now}
          from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as it(id uuid, class text, key text, repair text, "customerId" text,
            "orderNumber" text, "orderId" uuid, "movementId" uuid, "unitId" uuid, "awardId" uuid, "rewardId" uuid, points bigint,
            evidence jsonb, since timestamptz)
          on conflict (class, key) do update set last_seen_at = excluded.last_seen_at,
            evidence = case when reconciliation_breaks.state in ('OPEN', 'EXPLAINED') then excluded.evidence else reconciliation_breaks.evidence end,
            repair = case when reconciliation_breaks.state in ('OPEN', 'EXPLAINED') then excluded.repair else reconciliation_breaks.repair end,
            state = ${reopened}, resolved_at = case when ${isBack} then null else reconciliation_breaks.resolved_at end
          returning id, (xmax = 0) as "isNew"`;
        const classes = comparisons.flatMap((each) => each.classes);
        if (classes.includes("MOVEMENT_NOT_IN_LEDGER")) await recordReturns(tx, run, { quietMs, now });
        await explainGone(tx, run, { classes, seen: recorded.map(({ id }) => id), now });
        return recorded.filter(({ isNew }) => isNew).length;
      }),
  };
}

/**
 * A closed difference is reopened if it was explained, or if it was repaired in our own records and the repair was
 * undone. A repair at the provider or at Capillary does not remove the found entry, so it stays closed.
 */
const isBack = Prisma.sql`(reconciliation_breaks.state = 'EXPLAINED' or reconciliation_breaks.state = 'REPAIRED'
  and reconciliation_breaks.class in ('CODE_MISSING', 'CODE_NOT_OWED', 'STOCK_DIFFERS', 'ORDER_UNBALANCED'))`;
const reopened = Prisma.sql`case when ${isBack} then 'OPEN'::break_state else reconciliation_breaks.state end`;

const withDates = ({ since, points, ...found }: FoundBreak) => ({
  ...found,
  points: points ?? null,
  since: since.toISOString(),
});

/** Settles repairs whose answer was lost: the statement shows whether the return was carried out. */
async function recordReturns(
  tx: Prisma.TransactionClient,
  { from, to }: Period,
  { quietMs, now }: { quietMs: number; now: Date },
): Promise<void> {
  await tx.$executeRaw`
    update reconciliation_breaks b set state = 'REPAIRED', resolved_at = ${now}, in_flight_until = null, last_error = null
    from ledger_entries e
    where b.state = 'REPAIRING' and e.type = 'REVERSE' and e.order_id = b.order_number
      and substring(e.reference from ${REPAIR_REASON.source}) = b.id::text`;
  await tx.$executeRaw`
    update reconciliation_breaks set state = 'OPEN', in_flight_until = null, last_error = 'the statement shows that it was not carried out'
    where state = 'REPAIRING' and repair in ('RETURN_POINTS', 'SEND_RETURN_AGAIN')
      and sent_at >= ${from} and sent_at < ${new Date(to.getTime() - quietMs)}
      and (repair = 'RETURN_POINTS' or last_seen_at = ${now})`;
}

/** Closes differences of the period that this run did not find again. */
async function explainGone(
  tx: Prisma.TransactionClient,
  { from, to }: Period,
  { classes, seen, now }: { classes: readonly BreakClass[]; seen: readonly string[]; now: Date },
): Promise<void> {
  if (classes.length === 0) return;
  await tx.$executeRaw`
    update reconciliation_breaks set resolved_at = ${now}, in_flight_until = null,
      state = case state when 'REPAIRING' then 'REPAIRED'::break_state else 'EXPLAINED'::break_state end
    where state in ('OPEN', 'REPAIRING') and id <> all(${[...seen]}::uuid[]) and class = any(${[...classes]}::break_class[])
      and (since >= ${from} and since < ${to} or class in ('OUTCOME_KNOWN', 'STOCK_DIFFERS'))`;
}
