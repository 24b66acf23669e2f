import { hostname } from "node:os";
import { checkVault, makePictureFetcher, makeVoucherVault } from "./catalog/index.ts";
import type { Config } from "./config/config.ts";
import { openFeatures } from "./features.ts";
import type { CompiledOptions } from "./graphql/compiled.ts";
import { renameInSchema, supergraphNames } from "./graphql/router-names.ts";
import { buildSchema, readTypeDefs } from "./graphql/schema.ts";
import { makeDocumentGate, readManifests } from "./graphql/trusted-documents.ts";
import { originOf } from "./http/origin.ts";
import { siteManifests } from "./http/pages.ts";
import { openProcessor } from "./intake/open-processor.ts";
import { openNikKey } from "./members/index.ts";
import { makeCipher } from "./platform/cipher.ts";
import type { Clock } from "./platform/clock.ts";
import { systemClock } from "./platform/clock.ts";
import { noCrashPoints, openCrashPoints } from "./platform/crash-point.ts";
import { databaseFailure } from "./platform/database-failure.ts";
import { makeExclusive } from "./platform/exclusive.ts";
import { makeJobQueue } from "./platform/jobs/job-queue.ts";
import { type Logger, makeLogger } from "./platform/logger.ts";
import { openDatabase } from "./platform/open-database.ts";
import type { openPostgresBus } from "./platform/postgres-bus.ts";
import { type Pace, productPace } from "./program/pace.ts";
import { provideDatabase } from "./program/provide-database.ts";
import { makeSweep } from "./program/retention.ts";
import type { SandboxProcess } from "./program/sandbox-process.ts";
import { type Server, startServer } from "./program/server.ts";
import { type FetchStatement, makeFetchStatement } from "./reconciliation/index.ts";
import { type Capillary, type CapillaryOptions, makeCapillary } from "./upstream/capillary/capillary.ts";
import { makeClientPoints } from "./upstream/client-points/client-points.ts";
import { makeUpstreamHttp } from "./upstream/http.ts";

/** A process's dependencies beside its settings. Tests pass their own clock, bus and pace. */
export interface Ports {
  clock: Clock;
  log: Logger;
  openBus: typeof openPostgresBus;
  pace: Pace;
  /** The queries that are compiled, and a test's view of their answers. */
  compiled: CompiledOptions;
  /** Called at the start of each startup step, with its name such as "Applying migrations". */
  onStep: ((step: string) => void) | undefined;
}

export interface App {
  /** The gateway's origin. */
  url: string;
  /** The sandbox's origin, if this process started one. */
  sandboxUrl: string | undefined;
  /** The address of the Prometheus metrics; undefined without metrics. */
  metricsUrl: string | undefined;
  /** Remarks for the person at the terminal about the place of files. */
  notes: string[];
  /** Resets the circuit breakers of all upstreams. */
  closeCircuits(): void;
  /** Runs a reconciliation of points with the ledger at once, which otherwise runs periodically. */
  reconcile(): Promise<void>;
  stop(): Promise<void>;
}

const CREDIT_CONNECTIONS = 32;
/** The maximum number of upstream calls between two records of a job: a movement, and the balance read after it. */
const CALLS_A_STEP = 2;
const SHUTDOWN_MARGIN_MS = 1_000;
const SANDBOX_STATEMENT_PATH = "/__sandbox/client/statement";
const SWEEP_EVERY_MS = 3_600_000;

