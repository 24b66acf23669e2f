// Prints what the README claims about speed.
//
//   npm run bench [-- --quick] [--statements | --sockets | --idle | --watched]
//
// With --statements it ends after the orders, and lists which statements they took; with --sockets, --idle or --watched it measures
// only the sockets, a gateway that nobody calls, or what metrics and traces cost.
//
// CPU a request of the server's own process, as a ratio to a hand-written handler in the same run: machines differ and are
// shared, ratios within a run hold. Throughput and latency are printed beside it for orientation only.
import { setTimeout as delay } from "node:timers/promises";
import { hasRedis, whyNoRedis } from "../test/support/redis.ts";
import { type Contender, startContender } from "./contender.ts";
import { measureIdle } from "./idle.ts";
import { load, type Measured } from "./load.ts";
import { ordersPerSecond } from "./orders-per-second.ts";
import { dashboard, orders } from "./queries.ts";
import { rewardsPerSecond } from "./reward-processor.ts";
import { measureSockets } from "./sockets.ts";
import { measureWatching } from "./watched.ts";
import { makeWorld, OPERATOR_TOKEN, send } from "./world.ts";

const isQuick = process.argv.includes("--quick");
const SECONDS = isQuick ? 4 : 6;
const ROUNDS = isQuick ? 1 : 3;
const CUSTOMERS = 25;

await using world = await makeWorld();
await delay(2_000);
console.log(`Gateway at rest: ${world.gateway.residentMb()} MB after its first start, which filled the database.`);

if (process.argv.includes("--idle")) {
  await printIdle();
  await world[Symbol.asyncDispose]();
  process.exit();
}
if (process.argv.includes("--sockets")) {
  await printSockets();
  await world[Symbol.asyncDispose]();
  process.exit();
}
if (process.argv.includes("--watched")) {
  const options = { rounds: isQuick ? 1 : 4, seconds: 3, customers: 10, ordersOfEach: isQuick ? 2 : 5 };
  console.log("Metrics and traces       CPU ms/request   CPU ms/order   resident MB");
  for (const { name, requestMs, orderMs, residentMb } of await measureWatching(world, options)) {
    const row = [requestMs.toFixed(2).padStart(14), orderMs.toFixed(2).padStart(14), String(residentMb).padStart(13)];
    console.log(`  ${name.padEnd(22)} ${row.join(" ")}`);
  }
  await world[Symbol.asyncDispose]();
  process.exit();
}
if (process.argv.includes("--statements")) {
  await ordersPerSecond(world, CUSTOMERS, 2); // warms up
  await world.database.reset();
}
const throughput = await ordersPerSecond(world, CUSTOMERS, isQuick ? 2 : 12);
const { each } = throughput;
console.log(
  `Orders to FULFILLED: ${throughput.ordersPerSecond.toFixed(0)} a second (${throughput.orders} orders of ${CUSTOMERS} customers at once); ` +
    `from placeOrder to FULFILLED p50 ${throughput.p50Ms.toFixed(0)} ms, p95 ${throughput.p95Ms.toFixed(0)} ms.\n` +
    `Each took ${each.statements.toFixed(1)} statements, ${each.commits.toFixed(1)} commits, ` +
    `${each.gatewayCpuMs.toFixed(1)} ms of CPU in the gateway and ${each.cpuMs.toFixed(1)} ms in PostgreSQL.`,
);
if (process.argv.includes("--statements")) {
  console.log("\n  an order      ms  statement");
  for (const { calls, ms, query } of await world.database.most(60)) {
    const [often, long] = [calls, ms].map((sum) => (sum / throughput.orders).toFixed(2).padStart(8));
    console.log(`  ${often}${long}  ${query}`);
  }
  await world[Symbol.asyncDispose]();
  process.exit();
}

if (!isQuick) {
  await printIdle();
  await printSockets();
}

