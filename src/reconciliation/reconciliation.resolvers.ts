import { z } from "zod";
import { isRefused, type Refusal, refusal } from "../domain/refusal.ts";
import {
  type Connection,
  connectionFields,
  cursorPart,
  makeCursor,
  type PageArgs,
  type PageBounds,
  readPage,
  toPage,
} from "../graphql/connection.ts";
import { badUserInput } from "../graphql/errors.ts";
import type { Resolvers, RunReconciliationInput } from "../graphql/generated/resolvers.ts";
import { NO_UUID, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireOperator } from "../graphql/guards.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import { startOfDay } from "../platform/time-zone.ts";
import { readLedgerFile } from "./ledger-file.ts";
import { storeEntries } from "./ledger-statement.ts";
import type { Break, Cursor, ReconciliationStore, Run } from "./reconciliation.store.ts";
import type { RepairBreak } from "./repair-break.ts";
import type { Reconciliation } from "./run-reconciliation.ts";
import { readSettlement, type Settlement, settlementCsv } from "./settlement.ts";

export interface ReconciliationResolversDeps {
  db: Db;
  store: ReconciliationStore;
  reconciliation: Reconciliation;
  repairBreak: RepairBreak;
  timeZone: string;
  clock: Clock;
}

const EARLIEST_DAY = "2000-01-01";
const MAX_DAYS = 92;
const DAY_MS = 86_400_000;
const cursorShape = z.tuple([cursorPart.instant, cursorPart.uuid]);

export function reconciliationResolvers(deps: ReconciliationResolversDeps): Resolvers {
  const { db, store, reconciliation, repairBreak, timeZone, clock } = deps;

  async function page<Row extends { id: string }>(
    args: PageArgs,
    atOf: (row: Row) => Date,
    read: (page: PageBounds<Cursor>) => Promise<Row[]>,
    totalCount: () => Promise<number>,
  ): Promise<Connection<Row>> {
    const bounds = readPage(args, cursorShape);
    return {
      ...toPage(await read(bounds), bounds),
      cursorOf: (row) => makeCursor([atOf(row).toISOString(), row.id]),
      totalCount,
    };
  }

  function periodProblem({ from, to }: RunReconciliationInput): Refusal | null {
    if (from >= to) return refusal("INVALID_INPUT", "to: must be after from.", ["input", "to"]);
    if (to > clock.now()) return refusal("INVALID_INPUT", "to: must not be in the future.", ["input", "to"]);
    if (to.getTime() - from.getTime() <= MAX_DAYS * DAY_MS) return null;
    return refusal("INVALID_INPUT", `to: must be at most ${MAX_DAYS} days after from.`, ["input", "to"]);
  }

  return {
    Query: {
      reconciliationRuns(_, args, context) {
        requireOperator(context, "support");
        return page<Run>(args, ({ requestedAt }) => requestedAt, store.runs, store.countRuns);
      },
      async reconciliationRun(_, { id }, context) {
        requireOperator(context, "support");
        return store.runById(uuidOf("ReconciliationRun", id) ?? NO_UUID);
      },
      reconciliationBreaks(_, { filter, ...args }, context) {
        requireOperator(context, "support");
        const { classes, states, runId } = filter ?? {};
        const wanted = {
          classes,
          states,
          ...(runId != null && { runId: uuidOf("ReconciliationRun", runId) ?? NO_UUID }),
        };
        const read = (bounds: PageBounds<Cursor>) => store.breaks(wanted, bounds);
        return page<Break>(
          args,
          ({ since }) => since,
          read,
          () => store.countBreaks(wanted),
        );
      },
      async settlement(_, { day }, context) {
        requireOperator(context, "support");
        if (day < EARLIEST_DAY) throw badUserInput("day", `must be ${EARLIEST_DAY} or later`);
        if (startOfDay(day, timeZone) > clock.now()) throw badUserInput("day", "must not be in the future");
        return readSettlement(db, day, timeZone);
      },
    },

    Mutation: {
      async runReconciliation(_, { input }, context) {
        const actor = requireOperator(context, "support");
        const problem = periodProblem(input);
        if (problem) return { run: null, userErrors: [problem] };
        const { from, to } = input;
        const [everyCustomer, isImported] = [input.everyCustomer ?? false, input.statementImported ?? false];
        const run = await reconciliation.request({ from, to, actor, isNightly: false, everyCustomer, isImported });
        if (run) {
          const details = {
            from: from.toISOString(),
            to: to.toISOString(),
            everyCustomer,
            statementImported: isImported,
          };
          await inTransaction(db, (tx) =>
            audit(tx, { at: clock.now(), actor, action: "reconciliation.run", subject: run.id, details }),
          );
        }
        return { run, userErrors: [] };
      },

      async importLedgerStatement(_, { input }, context) {
        const actor = requireOperator(context, "support");
        const read = readLedgerFile(input.csv);
        if ("problems" in read) {
          const message = "The file is not a statement: `problems` has the reasons.";
          const userErrors = [refusal("INVALID_INPUT", message, ["input", "csv"])];
          return { entries: 0, imported: 0, problems: read.problems, userErrors };
        }
        const now = clock.now();
        const imported = await storeEntries(db, read.entries, now);
        const details = { entries: read.entries.length, imported };
        await inTransaction(db, (tx) =>
          audit(tx, { at: now, actor, action: "reconciliation.import", subject: "ledger statement", details }),
        );
        return { ...details, problems: [], userErrors: [] };
      },

      async repairBreak(_, { input }, context) {
        const operatorId = requireOperator(context, "support");
        const note = input.note.trim();
        if (note === "") {
          return {
            break: null,
            userErrors: [refusal("INVALID_INPUT", "note: must give the reason.", ["input", "note"])],
          };
        }
        const breakId = uuidOf("ReconciliationBreak", input.breakId) ?? NO_UUID;
        const writeOff = input.action === "WRITE_OFF";
        const answer = await repairBreak({ breakId, writeOff, note, operatorId });
        if (isRefused(answer)) return { break: await store.breakById(breakId), userErrors: answer.refusals };
        return { break: answer, userErrors: [] };
      },
    },

    ReconciliationRun: {
      id: ({ id }) => toGlobalId("ReconciliationRun", id),
      compared: ({ compared }) =>
        Object.entries((compared ?? {}) as Record<string, number>).map(([kind, count]) => ({ kind, count })),
    },
    ReconciliationBreak: {
      id: ({ id }) => toGlobalId("ReconciliationBreak", id),
      ageSeconds: ({ since, resolvedAt }) =>
        Math.max(0, Math.floor(((resolvedAt ?? clock.now()).getTime() - since.getTime()) / 1_000)),
      pointsOwed: ({ points }) => (points !== null && points > 0n ? Number(points) : null),
      pointsOver: ({ points }) => (points !== null && points < 0n ? Number(-points) : null),
      evidence: ({ evidence }) => JSON.stringify(evidence),
    },
    Settlement: {
      taken: ({ totals }) => totals.taken,
      returned: ({ totals }) => totals.returned,
      credited: ({ totals }) => totals.credited,
      csv: (settlement: Settlement) => settlementCsv(settlement),
    },
    ReconciliationRunConnection: connectionFields<Run>(),
    ReconciliationBreakConnection: connectionFields<Break>(),
  };
}
