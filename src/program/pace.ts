import { ANSWER_GRID_MS, untilNextTick } from "../auth/index.ts";
import { type RetryPolicies, retryPolicies } from "../ledger/retry-policies.ts";
import type { CapillaryOptions } from "../upstream/capillary/capillary.ts";
import type { TimeoutSignal } from "../upstream/http.ts";
import type { ConnectionLimits } from "./server.ts";

/**
 * How long the gateway waits, how often it does what it repeats, and how much of it at once, beside the settings. A
 * field that is undefined leaves the module its own default.
 */
export interface Pace {
  /** The number of orders, returns and revokes that run at once. */
  jobSlots: number;
  reconcileEveryMs: number;
  /** For how long a connection without a request is kept open, in place of what the server decides. */
  keepAliveMs: number | undefined;
  /** How often it is checked whether last night is still to be reconciled. */
  nightlyCheckEveryMs: number;
  /** In place of the limits of HTTP connections. */
  connections: ConnectionLimits | undefined;
  /** How long operators' reads that repeat others are gathered before they are in the audit log. */
  auditGatherMs: number;
  /** How often the figures of the database are read for the metrics. */
  figuresEveryMs: number | undefined;
  /** How often awards to be credited are looked for when no notification comes; 0 credits nothing, even with one. */
  creditPollMs: number;
  /** How long after the start the catalogue is first mirrored. */
  catalogSyncAfterMs: number;
  /** In place of CATALOG_SYNC_SECONDS. */
  catalogSyncEveryMs: number | undefined;
  catalogPageSize: number | undefined;
  retries: RetryPolicies;
  /** How long `cancelOrder` and `reverseOrder` wait for Capillary to take units back. */
  revokeWaitMs: number;
  /** How long the REST face waits for a new order to be fulfilled before it answers that the order is being processed. */
  restWaitMs: number;
  /** How often the messages of a webhook are looked for, and the pause after the first attempt that failed. */
  webhooks: { pollMs: number; firstRetryMs: number };
  /** The grid on which answers to sign-ins leave, and the wait for its next point. */
  otpGridMs: number;
  untilOtpTick: typeof untilNextTick;
  /** After how long an answer to a password no longer tells whether it was sent; undefined goes by the upstream's timeout. */
  otpSettledMs: number | undefined;
  /** The first pause before a call that Capillary refused because of a lock is repeated. */
  lockBackoffMs: number | undefined;
  /** The limit of calls to Capillary for the pages of one customer, and the time for which they share its answers. */
  capillaryPerCustomer: CapillaryOptions["perCustomer"];
  capillaryCacheMs: number;
  /** The signal that ends the wait for an upstream's answer. */
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
  otpGridMs: ANSWER_GRID_MS,
  untilOtpTick: untilNextTick,
  otpSettledMs: undefined,
  lockBackoffMs: undefined,
  capillaryPerCustomer: { concurrency: 4, callsPerMinute: 60 },
  capillaryCacheMs: 5_000,
  timeoutSignal: undefined,
};
