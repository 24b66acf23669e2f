import { hostname } from "node:os";
import type { untilNextTick } from "./auth/even-timing.ts";
import { countRedemptions } from "./catalog/count-redemptions.ts";
import { makePictureFetcher } from "./catalog/mirror/image/fetch-picture.ts";
import { keepInSync } from "./catalog/mirror/keep-in-sync.ts";
import { checkVault, makeVoucherVault } from "./catalog/voucher-vault.ts";
import type { Config } from "./config/config.ts";
import { makeFeatures } from "./features.ts";
import type { CompiledOptions } from "./graphql/compiled.ts";
import { buildSchema } from "./graphql/schema.ts";
import { makeDocumentGate, readManifests } from "./graphql/trusted-documents.ts";
import { originOf } from "./http/origin.ts";
import { siteManifests } from "./http/pages.ts";
import type { RetryPolicies } from "./ledger/retry-policies.ts";
import type { Clock } from "./platform/clock.ts";
import { systemClock } from "./platform/clock.ts";
import { noCrashPoints, openCrashPoints } from "./platform/crash-point.ts";
import { databaseTrouble } from "./platform/database-trouble.ts";
import { makeExclusive } from "./platform/exclusive.ts";
import { makeJobQueue } from "./platform/jobs/job-queue.ts";
import { type Logger, makeLogger } from "./platform/logger.ts";
import { openDatabase } from "./platform/open-database.ts";
import type { openPostgresBus } from "./platform/postgres-bus.ts";
import { makeSecretBox } from "./platform/secret-box.ts";
import { provideDatabase } from "./program/provide-database.ts";
import type { SandboxProcess } from "./program/sandbox-process.ts";
import { type Server, startServer } from "./program/server.ts";
import { type FetchStatement, makeFetchStatement } from "./reconciliation/ledger-statement.ts";
import { type Capillary, type CapillaryOptions, makeCapillary } from "./upstream/capillary/capillary.ts";
import { makeClientPoints } from "./upstream/client-points/client-points.ts";
import { makeUpstreamHttp, type Patience } from "./upstream/http.ts";

/** What a test may own instead of the world. */
export interface Surroundings {
  clock?: Clock;
  log?: Logger;
  /** See `even-timing.ts`. */
  otpGridMs?: number;
  /** See `verify-otp.ts`. */
  otpSettledMs?: number;
  /** See `request-otp.ts`. */
  untilOtpTick?: typeof untilNextTick;
  reconcileEveryMs?: number;
  /** How often it is checked whether last night is still to be reconciled. */
  nightlyCheckEveryMs?: number;
  /** The number of jobs that run at once. */
  jobSlots?: number;
  /** See `database-figures.sql.ts`. */
  figuresEveryMs?: number;
  /** How often awards to be credited are looked for when nothing tells of any; 0 is never, also not when something does. */
  creditPollMs?: number;
  /** How long after the start the catalogue is first mirrored, how often from then on, and how many rewards a page of it has. */
  catalogSyncAfterMs?: number;
  catalogSyncEveryMs?: number;
  catalogPageSize?: number;
  /** In place of those of `retry-policies.ts`. */
  retries?: Partial<RetryPolicies>;
  /** See `await-revokes.ts`. */
  revokePatienceMs?: number;
  /** See `caller.ts` of Capillary. */
  lockBackoffMs?: number;
  /** The limit of calls to Capillary for the pages of one customer, and the time for which they share its answers. */
  capillaryPerCustomer?: CapillaryOptions["perCustomer"];
  capillaryKeptMs?: number;
  /** See `http.ts`. */
  patience?: Patience;
  compiled?: CompiledOptions;
  openBus?: typeof openPostgresBus;
  /** Called as each step of the start begins, with its name such as "Applying migrations". */
  onStep?: ((step: string) => void) | undefined;
}

export interface App {
  /** Origin that the gateway answers at. */
  url: string;
  /** Origin of the sandbox, when this process started one. */
  sandboxUrl: string | undefined;
  /** Where Prometheus reads the metrics; undefined where nothing is measured. */
  metricsUrl: string | undefined;
  /** What a person at the terminal should know of where things are kept. */
  notes: string[];
  /** Makes calls again to upstreams that failed so often that calls to them were paused. */
  closeCircuits(): void;
  /** Compares at once what we believe of points with what the ledger shows, as is done every now and then. */
  reconcile(): Promise<void>;
  stop(): Promise<void>;
}

/** The number of orders, returns and revokes that run at once. */
const JOB_SLOTS = 64;
const CREDIT_CONNECTIONS = 32;
/** The most calls to an upstream between two records of a job: a movement, and the wallet after it. */
const CALLS_A_STEP = 2;
/** The limit of Capillary's calls for the pages of one customer. */
const PER_CUSTOMER = { concurrency: 4, callsPerMinute: 60 };
const CAPILLARY_KEPT_MS = 5_000;
const SHUTDOWN_MARGIN_MS = 1_000;
const SANDBOX_STATEMENT_PATH = "/__sandbox/client/statement";
const SWEEP_EVERY_MS = 3_600_000;

