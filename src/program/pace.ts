import { ANSWER_GRID_MS, HASH_COST, type HashCost, untilNextTick } from "../auth/index.ts";
import { type RetryPolicies, retryPolicies } from "../ledger/retry-policies.ts";
import type { CapillaryOptions } from "../upstream/capillary/capillary.ts";
import type { TimeoutSignal } from "../upstream/http.ts";
import type { ConnectionLimits } from "./server.ts";

/**
 * Timings, intervals and concurrency of the gateway that are not settings. An undefined field keeps the module's own
 * default.
 */
export interface Pace {
  /** The number of jobs of orders, returns and revokes that run at once. */
  jobSlots: number;
  reconcileEveryMs: number;
  /** The idle timeout of connections, instead of the server's own choice. */
  keepAliveMs: number | undefined;
  /** The interval for checking whether last night's reconciliation is still due. */
  nightlyCheckEveryMs: number;
  /** Replaces the limits of HTTP connections. */
  connections: ConnectionLimits | undefined;
  /** How long repeated reads of operators are gathered before they are in the audit log. */
  auditGatherMs: number;
  /** The interval for reading the database's figures for the metrics. */
  figuresEveryMs: number | undefined;
  /** The interval for polling creditable awards, in case a notification was lost; 0 disables crediting. */
  creditPollMs: number;
  /** The delay of the first run of the catalogue's mirror after the start. */
  catalogSyncAfterMs: number;
  /** Overrides CATALOG_SYNC_SECONDS. */
  catalogSyncEveryMs: number | undefined;
  catalogPageSize: number | undefined;
  retries: RetryPolicies;
  /** How long `cancelOrder` and `reverseOrder` wait for Capillary's revokes. */
  revokeWaitMs: number;
  /** How long the REST API waits for a new order before it answers that the order is being processed. */
  restWaitMs: number;
  /** The interval for polling a webhook's messages, and the pause after the first failed attempt. */
  webhooks: { pollMs: number; firstRetryMs: number };
  /** The interval for polling notifications, and the pause after the first failed attempt. */
  push: { pollMs: number; firstRetryMs: number };
  /** The time grid of answers to sign-ins, and the wait for its next point. */
  otpGridMs: number;
  untilOtpTick: typeof untilNextTick;
  /**
   * The age of a challenge at which a refusal no longer reveals whether a password was sent; undefined derives it from
   * the upstream's timeout.
   */
  otpSettledMs: number | undefined;
  /** The cost of the hash of an operator's password. */
  hashCost: HashCost;
  /** The first pause before the retry of a call that found Capillary's lock taken. */
  lockBackoffMs: number | undefined;
  /** The limit of calls to Capillary for the pages of one customer, and the cache time of their answers. */
  capillaryPerCustomer: CapillaryOptions["perCustomer"];
  capillaryCacheMs: number;
  /** The signal for upstream timeouts. */
  timeoutSignal: TimeoutSignal | undefined;
}

export const productPace: Pace = {
  jobSlots: 64,
  reconcileEveryMs: 30_000,
  keepAliveMs: undefined,
  nightlyCheckEveryMs: 60_000,
  connections: undefined,
  auditGatherMs: 60_000,
  figuresEveryMs: undefined,
  creditPollMs: 30_000,
  catalogSyncAfterMs: 1_000,
  catalogSyncEveryMs: undefined,
  catalogPageSize: undefined,
  retries: retryPolicies,
  revokeWaitMs: 5_000,
  restWaitMs: 10_000,
  webhooks: { pollMs: 2_000, firstRetryMs: 5_000 },
  push: { pollMs: 2_000, firstRetryMs: 10_000 },
  otpGridMs: ANSWER_GRID_MS,
  untilOtpTick: untilNextTick,
  otpSettledMs: undefined,
  hashCost: HASH_COST,
  lockBackoffMs: undefined,
  capillaryPerCustomer: { concurrency: 4, callsPerMinute: 60 },
  capillaryCacheMs: 5_000,
  timeoutSignal: undefined,
};
