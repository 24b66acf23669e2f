import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { makeClientLedger } from "../../../src/awards/credit/client-ledger.ts";
import { makeCreditStore, type OnSettled } from "../../../src/awards/credit/credit.store.ts";
import { type CreditAwardsDeps, startCrediting } from "../../../src/awards/credit/credit-awards.ts";
import { makeAttempt } from "../../../src/ledger/attempt.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { noCrashPoints } from "../../../src/platform/crash-point.ts";
import { type Db, openDb } from "../../../src/platform/db.ts";
import { type Bus, makeLocalBus } from "../../../src/platform/events.ts";
import { makeLogger } from "../../../src/platform/logger.ts";
import { makeClientPoints } from "../../../src/upstream/client-points/client-points.ts";
import { makeUpstreamHttp, type UpstreamHttp } from "../../../src/upstream/http.ts";
import { cloneDatabase, type TestGateway, until } from "../gateway.ts";
import { retriesOfTests } from "../retries.ts";

export interface Crediting extends AsyncDisposable, Pick<TestGateway, "sql" | "until"> {
  sandbox: Sandbox;
  db: Db;
  bus: Bus;
  /** Closes the circuit breaker after too many failures in a row. */
  closeCircuits(): void;
}

export interface CreditingOptions extends Partial<Pick<CreditAwardsDeps, "pause" | "pollMs">> {
  workers?: number;
  settled?: OnSettled;
  timeoutMs?: number;
}

/** Workers that credit to the Client, on a database and a sandbox of their own, without the gateway around them. */
export async function startCreditingAlone(options: CreditingOptions = {}): Promise<Crediting> {
  const { workers = 1, settled, timeoutMs = 10_000, pollMs = 50, ...ports } = options;
  const resources = new AsyncDisposableStack();
  const sandbox = resources.use(await startSandbox());
  const db = openDb(await cloneDatabase(), 10);
  resources.defer(() => db.$disconnect());
  const bus = makeLocalBus();
  const log = await makeLogger({ level: "silent", pretty: false });
  const settleMs = 200;
  const circuits: UpstreamHttp[] = [];
  for (let worker = 0; worker < workers; worker += 1) {
    const http = makeUpstreamHttp({ service: "client-points", origin: sandbox.url, timeoutMs, connections: 16, log });
    resources.defer(() => http.close());
    circuits.push(http);
    const client = makeClientPoints({
      http,
      creditHttp: http,
      creditPath: "/api/v1/points/credit",
      user: "tessera",
      password: "sandbox",
      pointsAuth: "basic",
    });
    const stop = startCrediting({
      store: makeCreditStore({ db, ledgers: ["CLIENT"], settleMs, settled }),
      ledgers: { CLIENT: makeClientLedger(client, timeoutMs) },
      ledger: "CLIENT",
      deadlines: { settleMs, giveUpMs: 600_000, retry: retriesOfTests({ credit: { firstPauseMs: 10 } }).credit },
      pollMs,
      bus,
      clock: systemClock,
      attempt: makeAttempt(noCrashPoints),
      log,
      ...ports,
    });
    resources.defer(stop);
  }
  return {
    sandbox,
    db,
    bus,
    sql: (text, values = []) => db.$queryRawUnsafe(text, ...values),
    until,
    closeCircuits() {
      for (const http of circuits) http.closeCircuit();
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
