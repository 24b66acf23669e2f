import type { Config } from "../config/config.ts";
import { makeAttempt } from "../ledger/attempt.ts";
import type { RetryPolicies } from "../ledger/retry-policies.ts";
import type { Clock } from "../platform/clock.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { Logger } from "../platform/logger.ts";
import type { Capillary } from "../upstream/capillary/capillary.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { awardsResolvers } from "./awards.resolvers.ts";
import { makeCapillaryLedger } from "./credit/capillary-ledger.ts";
import { makeClientLedger } from "./credit/client-ledger.ts";
import { makeCreditStore, type OnSettled } from "./credit/credit.store.ts";
import { startCrediting } from "./credit/credit-awards.ts";
import type { CreditLedgers } from "./credit/credit-ledger.ts";
import { GIVE_UP_MS } from "./credit/decide-credit.ts";
import { makeResolveAward } from "./credit/resolve-award.ts";
import { historyLoaders } from "./history/history.loaders.ts";
import { historyResolvers, type IsPrizeTaken } from "./history/history.resolvers.ts";
import { makeHistoryStore } from "./history/history.store.ts";

export { awardName, awardsOf, readAward } from "./award-model.ts";
export type { OnSettled, SettledAward } from "./credit/credit.store.ts";
export type { ResolveAward } from "./credit/resolve-award.ts";

export interface AwardsPorts {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  log: Logger;
  client: ClientPoints;
  capillary: Capillary | undefined;
  atCrashPoint: AtCrashPoint;
  settled: OnSettled;
  /** Whether the order of a claimed prize excludes another claim. */
  isPrizeTaken: IsPrizeTaken;
  pace: {
    retries: RetryPolicies;
    /** The polling interval in ms for due awards; 0 disables crediting altogether. */
    creditPollMs: number;
  };
}

/** The members' awards: their history and their crediting. */
export function openAwards(ports: AwardsPorts) {
  const { config, db, bus, clock, log, client, capillary, atCrashPoint, settled, isPrizeTaken, pace } = ports;
  const { settleMs } = config.client;
  const { strategies } = config.capillary;
  const timeoutMs = config.upstreamTimeoutMs;
  const history = makeHistoryStore(db);
  const ledgers: CreditLedgers = {
    CLIENT: makeClientLedger(client, timeoutMs),
    ...(capillary && strategies && { CAPILLARY: makeCapillaryLedger(capillary.points, strategies, timeoutMs) }),
  };

  const resolveAward = makeResolveAward({ db, bus, clock, settled });

  return {
    resolveAward,
    resolvers: [awardsResolvers({ db, resolveAward }), historyResolvers({ isPrizeTaken })],
    loaders: (options: { cache: boolean }) =>
      historyLoaders(history, { clock, timeZone: config.programTimeZone }, options),
    /** Starts the crediting worker. @returns a function that stops it */
    startCrediting(): () => Promise<void> {
      if (pace.creditPollMs === 0) return async () => {};
      return startCrediting({
        store: makeCreditStore({ db, ledgers: Object.values(ledgers).map(({ name }) => name), settleMs, settled }),
        ledgers,
        ledger: config.rewardCreditLedger === "client" ? "CLIENT" : "CAPILLARY",
        deadlines: { settleMs, giveUpMs: GIVE_UP_MS, retry: pace.retries.credit },
        pollMs: pace.creditPollMs,
        bus,
        clock,
        attempt: makeAttempt(atCrashPoint),
        log,
      });
    },
  };
}
