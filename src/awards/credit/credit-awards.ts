import { setTimeout as delay } from "node:timers/promises";
import { AWARDS_TO_CREDIT } from "../../domain/topics.ts";
import type { Attempt } from "../../ledger/attempt.ts";
import { backoffMs } from "../../platform/backoff.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Bus, listen } from "../../platform/events.ts";
import type { PointsLedger } from "../../platform/generated/prisma/enums.ts";
import { makeGroupCommit } from "../../platform/group-commit.ts";
import type { Logger } from "../../platform/logger.ts";
import { inSpan } from "../../platform/tracing.ts";
import type { ClaimedCredit, CreditStore, SettledAward } from "./credit.store.ts";
import type { CreditLedger, CreditLedgers, CreditOutcome } from "./credit-ledger.ts";
import { type CreditDeadlines, type CreditDecision, decideCredit } from "./decide-credit.ts";

export interface CreditAwardsDeps {
  store: CreditStore;
  ledgers: CreditLedgers;
  /** The ledger for awards that were not sent yet. */
  ledger: PointsLedger;
  deadlines: CreditDeadlines;
  /** The polling interval in ms, for lost notifications. */
  pollMs: number;
  /** Waits while the ledger or the database fails: for this many ms, or until `signal` aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  bus: Bus;
  clock: Clock;
  attempt: Attempt;
  log: Logger;
}

/** The maximum of credits in flight. */
const CONCURRENCY = 32;
/** Capillary takes this many credits in one call. The worker claims only if at least as many slots are free. */
const FEWEST_TO_CLAIM = 10;
/** The wait in ms if an award is due, but a movement of its customer is in flight. */
const SHORTEST_WAIT_MS = 250;
/** After this many failures in a row the worker pauses, and then probes the ledger with a single credit. */
const FAILURES_TO_PAUSE = 8;
const PAUSE_MS = { first: 1_000, most: 60_000 };
const waitFor = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal }).catch(() => {});

/**
 * Starts the worker that claims due awards, sends their credits, and records the outcomes. Any number of processes may
 * do so on one database. An award keeps its reference for ever, and is repeated with it while the outcome is unknown.
 *
 * @returns a function that stops the worker once the credits in flight have an outcome
 */
export function startCrediting(deps: CreditAwardsDeps): () => Promise<void> {
  const { store, ledgers, ledger, deadlines, pollMs, pause = waitFor, bus, clock, attempt, log } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const inFlight = new Set<Promise<void>>();
  /** Ends the wait for due awards. */
  let wake = new AbortController();
  /**
   * The awards that failed since the ledger's last answer. An award that always fails alone does not pause the others.
   */
  const failing = new Set<string>();
  let hasFailed = false;
  let pauses = 0;

  const recordOutcomes = makeGroupCommit<{ credit: ClaimedCredit; decision: CreditDecision }>(async (decided) => {
    report(await store.recordOutcomes(decided, clock.now()));
  });

  /** Claims and sends due awards. @returns the time in ms until the next round */
  async function round(): Promise<number> {
    const isProbing = failing.size >= FAILURES_TO_PAUSE;
    while (inFlight.size > (isProbing ? 0 : CONCURRENCY - FEWEST_TO_CLAIM)) await Promise.race(inFlight);
    if (signal.aborted) return 0;

    const limit = isProbing ? 1 : CONCURRENCY - inFlight.size;
    const claimedAt = performance.now();
    const leaseMs = ledgers[ledger]?.leaseMs ?? 0;
    const claimed = await store.claim({ limit, ledger, leaseMs, now: clock.now() });
    for (const [name, credits] of Map.groupBy(claimed, (credit) => credit.ledger)) {
      for (const sent of send(ledgers[name], credits, claimedAt)) {
        inFlight.add(sent);
        void sent.finally(() => inFlight.delete(sent));
      }
    }
    if (claimed.length === limit) return 0;

    report(await store.lapse(clock.now()));
    const nextMs = (await store.nextInMs(clock.now())) ?? pollMs;
    if (nextMs <= 0) report(await store.abandon());
    return Math.min(Math.max(nextMs, SHORTEST_WAIT_MS), pollMs);
  }

  function send(to: CreditLedger | undefined, credits: readonly ClaimedCredit[], markedAt: number): Promise<void>[] {
    let outcomes: Promise<CreditOutcome>[] | undefined;
    /** Sends all credits with the first call. */
    const sendAll = () => (outcomes ??= to?.credit(credits) ?? []);
    return credits.map((credit, nth) =>
      inSpan({ name: "award", kind: "consumer", parent: credit.trace ?? null, facts: { award: credit.id } }, () =>
        attempt(
          { isRepetition: false, markedAt }, // the ledger recognises repetitions
          {
            name: "credit",
            call: async () => sendAll()[nth] ?? noLedger,
            record: (outcome) => record(credit, outcome),
          },
        ),
      ).catch((error: unknown) => {
        // The lease expires, and then a process sends the credit again.
        log.error({ err: error, credit: credit.reference }, "The outcome of a credit was not recorded");
      }),
    );
  }

  async function record(credit: ClaimedCredit, outcome: CreditOutcome): Promise<void> {
    hasFailed = outcome.is === "not-sent" || (outcome.is === "unknown" && !outcome.isConclusive);
    if (hasFailed) failing.add(credit.id);
    else {
      failing.clear();
      pauses = 0;
    }
    const decision = decideCredit(credit, outcome, deadlines, clock.now());
    await recordOutcomes({ credit, decision });
    if (decision.retryMs !== null) wake.abort();
  }

  function report(awards: readonly SettledAward[]): void {
    for (const { id, customerId, creditReference, state, lastError } of awards) {
      const facts = { award: id, credit: creditReference, customerId, reason: lastError };
      if (state === "NEEDS_ATTENTION")
        log.error(facts, "An award needs attention: it is unknown whether it was credited");
      if (state === "REFUSED") log.warn(facts, "An award was refused by the ledger");
    }
  }

  /** While the ledger does not answer, the pause doubles. Notifications do not end it. */
  async function pauseWhileFailing(): Promise<void> {
    if (!hasFailed || failing.size < FAILURES_TO_PAUSE) return;
    hasFailed = false;
    const pauseMs = backoffMs(PAUSE_MS.first, pauses, PAUSE_MS.most);
    pauses += 1;
    log.warn({ ledger, failing: failing.size, pauseMs }, "Awards are not credited for a while: the ledger fails");
    await pause(pauseMs, signal);
  }

  async function run(): Promise<void> {
    using listener = listen(bus, AWARDS_TO_CREDIT);
    while (!signal.aborted) {
      wake = new AbortController();
      const waitMs = await round().catch(async (error: unknown) => {
        log.error({ err: error }, "The awards to credit could not be read");
        await pause(PAUSE_MS.first, signal);
        return 0;
      });
      if (waitMs > 0) await listener.wait(waitMs, AbortSignal.any([signal, wake.signal]));
      await pauseWhileFailing();
    }
    await Promise.all(inFlight);
  }

  const running = run().catch((error: unknown) => log.error({ err: error }, "The crediting of awards has stopped"));
  return async () => {
    stopping.abort();
    await running;
  };
}

const noLedger: CreditOutcome = { is: "not-sent", failure: null, why: "the ledger of the award is not configured" };
