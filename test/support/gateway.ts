import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { execute, type GraphQLError } from "graphql";
import pg from "pg";
import { expect, inject } from "vitest";
import type { Call } from "../../sandbox/calls.ts";
import { capillaryAccess } from "../../sandbox/capillary/access.ts";
import type { Fault, FaultScript } from "../../sandbox/faults.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { type App, type Ports, startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config/config.ts";
import type { CompiledOptions } from "../../src/graphql/compiled.ts";
import { ROUTER_HEADER } from "../../src/graphql/trusted-router.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { type Pace, productPace } from "../../src/program/pace.ts";
import { type Caller, makeCaller } from "./graphql.ts";
import { retriesOfTests } from "./retries.ts";
import { type Scrape, scrape } from "./scrape.ts";
import { mintSession } from "./session.ts";
import { makeTestTimeouts } from "./test-timeouts.ts";
import { withoutLimits } from "./without-limits.ts";

export const SESSION_SECRET = "a secret for tests that nobody else knows";
export const OPERATOR_TOKEN = "operator-token-of-the-tests";
export const REWARD_SERVICE_TOKEN = "reward-service-token-of-the-tests";
export const ROUTER_SECRET = "router-secret-of-the-tests, long enough";
export const WEBHOOK_SECRET = "webhook-secret-of-the-tests";
export const PUSH_PRIVATE_KEY = Buffer.alloc(32, 7).toString("base64url");

/** A new, empty database on the shared server. */
export async function cloneDatabase(): Promise<string> {
  const template = new URL(inject("templateUrl"));
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const admin = new URL(template);
  admin.pathname = "/postgres";
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  await client.query(`create database ${name} template ${template.pathname.slice(1)} strategy file_copy`);
  await client.end();
  template.pathname = `/${name}`;
  return template.href;
}

/** Polls until `holds`, for a state without an event; rejects after `limitMs`. */
export async function until(holds: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
  // The interval of a poll: no result depends on its length.
  for (const end = Date.now() + limitMs; !(await holds()); await delay(25)) {
    if (Date.now() > end) throw new Error(`still not: ${holds}`);
  }
}

/** The settings of a gateway under test; an unknown outcome is checked after 0.2 s instead of 30. */
export function testEnvironment(databaseUrl: string, sandboxUrl: string): Record<string, string> {
  const capillary = capillaryAccess(sandboxUrl);
  return {
    NODE_ENV: "test",
    PORT: "0",
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: "10",
    CLIENT_API_URL: sandboxUrl,
    CLIENT_API_USER: "tessera",
    CLIENT_API_PASSWORD: "sandbox",
    CLIENT_SETTLE_SECONDS: "0.2",
    CAPILLARY_REWARDS_URL: capillary.rewardsUrl,
    CAPILLARY_INTOUCH_URL: capillary.intouchUrl,
    CAPILLARY_TILL: capillary.till,
    CAPILLARY_PASSWORD: capillary.password,
    CAPILLARY_ORG_ID: capillary.orgId,
    CAPILLARY_BRAND: capillary.brand,
    CAPILLARY_PROGRAM_ID: capillary.programId,
    CAPILLARY_CALLS_PER_MINUTE: "100000",
    CATALOG_SYNC_SECONDS: "0", // the catalogue of a test is its own
    UPSTREAM_TIMEOUT_MS: "60000", // longer than any test holds a call, also on a machine that stalls
    SHUTDOWN_DELAY_SECONDS: "0", // also in production: no load balancer looks
    ...withoutLimits,
    SESSION_SECRET,
    OPERATOR_TOKEN,
    WEBHOOK_SECRET,
    REWARD_SERVICE_TOKEN,
    ROUTER_SECRET,
    PUSH_PRIVATE_KEY,
    PUSH_SUBJECT: "mailto:operator@example.com",
    SEED: "none",
    METRICS_PORT: "off",
    LOG_LEVEL: "silent",
  };
}

