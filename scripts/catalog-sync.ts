// Brings our mirror of Capillary's catalogue up to date and says what changed. The gateway does it by itself, too.
//
//   npm run catalog:sync
//
// Without CAPILLARY_REWARDS_URL it asks the sandbox on SANDBOX_PORT, so start one, or the gateway, first.
import "./explain-errors.ts";
import { capillaryAccess } from "../sandbox/capillary/access.ts";
import { makeMirrorStore } from "../src/catalog/mirror/mirror.store.ts";
import { makeSyncCatalog } from "../src/catalog/mirror/sync-catalog.ts";
import { readProcessConfig } from "../src/command-line.ts";
import { systemClock } from "../src/platform/clock.ts";
import { openDb } from "../src/platform/db.ts";
import { makeExclusive } from "../src/platform/exclusive.ts";
import { makeLogger } from "../src/platform/logger.ts";
import { migrate } from "../src/platform/migrate.ts";
import { startEmbeddedPostgres } from "../src/platform/postgres/embedded.ts";
import { makeCapillary } from "../src/upstream/capillary/capillary.ts";

const config = readProcessConfig();
const { dataDir, sandboxPort, isProduction, upstreamTimeoutMs: timeoutMs, upstreamConnections: connections } = config;
const api = config.capillary.api ?? (isProduction ? undefined : capillaryAccess(`http://127.0.0.1:${sandboxPort}`));
const log = await makeLogger({ level: config.logLevel === "info" ? "error" : config.logLevel, pretty: !isProduction });
const capillary = api && makeCapillary({ ...api, timeoutMs, connections, clock: systemClock, log });

const postgres = config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir }) : undefined;
const databaseUrl = config.databaseUrl ?? postgres?.url ?? "";
await migrate(databaseUrl);
const db = openDb(databaseUrl, 2);
try {
  const sync = makeSyncCatalog({
    catalogue: capillary?.catalogue,
    store: makeMirrorStore(db),
    exclusive: makeExclusive(databaseUrl),
    ledger: config.capillary.individualLedger,
    clock: systemClock,
    log,
  });
  const { added, changed, archived, problem } = await sync();
  console.log(`${added} rewards added, ${changed} changed, ${archived} archived.`);
  if (problem !== null) console.error(`Not complete: ${problem}`);
  process.exitCode = problem === null ? 0 : 1;
} finally {
  await db.$disconnect();
  await capillary?.close();
  await postgres?.stop();
}