/** Starts all components in the order of their dependencies, and stops them in reverse. */
export async function startApp(config: Config, ports: Partial<Ports> = {}): Promise<App> {
  const { clock = systemClock, pace = productPace, openBus } = ports;
  const log = ports.log ?? (await makeLogger({ level: config.logLevel, pretty: !config.isProduction }));
  const begin = ports.onStep ?? ((step: string) => config.isProduction && log.info(step));
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
      locks: config.redisUrl === undefined ? 1 : 2, // one lock each for the mirror of the catalogue and for the relay
      otherConnections: watch?.connections,
      log,
      openBus,
    });
    running.use(database);
    const { db, bus, lockUrl, readOnly, mostConnections, checkReady } = database;
    begin(`Opening at most ${mostConnections} connections to the database`);
    const vault = makeVoucherVault(makeCipher(config.voucherSecrets, "voucher"));
    await checkVault(vault, db);
    const nikKey = await openNikKey({ db, secrets: config.voucherSecrets, isReadOnly: readOnly !== null });

    const metricsServer = await watch?.serve({
      db,
      url: databaseUrl,
      log,
      figuresEveryMs: pace.figuresEveryMs,
    });
    running.defer(() => metricsServer?.close());

    const { timeoutSignal } = pace;
    const clientHttp = makeUpstreamHttp({
      service: "client-points",
      origin: config.client.url ?? sandbox?.url ?? "",
      timeoutMs: config.upstreamTimeoutMs,
      connections: config.upstreamConnections,
      timeoutSignal,
      metrics,
      log,
    });
    running.defer(() => clientHttp.close());
    const creditHttp = makeUpstreamHttp({
      service: "client-points",
      origin: config.client.url ?? sandbox?.url ?? "",
      timeoutMs: config.upstreamTimeoutMs,
      connections: Math.min(config.upstreamConnections, CREDIT_CONNECTIONS),
      timeoutSignal,
      metrics,
      log,
    });
    running.defer(() => creditHttp.close());
    const client = makeClientPoints({ http: clientHttp, creditHttp, ...config.client, metrics });
    const handOffKey = config.handOff.key ?? sandbox?.handOffKey;
    const capillaryApi = config.capillary.api ?? sandbox?.capillary;
    const capillary =
      capillaryApi &&
      openCapillary(config, capillaryApi, {
        clock,
        log,
        metrics,
        timeoutSignal,
        lockBackoffMs: pace.lockBackoffMs,
        perCustomer: pace.capillaryPerCustomer,
        keptMs: pace.capillaryCacheMs,
      });
    running.defer(() => capillary?.close());
    const pictures = makePictureFetcher({
      trustedOrigin: capillaryApi && new URL(capillaryApi.rewardsUrl).origin,
      timeoutMs: config.upstreamTimeoutMs,
    });
    running.defer(() => pictures.close());

    begin("Starting the gateway");
    const { keepAliveMs, connections } = pace;
    const server: Server = await startServer({ config, keepAliveMs, connections, metrics, log });
    running.defer(() => server.close({ delayMs: 0 }));
    const jobs = makeJobQueue({
      db,
      bus,
      place: `${hostname()}:${server.port}`,
      slots: pace.jobSlots,
      onFailure: metrics?.jobFailed,
      log,
    });
    metrics?.sources.jobs(() => jobs.load);
    const processor = openProcessor({ config, nikKey, db, bus, clock, metrics });
    const features = openFeatures({
      config,
      db,
      bus,
      clock,
      metrics,
      log,
      client,
      handOff: handOffKey && { ...config.handOff, keys: [handOffKey, config.handOff.fallbackKey ?? []].flat() },
      capillary,
      jobs,
      atCrashPoint: config.hasCrashPoints ? openCrashPoints() : noCrashPoints,
      vault,
      exclusive: makeExclusive(lockUrl),
      relayLock: makeExclusive(lockUrl),
      pictures,
      fetchStatement: statementOf(config, sandbox),
      processor,
      pace,
    });
    metrics?.jobTypes(jobs.typeNames);
    const { auth, catalog, order, feed, awards, audit, reconciliation, webhooks, push } = features;
    running.defer(() => webhooks.close());
    running.defer(() => push.close());
    if (config.seed === "sample" && readOnly === null) {
      begin("Loading the sample data");
      const { seedSampleWorld } = await import("../prisma/seed.ts");
      await seedSampleWorld(db, { vault, draws: processor.draws, clock });
    }
    begin("Resuming orders");
    if (readOnly === null) await order.adopt(); // otherwise the reconciliation does it
    await jobs.launch();
    running.defer(() => jobs.shutdown(CALLS_A_STEP * config.upstreamTimeoutMs + SHUTDOWN_MARGIN_MS));
    const reconcile = async () => {
      await order.reconcile();
      await catalog.reconcile();
      await audit.reconcile();
      await webhooks.reconcile();
      await push.reconcile();
    };
    running.defer(repeat(reconcile, pace.reconcileEveryMs, "Reconciliation", log));
    running.defer(repeat(reconciliation.requestNightly, pace.nightlyCheckEveryMs, "The nightly reconciliation", log));
    running.defer(audit.writeGathered); // after the server has closed, before the database closes
    running.defer(repeat(audit.writeGathered, pace.auditGatherMs, "Writing the gathered uses of operators", log));
    await catalog.expireVouchers();
    running.defer(catalog.closeStorage);
    void catalog.checkStorage();
    const also = [feed.sweep, auth.sweep, order.sweep, catalog.sweepPictures];
    const sweep = makeSweep({ db, clock, days: config.retentionDays, also });
    running.defer(repeat(sweep, SWEEP_EVERY_MS, "Forgetting old records", log));
    running.defer(await feed.startRelay());
    running.defer(awards.startCrediting());

    const names = supergraphNames(readTypeDefs(), config.routerTypes);
    const schema = buildSchema(features.resolvers, { scopes: config.routerScopes, names });
    const { only, manifests } = config.trustedDocuments;
    const trusted = readManifests(manifests, schema, siteManifests());
    metrics?.trustOperations(trusted.values());
    const documents = makeDocumentGate(trusted, { only });
    await server.open({
      schemas: { public: schema, router: renameInSchema(schema, names) },
      documents,
      features,
      sandboxUrl: sandbox?.url,
      checkReady,
      compiled: ports.compiled,
    });
    running.defer(catalog.startMirroring());

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
        // before the jobs, because requests in flight still insert jobs
        await server.close({ delayMs: config.shutdownDelayMs });
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
  // port 0 is known only after listening
  const own = config.port === 0 ? undefined : originOf(config.host, config.port);
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
  deps: Pick<
    CapillaryOptions,
    "clock" | "log" | "metrics" | "timeoutSignal" | "lockBackoffMs" | "perCustomer" | "keptMs"
  >,
): Capillary {
  const { upstreamTimeoutMs: timeoutMs, upstreamConnections: connections } = config;
  return makeCapillary({ ...api, timeoutMs, connections, ...deps });
}

function repeat(work: () => Promise<void>, everyMs: number, what: string, log: Logger): () => Promise<void> {
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = round.then(work).catch((error: unknown) => {
      log[databaseFailure(error) ? "warn" : "error"]({ err: error }, `${what} failed`);
    });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await round;
  };
}
