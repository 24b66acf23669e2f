import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../test/support/free-port.ts";
import { type Contender, startContender } from "./contender.ts";
import { load, type Measured } from "./load.ts";
import { busyNote, watchOthers } from "./machine.ts";
import { measureOrders } from "./orders.ts";
import { openProfiler, printShares } from "./profile.ts";
import { OPERATOR_TOKEN, send, type World } from "./world.ts";

/** The query of a storefront's first page. */
export const dashboard = `{
  me { customerId wallet { balance earned held available } }
  rewards(first: 20) { nodes { sku name kind points brand category imageUrl stock } pageInfo { hasNextPage endCursor } }
}`;

/** Concurrent customers, each with a session of their own. */
const CUSTOMERS = 50;
const PAGE = 50;
/** The query of an operator's list: N+1 at three levels, on purpose. */
export const ordersQuery = `{
  orders(first: ${PAGE}) { nodes {
    number status total
    customer { customerId wallet { balance } }
    lines { name quantity points reward { sku name imageUrl } }
  } }
}`;

/**
 * Prints the CPU of a request for each contender's process, relative to a hand-written handler in the same rounds:
 * machines differ and are shared, but ratios within a run are stable. Requests a second and latency are printed for
 * orientation only.
 */
export async function printQueries(
  world: World,
  { rounds, isProfiled }: { rounds: number; isProfiled: boolean },
): Promise<void> {
  await placeOrders(world);
  const customers: string[] = [];
  for (let nth = 0; nth < CUSTOMERS; nth += 1) customers.push(await world.signIn(`BENCH-READER-${nth}`, 5_000));
  installMercurius();
  // An operator reads customers' wallets with service credentials.
  const env = { ...world.env, CLIENT_POINTS_AUTH: "basic" };
  const startedAt = performance.now();
  const inspectPort = isProfiled ? await freePort() : null;
  const inspect = inspectPort === null ? [] : [`--inspect=127.0.0.1:${inspectPort}`];
  const tessera = await startContender("src/main.ts", env, inspect);
  const startSeconds = (performance.now() - startedAt) / 1_000;
  await delay(2_000);
  console.log(
    `Gateway at rest: ${tessera.residentMb()} MB after a later start, ready in ${startSeconds.toFixed(1)} s.\n`,
  );
  const contenders: [name: string, contender: Contender][] = [
    ["hand-written handler", await startContender("bench/contenders/raw.ts", env)],
    ["Tessera", tessera],
    ["Mercurius + jit", await startContender("bench/contenders/mercurius/server.ts", env)],
    ["stock Apollo", await startContender("bench/contenders/stock-apollo.ts", env)],
  ];
  const processes = [world.gateway, world.sandbox, ...contenders.map(([, contender]) => contender)];
  const others = watchOthers(
    () =>
      processes.reduce((sum, each) => sum + each.cpuSeconds() * 1_000, 0) +
      world.database.cpuMs() +
      process.cpuUsage().user / 1_000 +
      process.cpuUsage().system / 1_000,
  );

  for (const [queryName, query, tokens, requests] of [
    ["dashboard", dashboard, customers, 600],
    ["orders", ordersQuery, [OPERATOR_TOKEN], 100],
  ] as const) {
    const each = { query, tokens, requests };
    const [yardstick, ...answers] = await Promise.all(
      contenders.map(async ([, { url }]) => JSON.stringify(sorted(await send(url, query, tokens[0])))),
    );
    if (answers.some((answer) => answer !== yardstick))
      throw new Error(`the contenders' answers to ${queryName} differ`);

    for (const [, contender] of contenders) await load(contender, { ...each, requests: 5 * requests }); // warm-up
    const measured: Measured[][] = [];
    for (let round = 0; round < rounds; round += 1) {
      const ofRound: Measured[] = [];
      // Each round begins with another contender, because a shared machine's load changes during a run.
      for (let turn = 0; turn < contenders.length; turn += 1) {
        const place = (turn + round) % contenders.length;
        const [, contender] = contenders[place] as (typeof contenders)[number];
        ofRound[place] = await load(contender, each);
      }
      measured.push(ofRound);
    }
    console.log(
      `${queryName.padEnd(22)} ratio   CPU ms/request   requests/s   p50 ms   (medians of ${rounds} rounds of ${requests} requests, 50 connections)`,
    );
    for (const [index, [name]] of contenders.entries()) {
      const of = (pick: (measured: Measured, raw: Measured) => number) =>
        median(measured.map((round) => pick(round[index] as Measured, round[0] as Measured)));
      const row = [
        of((m, raw) => raw.cpuMs / m.cpuMs)
          .toFixed(2)
          .padStart(5),
        of((m) => m.cpuMs)
          .toFixed(2)
          .padStart(16),
        of((m) => m.requestsPerSecond)
          .toFixed(0)
          .padStart(12),
        of((m) => m.p50Ms)
          .toFixed(0)
          .padStart(8),
      ];
      console.log(`  ${name.padEnd(20)} ${row.join(" ")}`);
    }
    console.log();
    if (inspectPort === null) continue;
    const profiler = await openProfiler(inspectPort);
    await profiler.start();
    await load(tessera, { ...each, requests: 5 * requests });
    await profiler.stop();
    printShares(profiler.shares());
    profiler.close();
  }
  const note = busyNote(others.share());
  if (note) console.log(`  ${note}\n`);
  for (const [, contender] of contenders) await contender.stop();
}

/** This contender has packages of its own, so that the product does not install them. */
function installMercurius(): void {
  const directory = fileURLToPath(new URL("contenders/mercurius", import.meta.url));
  if (existsSync(`${directory}/node_modules/.package-lock.json`)) return;
  execFileSync("npm", ["ci", "--silent", "--prefix", directory], { stdio: ["ignore", "ignore", "inherit"] });
}

/** Creates the orders of the orders query. */
export async function placeOrders(world: World): Promise<void> {
  await measureOrders(world, { rounds: 0, ordersARound: PAGE, only: "one process", waitsForReports: false });
  const { orders } = await send(world.gateway.url, `{ orders(first: ${PAGE}) { nodes { id } } }`, OPERATOR_TOKEN);
  if (orders.nodes.length < PAGE)
    throw new Error(`the orders query needs ${PAGE} orders, found ${orders.nodes.length}`);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Sorts keys, so that answers with another key order are equal. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