export interface TestGateway extends AsyncDisposable {
  url: string;
  databaseUrl: string;
  sandbox: Sandbox;
  anonymous: Caller;
  operator: Caller;
  /** A producer of rewards. */
  service: Caller;
  /** A trusted router that acts for no customer. */
  router: Caller;
  /** A customer of the sandbox, new unless named, signed in. */
  customer(options?: { balance?: number; customerId?: string }): Promise<Customer>;
  /** An e-gift voucher with this many codes. */
  voucher(options?: Partial<NewReward> & { codes?: number }): Promise<TestReward>;
  merchandise(options?: Partial<NewReward>): Promise<TestReward>;
  /** Makes a call of another system to the Client's ledger. Rejects if the ledger refuses it. */
  callLedger(path: string, body: object): Promise<void>;
  /** A deduction by another system. */
  spendElsewhere(customerId: string, points: number): Promise<void>;
  /** The ledger's changes of the customer's points, in order, beginning with the initial balance. */
  ledgerOf(customer: Pick<Customer, "customerId">): number[];
  /** The calls that reached the ledger for this order. */
  callsFor(operation: string, order: { number: string }): Call[];
  /** Scripts a fault for the next of these calls to the ledger. */
  fault(operation: string, script: Omit<FaultScript, "upstream" | "operation">): Fault;
  until: typeof until;
  /** Rows of the database, for facts that no query of the API shows. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Ends the gateway's process part and starts it again on the same database and sandbox, after `whileDown`. */
  restart(env?: Record<string, string>, whileDown?: () => Promise<unknown>): Promise<void>;
}

/** A gateway in the process of the test. */
export interface InProcessGateway extends TestGateway {
  /** Ends the waits for answers to calls of this operation, as a timeout would. */
  endTimeouts(operation: string): void;
  /** Closes the circuit breakers of upstreams that failed too often in a row. */
  closeCircuits(): void;
  /** The metrics as Prometheus reads them; only of a gateway that was started with a METRICS_PORT. */
  scrape(): Promise<Scrape>;
  /** Runs a reconciliation of the gateway's records with the ledger. */
  reconcile(): Promise<void>;
}

export interface Customer extends Caller {
  customerId: string;
  refreshToken: string;
}

export interface NewReward {
  points: number;
  stock: number | null;
  limitPerCustomer: number;
  validFrom: string;
  validUntil: string;
  name: string;
  brand: string;
  category: string;
  description: string;
}

export interface TestReward {
  id: string;
  sku: string;
  points: number;
  /** The voucher codes in its pool. */
  codes: string[];
}

/** The ports of a gateway under test; all other intervals are those of tests. */
export type TestPorts = Omit<Partial<Ports>, "pace"> & { pace?: Partial<Pace> };

/** A gateway with a database and a sandbox of its own, all real, over real HTTP. */
export async function startTestGateway(
  env: Record<string, string> = {},
  ports: TestPorts = {},
): Promise<InProcessGateway> {
  const log = ports.log ?? (await makeLogger({ level: "silent", pretty: false }));
  const timeoutSignal = makeTestTimeouts();
  const pace: Pace = {
    ...productPace,
    keepAliveMs: 600_000, // a process that is busy for seconds does not close a connection that a request is on its way on
    reconcileEveryMs: 3_600_000, // tests ask for it
    otpGridMs: 1,
    retries: retriesOfTests(),
    otpSettledMs: 0,
    hashCost: { N: 16, r: 8, p: 1 },
    lockBackoffMs: 5,
    capillaryPerCustomer: { concurrency: 64, callsPerMinute: undefined },
    capillaryCacheMs: 0,
    revokeWaitMs: 60_000,
    restWaitMs: 60_000,
    webhooks: { pollMs: 20, firstRetryMs: 20 },
    push: { pollMs: 20, firstRetryMs: 20 },
    timeoutSignal: timeoutSignal.wait,
  };
  const compiled = { at: 1, ...(process.env["TEST_BOTH_PATHS"] && { onAnswer: expectSame }) };
  let app: App | undefined;
  const start = async (settings: Record<string, string>) => {
    app = await startApp(readConfig(settings), { compiled, ...ports, log, pace: { ...pace, ...ports.pace } });
    return app;
  };
  const gateway = await makeTestGateway(start, env, ports.clock);
  return Object.assign(gateway, {
    endTimeouts: timeoutSignal.end,
    closeCircuits: () => app?.closeCircuits(),
    scrape: () => scrape(app?.metricsUrl),
    reconcile: async () => await app?.reconcile(),
  });
}

/** Compares an answer with that of graphql-js. Tests that count the effects of a query then see them twice. */
const expectSame: NonNullable<CompiledOptions["onAnswer"]> = async (query, { data, errors }) => {
  const other = await execute(query);
  expect(JSON.stringify(data)).toBe(JSON.stringify(other.data));
  expect(pathsOf(errors)).toEqual(pathsOf(other.errors ?? [])); // the client gets the errors of graphql-js
};
const pathsOf = (errors: readonly unknown[]) => errors.map((error) => String((error as GraphQLError).path)).sort();