/** Starts everything, in the order that each part needs, and stops it in the opposite one. */
export async function startApp(config: Config, surroundings: Surroundings = {}): Promise<App> {
  const clock = surroundings.clock ?? systemClock;
  const log = surroundings.log ?? (await makeLogger({ level: config.logLevel, pretty: !config.isProduction }));
  const begin = surroundings.onStep ?? ((step: string) => config.isProduction && log.info(step));
  const notes: string[] = [];
  const running = new AsyncDisposableStack();
  try {
    const starts = [
      config.databaseUrl === undefined && "the database",
      config.client.url === undefined && "the sandbox",
    ].filter(Boolean);
    if (starts.length > 0) begin(`Starting ${starts.join(" and ")}`);
    const [databaseUrl, sandbox] = await Promise.all([
      openDatabaseUrl(config, running, notes),
      config.client.url === undefined ? startSandbox(config, running) : undefined,
    ]);
    const watch = config.metrics && (await import("./observability/watch.ts")).openWatch(config.metrics, "gateway");
    const metrics = watch?.metrics;
    begin("Applying migrations");
    const database = await openDatabase({
      url: databaseUrl,
      listenUrl: config.databaseListenUrl,
      poolSize: config.databasePoolSize,
      locks: config.redisUrl === undefined ? 1 : 2, // for the mirror of the catalogue, and for the relay
      otherConnections: watch?.connections,
      log,
      openBus: surroundings.openBus,
    });
    running.use(database);
    const { db, bus, lockUrl, readOnly, mostConnections, checkReady } = database;
    begin(`Opening at most ${mostConnections} connections to the database`);
    const vault = makeVoucherVault(makeSecretBox(config.voucherSecret, "voucher"));
    await checkVault(vault, db);

    const metricsServer = await watch?.serve({
      db,
      url: databaseUrl,
      log,
      figuresEveryMs: surroundings.figuresEveryMs,
    });
    running.defer(() => metricsServer?.close());

    const { patience } = surroundings;
    const clientHttp = makeUpstreamHttp({
      service: "client-points",
      origin: config.client.url ?? sandbox?.url ?? "",
      timeoutMs: config.upstreamTimeoutMs,
      connections: config.upstreamConnections,
      patience,
      metrics,
      log,
    });
    running.defer(() => clientHttp.close());
    const creditHttp = makeUpstreamHttp({
      service: "client-points",
      origin: config.client.url ?? sandbox?.url ?? "",
      timeoutMs: config.upstreamTimeoutMs,
      connections: Math.min(config.upstreamConnections, CREDIT_CONNECTIONS),
      patience,
      metrics,
      log,
    });
    running.defer(() => creditHttp.close());
    const client = makeClientPoints({ http: clientHttp, creditHttp, ...config.client, metrics });
    const handOffKey = config.handOff.key ?? sandbox?.handOffKey;
    const capillaryKeptMs = surroundings.capillaryKeptMs ?? CAPILLARY_KEPT_MS;
    const capillaryApi = config.capillary.api ?? sandbox?.capillary;
    const capillary =
      capillaryApi &&
      openCapillary(config, capillaryApi, {
        clock,
        log,
        metrics,
        patience,
        lockBackoffMs: surroundings.lockBackoffMs,
        perCustomer: surroundings.capillaryPerCustomer ?? PER_CUSTOMER,
        keptMs: capillaryKeptMs,
      });
    running.defer(() => capillary?.close());
    const pictures = makePictureFetcher({
      trustedOrigin: capillaryApi && new URL(capillaryApi.rewardsUrl).origin,
      timeoutMs: config.upstreamTimeoutMs,
    });
    running.defer(() => pictures.close());

    begin("Starting the gateway");
    const server: Server = await startServer({ config, metrics, log });
    running.defer(() => server.close({ delayMs: 0 }));
    const jobs = makeJobQueue({
      db,
      bus,
      place: `${hostname()}:${server.port}`,
      slots: surroundings.jobSlots ?? JOB_SLOTS,
      onFailure: metrics?.jobFailed,
      log,
    });
    metrics?.sources.jobs(() => jobs.load);
    const features = makeFeatures({
      config,
      db,
      bus,
      clock,
      metrics,
      log,
      client,
      handOff: handOffKey && { ...config.handOff, key: handOffKey },
      capillary,
      jobs,
      atCrashPoint: config.hasCrashPoints ? openCrashPoints() : noCrashPoints,
      vault,
      exclusive: makeExclusive(lockUrl),
      pictures,
      otpGridMs: surroundings.otpGridMs,
      untilOtpTick: surroundings.untilOtpTick,
      otpSettledMs: surroundings.otpSettledMs,
      capillaryKeptMs,
      catalogPageSize: surroundings.catalogPageSize,
      fetchStatement: statementOf(config, sandbox),
      retries: surroundings.retries,
      revokePatienceMs: surroundings.revokePatienceMs,
    });
    if (config.seed === "sample" && readOnly === null) {
      begin("Loading the sample data");
      const { seedSampleWorld } = await import("../prisma/seed.ts");
      await seedSampleWorld(db, { vault, draws: features.draws, clock });
    }
    begin("Resuming orders");
    if (readOnly === null) await features.adoptOrders(); // else the reconciliation does it
    await jobs.launch();
    running.defer(() => jobs.shutdown(CALLS_A_STEP * config.upstreamTimeoutMs + SHUTDOWN_MARGIN_MS));
    const reconcile = async () => {
      await features.adoptOrders();
      await features.reconcile();
      await countRedemptions(db);
      await features.expireVouchers();
      await features.sealAudit();
    };
    running.defer(repeat(reconcile, surroundings.reconcileEveryMs ?? 30_000, "Reconciliation", log));
    running.defer(
      repeat(features.reconcileNightly, surroundings.nightlyCheckEveryMs ?? 60_000, "The nightly reconciliation", log),
    );
    await features.expireVouchers();
    running.defer(repeat(features.sweep, SWEEP_EVERY_MS, "Forgetting old records", log));
    const { redisUrl } = config;
    if (redisUrl !== undefined) {
      const { runRelay } = await import("./feed/relay/run-relay.ts");
      const { feeds } = features;
      const [exclusive, keptDays] = [makeExclusive(lockUrl), config.memberEventDays];
      running.defer(runRelay({ redisUrl, keptDays, db, feeds, exclusive, clock, log }));
    }

    if (surroundings.creditPollMs !== 0) running.defer(features.startCrediting(surroundings.creditPollMs));

    const schema = buildSchema(features.resolvers);
    const { only, manifests } = config.trustedDocuments;
    const trusted = readManifests(manifests, schema, siteManifests());
    metrics?.trustOperations(trusted.values());
    const documents = makeDocumentGate(trusted, { only });
    await server.open({
      schema,
      documents,
      features,
      sandboxUrl: sandbox?.url,
      checkReady,
      compiled: surroundings.compiled,
    });
    if (capillary && config.catalogSyncMs > 0) {
      const firstAfterMs = surroundings.catalogSyncAfterMs;
      const everyMs = surroundings.catalogSyncEveryMs ?? config.catalogSyncMs;
      running.defer(keepInSync({ sync: features.syncCatalog, everyMs, firstAfterMs, log }));
    }

    return {
      url: server.url,
      sandboxUrl: sandbox?.url,
      metricsUrl: metricsServer?.url,
      notes,
      closeCircuits() {
        for (const http of [clientHttp, creditHttp]) http.closeCircuit();
        capillary?.closeCircuits();
      },
      reconcile,
      async stop() {
        await server.close({ delayMs: config.shutdownDelayMs }); // before the jobs, which requests under way still add
        await running.disposeAsync();
      },
    };
  } catch (error) {
    await running.disposeAsync().catch(() => {});
    throw error;
  }
}