const customerToken = await world.signIn("BENCH-READER", 5_000);
// An operator reads other people's wallets with service credentials.
const env = { ...world.env, CLIENT_POINTS_AUTH: "basic" };
const startedAt = performance.now();
const tessera = await startContender("src/main.ts", env);
const startSeconds = (performance.now() - startedAt) / 1_000;
await delay(2_000);
console.log(`Gateway at rest: ${tessera.residentMb()} MB after a later one, ready in ${startSeconds.toFixed(1)} s.\n`);
const contenders: [name: string, contender: Contender][] = [
  ["hand-written handler", await startContender("bench/contenders/raw.ts", env)],
  ["Tessera", tessera],
  ["stock Apollo", await startContender("bench/contenders/stock-apollo.ts", env)],
];

const queries = [
  ["dashboard", dashboard, customerToken],
  ["orders", orders, OPERATOR_TOKEN],
] as const;

for (const [queryName, query, token] of queries) {
  const [yardstick, ...others] = await Promise.all(
    contenders.map(async ([, { url }]) => JSON.stringify(sorted(await send(url, query, token)))),
  );
  if (others.some((answer) => answer !== yardstick)) throw new Error(`the contenders' answers to ${queryName} differ`);

  const rounds: Measured[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const measured: Measured[] = [];
    for (const [, contender] of contenders) measured.push(await load(contender, query, token, SECONDS));
    rounds.push(measured);
  }
  console.log(
    `${queryName.padEnd(22)} ratio   CPU ms/request   requests/s   p50 ms   (medians of ${ROUNDS} rounds of ${SECONDS} s, 32 connections)`,
  );
  for (const [index, [name]] of contenders.entries()) {
    const of = (pick: (measured: Measured, raw: Measured) => number) =>
      median(rounds.map((round) => pick(round[index] as Measured, round[0] as Measured)));
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
}
for (const [, contender] of contenders) await contender.stop();

// Last, for the gateway goes on crediting what was earned.
if (hasRedis) {
  const rewards = await rewardsPerSecond(world, isQuick ? 20 : 100, isQuick ? 5 : 15);
  console.log(
    `Reward processor: ${rewards.messagesPerSecond.toFixed(0)} messages a second, ${rewards.cpuMs.toFixed(1)} ms of its CPU each ` +
      `(${rewards.messages} purchases and check-ins of ${rewards.members} members, half of them linked; one process, PostgreSQL and Redis on disk); ` +
      `${rewards.repeatsPerSecond.toFixed(0)} repeats a second answered from record.`,
  );
} else console.log(`Reward processor:${whyNoRedis}`);

async function printIdle(): Promise<void> {
  const { statementsPerSecond, gatewayCpuMs, postgresCpuMs } = await measureIdle(world);
  console.log(
    `Idle: ${statementsPerSecond.toFixed(1)} statements a second, ${gatewayCpuMs.toFixed(1)} ms of CPU a second in the gateway ` +
      `and ${postgresCpuMs.toFixed(1)} ms in PostgreSQL.`,
  );
}

async function printSockets(): Promise<void> {
  const { idle, event, most } = await measureSockets(world, { sockets: 1_000, most: 5_000 });
  console.log(
    `${idle.sockets} sockets on the status of ${idle.orders} orders, idle: ${idle.cpuMs.toFixed(1)} ms of CPU a second in gateway and PostgreSQL.\n` +
      `An event to ${event.sockets} subscribers of one order: ${event.gatewayMs.toFixed(0)} ms of CPU in the gateway, ` +
      `${(event.gatewayMs / event.bareMs).toFixed(1)} × bare graphql-ws (${event.bareMs.toFixed(0)} ms).\n` +
      `${most.sockets} sockets are ${most.isServed ? "all" : "NOT all"} served, with ${most.kilobytesEach.toFixed(0)} kB of memory each.\n`,
  );
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The same for answers that differ only in the order of their keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
