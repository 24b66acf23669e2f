import { randomUUID } from "node:crypto";
import type { ReadBalance } from "../ledger/read-balance.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import type { JobQueue, JobType } from "../platform/jobs/job.ts";
import type { Logger } from "../platform/logger.ts";
import { localDateOf, startOfDay } from "../platform/time-zone.ts";
import type { Capillary } from "../upstream/capillary/capillary.ts";
import type { Comparison, Period } from "./break.ts";
import { compareBalances } from "./compare-balances.ts";
import { compareIssuals } from "./compare-issuals.ts";
import { compareLedger } from "./compare-ledger.ts";
import { compareOwnRecords } from "./compare-own-records.ts";
import { type FetchStatement, storeEntries } from "./ledger-statement.ts";
import type { ReconciliationStore, Run } from "./reconciliation.store.ts";

export interface RunRequest extends Period {
  actor: string;
  isNightly: boolean;
  everyCustomer: boolean;
  isImported: boolean;
}

export interface Reconciliation {
  /** Inserts a run, which one of the processes carries out. Null if this night already has one. */
  request(request: RunRequest): Promise<Run | null>;
  /** Requests the run of last night, once its time has come. */
  requestNightly(): Promise<void>;
}

export interface ReconciliationDeps {
  db: Db;
  store: ReconciliationStore;
  jobs: JobQueue;
  /** Undefined if the provider has no statement. */
  fetchStatement: FetchStatement | undefined;
  capillary: Capillary | undefined;
  readBalance: ReadBalance;
  /** Minutes after midnight in the programme's time zone; null disables nightly runs. */
  nightlyAtMinute: number | null;
  timeZone: string;
  /** The time in ms after a call, beyond which a missing outcome will not appear any more. */
  quietMs: number;
  clock: Clock;
  log: Logger;
}

/**
 * The statement starts earlier than the period, because a movement confirmed in the period may have been sent before
 * it.
 */
const MARGIN_MS = 3_600_000;
/** After a longer downtime, the earlier nights are left to `npm run reconcile`. */
const MAX_NIGHTS = 31;
const DAY_MS = 86_400_000;

export function makeReconciliation(deps: ReconciliationDeps): Reconciliation {
  const { db, store, jobs, clock, log, timeZone, nightlyAtMinute } = deps;

  const job: JobType<{ runId: string }> = {
    name: "reconcile",
    async run({ runId }) {
      const run = await store.runById(runId);
      if (run && run.finishedAt === null) await execute(run);
      return "done";
    },
  };
  jobs.register(job);

  async function execute(run: Run): Promise<void> {
    const startedAt = clock.now();
    await db.reconciliationRun.update({ where: { id: run.id }, data: { startedAt } });
    const comparisons = [...(await compareWithProvider(run)), await compareOwnRecords(db, run)];
    if (deps.capillary) {
      const { everyCustomer } = run;
      comparisons.push(await compareIssuals({ db, capillary: deps.capillary }, run, { everyCustomer }));
    }
    const breaksNew = await store.record(run, comparisons, { quietMs: deps.quietMs, now: clock.now() });
    const finishedAt = clock.now();
    const data = {
      finishedAt,
      compared: Object.assign({}, ...comparisons.map(({ compared }) => compared)),
      skipped: comparisons.flatMap(({ skipped }) => skipped),
      breaksFound: comparisons.reduce((sum, { breaks }) => sum + breaks.length, 0),
      breaksNew,
    };
    await db.reconciliationRun.update({ where: { id: run.id }, data });
    const facts = { run: run.id, from: run.from, to: run.to, ...data };
    if (breaksNew > 0) log.error(facts, "Reconciliation has found new breaks: see reconciliationBreaks");
    else log.info(facts, "Reconciliation has found no new break");
  }

  async function compareWithProvider(run: Run): Promise<Comparison[]> {
    const coversFrom = new Date(run.from.getTime() - MARGIN_MS);
    const coverage = { from: run.from, to: run.to, coversFrom, quietMs: deps.quietMs };
    if (run.isImported) return [await compareLedger(db, coverage)];
    if (deps.fetchStatement) {
      try {
        const entries = await deps.fetchStatement({ from: coversFrom, to: new Date(run.to.getTime() + MARGIN_MS) });
        await storeEntries(db, entries, clock.now());
        return [await compareLedger(db, coverage)];
      } catch (error) {
        log.warn({ err: error, run: run.id }, "The statement of the points provider could not be read");
        const reason = error instanceof Error ? error.message : String(error);
        return [notCompared(`the points provider's ledger: ${reason}`)];
      }
    }
    const noStatement = notCompared(
      "single movements and awards: no statement was imported, and CLIENT_STATEMENT_PATH is not set",
    );
    return [noStatement, await compareBalances({ db, readBalance: deps.readBalance, now: () => clock.now() }, run)];
  }

  function request({ from, to, actor, isNightly, everyCustomer, isImported }: RunRequest): Promise<Run | null> {
    const id = randomUUID();
    return inTransaction(db, async (tx) => {
      const inserted = await tx.$executeRaw`
        insert into reconciliation_runs (id, "from", "to", actor, is_nightly, every_customer, is_imported, requested_at)
        values (${id}::uuid, ${from}, ${to}, ${actor}, ${isNightly}, ${everyCustomer}, ${isImported}, ${clock.now()})
        on conflict do nothing`;
      if (inserted === 0) return null;
      await jobs.add(tx, job, `reconcile:${id}`, { runId: id });
      return tx.reconciliationRun.findUniqueOrThrow({ where: { id } });
    });
  }

  return {
    request,

    async requestNightly() {
      if (nightlyAtMinute === null) return;
      const now = clock.now();
      const to = startOfDay(localDateOf(now, timeZone), timeZone);
      if (now.getTime() < to.getTime() + nightlyAtMinute * 60_000) return;
      const last = await db.reconciliationRun.findFirst({ where: { isNightly: true }, orderBy: { to: "desc" } });
      if (last && last.to >= to) return;
      const dayBefore = startOfDay(localDateOf(new Date(to.getTime() - DAY_MS / 2), timeZone), timeZone);
      const earliest = to.getTime() - MAX_NIGHTS * DAY_MS;
      const from = last && last.to.getTime() >= earliest ? last.to : dayBefore;
      await request({ from, to, actor: "system", isNightly: true, everyCustomer: false, isImported: false });
    },
  };
}

const notCompared = (why: string): Comparison => ({ breaks: [], compared: {}, classes: [], skipped: [why] });