/**
 * The same with the gateway in a process of its own, started by `startGateway` with these settings. With a DATABASE_URL in `env`
 * the gateway uses that database, which must be reachable directly.
 */
export async function makeTestGateway(
  startGateway: (settings: Record<string, string>) => Promise<Pick<App, "url" | "stop">>,
  env: Record<string, string> = {},
  clock: Clock = systemClock,
): Promise<TestGateway> {
  const databaseUrl = env["DATABASE_URL"] ?? (await cloneDatabase());
  const sandbox = await startSandbox();
  const start = (more: Record<string, string> = {}) =>
    startGateway({ ...testEnvironment(databaseUrl, sandbox.url), ...env, ...more });
  let app = await start();
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 }).on("error", () => {}); // a test cut an idle connection
  const caller = (token?: string) => makeCaller(() => app.url, token);
  const operator = caller(OPERATOR_TOKEN);

  async function callLedger(path: string, body: object): Promise<void> {
    const response = await fetch(`${sandbox.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Basic ${btoa("tessera:sandbox")}` },
      body: JSON.stringify(body),
    });
    const { status, message } = (await response.json()) as { status: boolean; message: string };
    if (!status) throw new Error(`the ledger refused ${path}: ${message}`);
  }

  async function createReward(
    kind: "E_GIFT_VOUCHER" | "MERCHANDISE",
    options: Partial<NewReward>,
  ): Promise<TestReward> {
    const sku = `SKU-${randomUUID()}`;
    const input = {
      sku,
      kind,
      name: `Reward ${sku.slice(-4)}`,
      description: "For tests.",
      points: 100,
      brand: "Brand",
      category: "Category",
      imageUrl: "/assets/rewards/none.svg",
      ...options,
    };
    const { createReward: answer } = await operator.ok<{ createReward: { reward: { id: string; points: number } } }>(
      `mutation ($input: CreateRewardInput!) { createReward(input: $input) { reward { id points } userErrors { message } } }`,
      { input },
    );
    return { id: answer.reward.id, sku, points: answer.reward.points, codes: [] };
  }

  return {
    get url() {
      return app.url;
    },
    databaseUrl,
    sandbox,
    anonymous: caller(),
    operator,
    service: caller(REWARD_SERVICE_TOKEN),
    router: makeCaller(() => app.url, undefined, { [ROUTER_HEADER]: ROUTER_SECRET }),

    async customer({ balance = 10_000, customerId = `C-${randomUUID()}` } = {}) {
      if (!sandbox.client.has(customerId)) {
        sandbox.client.addCustomer({ customer_id: customerId, balance, mobile: "98XXXXXX45" });
      }
      const { accessToken, refreshToken } = await mintSession({
        pool,
        sessionSecret: SESSION_SECRET,
        clock,
        customerId,
        maskedMobile: sandbox.client.account(customerId).mobile,
      });
      return { ...caller(accessToken), customerId, refreshToken };
    },

    async voucher({ codes: count = 10, ...options } = {}) {
      const reward = await createReward("E_GIFT_VOUCHER", options);
      const codes = Array.from({ length: count }, (_, index) => `CODE-${reward.sku.slice(-6)}-${index + 1}`);
      if (count > 0) {
        await operator.ok(
          `mutation ($input: ImportVoucherCodesInput!) { importVoucherCodes(input: $input) { imported userErrors { message } } }`,
          { input: { rewardId: reward.id, rows: codes.map((code) => ({ code })) } },
        );
      }
      return { ...reward, codes };
    },
    merchandise: (options = {}) => createReward("MERCHANDISE", options),

    callLedger,
    spendElsewhere: (customerId, points) =>
      callLedger("/api/v1/orders/redeem", {
        order_id: `ELSEWHERE-${randomUUID()}`,
        customer_id: customerId,
        points_consumed: points,
        transaction_date: new Date().toISOString(),
      }),

    ledgerOf: ({ customerId }) => sandbox.client.ledger(customerId).map((entry) => entry.points),
    callsFor: (operation, { number }) =>
      sandbox.calls
        .since(0)
        .filter(
          (call) =>
            call.operation === operation && (call.body as { order_id?: string } | undefined)?.order_id === number,
        ),
    fault: (operation, script) => sandbox.faults.add({ upstream: "client", operation, ...script }),

    until,

    async sql(text, values) {
      return (await pool.query(text, values)).rows;
    },

    async restart(more, whileDown) {
      await app.stop();
      await whileDown?.();
      app = await start(more);
    },

    async [Symbol.asyncDispose]() {
      await pool.end();
      await app.stop();
      await sandbox.stop();
    },
  };
}