async function openDatabaseUrl(config: Config, running: AsyncDisposableStack, notes: string[]): Promise<string> {
  const { url, note, stop } = await provideDatabase(config);
  running.defer(stop);
  if (note) notes.push(note);
  return url;
}

async function startSandbox(config: Config, running: AsyncDisposableStack) {
  const { startSandboxProcess } = await import("./program/stand-ins.ts");
  const { sandboxPort: port, dataDir, client } = config;
  const { user, password } = client;
  const own = config.port === 0 ? undefined : originOf(config.host, config.port); // 0: known only once it listens
  const gatewayUrl = config.publicOrigin ?? own;
  const sandbox = await startSandboxProcess({ port, dataDir, user, password, gatewayUrl });
  running.defer(() => sandbox.stop());
  return sandbox;
}

function statementOf({ client }: Config, sandbox: SandboxProcess | undefined): FetchStatement | undefined {
  const path = client.statementPath ?? (sandbox && SANDBOX_STATEMENT_PATH);
  const { user, password } = client;
  return path === undefined
    ? undefined
    : makeFetchStatement({ origin: client.url ?? sandbox?.url ?? "", path, user, password });
}

function openCapillary(
  config: Config,
  api: NonNullable<Config["capillary"]["api"]> | SandboxProcess["capillary"],
  deps: Pick<CapillaryOptions, "clock" | "log" | "metrics" | "patience" | "lockBackoffMs" | "perCustomer" | "keptMs">,
): Capillary {
  const { upstreamTimeoutMs: timeoutMs, upstreamConnections: connections } = config;
  return makeCapillary({ ...api, timeoutMs, connections, ...deps });
}

function repeat(work: () => Promise<void>, everyMs: number, what: string, log: Logger): () => Promise<void> {
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = round.then(work).catch((error: unknown) => {
      log[databaseTrouble(error) ? "warn" : "error"]({ err: error }, `${what} failed`);
    });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await round;
  };
}
