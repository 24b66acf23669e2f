// Synchronises the mirror of Capillary's catalogue and reports the changes. The gateway also does so periodically.
//
//   npm run catalog:sync
//
// Without CAPILLARY_REWARDS_URL it calls the sandbox on SANDBOX_PORT, so start one, or the gateway, first.
import "./explain-errors.ts";
import { makeMirrorStore } from "../src/catalog/mirror/mirror.store.ts";
import { makeSyncCatalog } from "../src/catalog/mirror/sync-catalog.ts";
import { systemClock } from "../src/platform/clock.ts";
import { makeLocalBus } from "../src/platform/events.ts";
import { makeExclusive } from "../src/platform/exclusive.ts";
import { makeLogger } from "../src/platform/logger.ts";
import { openDatabase } from "../src/platform/open-database.ts";
import { readProcessConfig } from "../src/program/command-line.ts";
import { provideDatabase } from "../src/program/provide-database.ts";
import { makeCapillary } from "../src/upstream/capillary/capillary.ts";

const config = readProcessConfig();
const { sandboxPort, isProduction, upstreamTimeoutMs: timeoutMs, upstreamConnections: connections } = config;
// Like the gateway, uses the sandbox's Capillary only if the sandbox also stands in for the points provider.
const sandboxUrl = config.client.url === undefined ? `http://127.0.0.1:${sandboxPort}` : undefined;
const sandboxApi =
  sandboxUrl === undefined ? undefined : (await import("../src/program/stand-ins.ts")).capillaryAccess(sandboxUrl);
const api = config.capillary.api ?? sandboxApi;
const log = await makeLogger({ level: config.logLevel === "info" ? "error" : config.logLevel, pretty: !isProduction });
const capillary = api && makeCapillary({ ...api, timeoutMs, connections, clock: systemClock, log });

const { url, stop } = await provideDatabase(config);
const database = await openDatabase({
  url,
  listenUrl: config.databaseListenUrl,
  poolSize: 2,
  locks: 1,
  log,
  openBus: async () => makeLocalBus(), // this process has no subscribers
});
const { db, lockUrl } = database;
try {
  const sync = makeSyncCatalog({
    catalogue: capillary?.catalogue,
    store: makeMirrorStore(db),
    exclusive: makeExclusive(lockUrl),
    ownLanguage: config.programLanguage,
    ledger: config.capillary.individualLedger,
    changed() {}, // gateways find new categories within half a minute
    clock: systemClock,
    log,
  });
  const { added, changed, archived, problem } = await sync();
  console.log(`${added} rewards added, ${changed} changed, ${archived} archived.`);
  if (problem !== null) console.error(`Not complete: ${problem} ${advice()}`);
  process.exitCode = problem === null ? 0 : 1;
} finally {
  await database[Symbol.asyncDispose]();
  await capillary?.close();
  await stop();
}

function advice(): string {
  if (config.capillary.api) return "Check CAPILLARY_REWARDS_URL and its credentials; LOG_LEVEL=warn shows the reason.";
  if (sandboxUrl === undefined) return "Set CAPILLARY_REWARDS_URL, and what it requires.";
  return `Without CAPILLARY_REWARDS_URL the sandbox at ${sandboxUrl} is asked: start the gateway or the sandbox, with the same SANDBOX_PORT.`;
}
