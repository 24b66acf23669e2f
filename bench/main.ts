// Prints the figures of docs/figures.md; see bench/README.md.
//
//   npm run bench [-- [--orders] [--idle] [--sockets] [--queries] [--rewards] [--webhooks] [--memory] [--watched] [--growth] [--dashboard] [--statements] [--profile] [--quick]]
import { setTimeout as delay } from "node:timers/promises";
import { hasRedis, whyNoRedis } from "../test/support/redis.ts";
import { answerDashboard, hasPrometheus } from "./dashboard.ts";
import { growthInWords, measureGrowth } from "./growth.ts";
import { measureIdle } from "./idle.ts";
import { busyNote } from "./machine.ts";
import { measureOrders, type OrderRow } from "./orders.ts";
import { measurePages, pagesInWords } from "./pages.ts";
import { measureProduction } from "./production.ts";
import { openProfiler, percent, printShares } from "./profile.ts";
import { printQueries } from "./queries.ts";
import { rewardsPerSecond } from "./reward-processor.ts";
import { measureSockets } from "./sockets.ts";
import { measureWatching } from "./watched.ts";
import { measureWebhooks } from "./webhooks.ts";
import { makeWorld } from "./world.ts";

const flags = new Set(process.argv.slice(2));
const PARTS = [
  "--orders",
  "--idle",
  "--sockets",
  "--queries",
  "--memory",
  "--rewards",
  "--webhooks",
  "--watched",
  "--growth",
  "--dashboard",
] as const;
/** They run only if named. */
const BY_NAME: readonly string[] = ["--watched", "--growth", "--dashboard"];
const unknown = [...flags].filter((flag) => ![...PARTS, "--statements", "--profile", "--quick"].includes(flag));
if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(" ")}: unknown. ${PARTS.join(", ")} choose the parts; see bench/README.md.\n`);
  process.exit(1);
}
const isQuick = flags.has("--quick");
const isProfiled = flags.has("--profile");
/** With `--queries` the profile is of these. */
const isForStatements = flags.has("--statements") || (isProfiled && !flags.has("--queries"));
const parts = PARTS.filter((part) => flags.has(part));
const has = (part: (typeof PARTS)[number]) =>
  !isForStatements && ((parts.length === 0 && !BY_NAME.includes(part)) || parts.includes(part));

if (has("--growth")) await printPages(); // before other measurements take memory and CPU

await using world = await makeWorld({ isProfiled: isProfiled && isForStatements });
await delay(2_000);
console.log(`Gateway at rest: ${world.gateway.residentMb()} MB after its first start, which filled the database.\n`);
if (isForStatements) await printStatements();
if (has("--orders")) await printOrders();
if (has("--idle")) await printIdle();
if (has("--sockets")) await printSockets();
if (has("--queries")) await printQueries(world, { rounds: isQuick ? 4 : 16, isProfiled });
if (has("--webhooks")) await printWebhooks();
if (has("--memory")) await printProduction();
if (has("--watched")) await printWatching();
if (has("--growth")) console.log(`${growthInWords(await measureGrowth(world, isQuick ? 100 : 400))}\n`);
if (has("--dashboard")) await printDashboard();
if (has("--rewards")) await printRewards(); // last, because the gateway continues to credit the earned points

async function printPages(): Promise<void> {
  const size = isQuick ? { rewards: 10_000, orders: 100_000 } : { rewards: 100_000, orders: 1_000_000 };
  console.log(`${pagesInWords(await measurePages(size, console.log))}\n`);
}

async function printOrders(): Promise<void> {
  const { rows, othersShare } = await measureOrders(world, { rounds: isQuick ? 1 : 2, ordersARound: 100 });
  printOrderRows(rows, othersShare);
  for (const words of await world.database.deadlocksInWords()) console.log(words);
}

function printOrderRows(rows: readonly OrderRow[], othersShare: number): void {
  console.log(
    "Orders to FULFILLED                  at once  orders/s  p50 ms  p95 ms | an order: statements commits fsyncs calls |" +
      " CPU ms: gateway PostgreSQL sandbox  load",
  );
  for (const { name, customers, ordersPerSecond, p50Ms, p95Ms, each } of rows) {
    const by = (value: number, width: number, digits = 0) => value.toFixed(digits).padStart(width);
    const clock = `${by(ordersPerSecond, 10)}${by(p50Ms, 8)}${by(p95Ms, 8)}`;
    const counts = `${by(each.statements, 23, 1)}${by(each.commits, 8, 1)}${by(each.fsyncs, 7, 1)}${by(each.upstreamCalls, 6, 1)}`;
    const cpu = `${by(each.gatewayMs, 16, 1)}${by(each.postgresMs, 11, 1)}${by(each.sandboxMs, 8, 1)}${by(each.loadMs, 6, 1)}`;
    console.log(`  ${name.padEnd(36)}${String(customers).padStart(6)}${clock} |${counts} |${cpu}`);
  }
  for (const { name, failed, problem, orders, deadlocks } of rows) {
    if (failed > 0) console.log(`  ${name}: ${failed} of ${orders + failed} orders FAILED: ${problem}`);
    if (deadlocks > 0) console.log(`  ${name}: ${deadlocks} DEADLOCKS`);
  }
  const [failed, deadlocks] = [sumOf(rows, "failed"), sumOf(rows, "deadlocks")];
  if (failed + deadlocks === 0) console.log(`  ${sumOf(rows, "orders")} orders, none failed, no deadlock.`);
  printBusy(othersShare);
}

/** The statements of an order, and with `--profile` the gateway's CPU by function. */
async function printStatements(): Promise<void> {
  const profiler = world.inspectPort === null ? undefined : await openProfiler(world.inspectPort);
  const options = { rounds: 1, ordersARound: isQuick ? 100 : 400, only: "one process" as const };
  const { rows, othersShare } = await measureOrders(world, { ...options, watch: profiler });
  printOrderRows(rows, othersShare);
  const orders = sumOf(rows, "orders");
  const most = await world.database.most(60);
  const allMs = most.reduce((sum, { ms }) => sum + ms, 0);
  console.log("\n  an order      ms  share  statement, by its time in the server");
  for (const { calls, ms, query } of most) {
    const [often, long] = [calls, ms].map((sum) => (sum / orders).toFixed(2).padStart(8));
    console.log(`  ${often}${long}${percent(ms / allMs)}  ${query}`);
  }
  if (!profiler) return;
  printShares(profiler.shares());
  profiler.close();
}

async function printIdle(): Promise<void> {
  const { statementsPerSecond, gatewayCpuMs, postgresCpuMs } = await measureIdle(world, isQuick ? 20 : 60);
  console.log(
    `Idle: ${statementsPerSecond.toFixed(1)} statements a second, ${gatewayCpuMs.toFixed(1)} ms of CPU a second in the gateway ` +
      `and ${postgresCpuMs.toFixed(1)} ms in PostgreSQL.\n`,
  );
}

async function printSockets(): Promise<void> {
  const { idle, event, most } = await measureSockets(world, { sockets: 1_000, most: 5_000 });
  console.log(
    `${idle.sockets} sockets on the status of ${idle.orders} orders, idle: ${(idle.gatewayMs + idle.postgresMs).toFixed(1)} ms of CPU a second, ` +
      `${idle.gatewayMs.toFixed(1)} in the gateway and ${idle.postgresMs.toFixed(1)} in PostgreSQL.\n` +
      `An event to ${event.sockets} subscribers of one order: ${event.gatewayMs.toFixed(0)} ms of CPU in the gateway, ` +
      `${(event.gatewayMs / event.bareMs).toFixed(1)} × bare graphql-ws (${event.bareMs.toFixed(0)} ms; means of ${event.events} events).\n` +
      `${most.sockets} sockets are ${most.isServed ? "all" : "NOT all"} served, with ${most.kilobytesEach.toFixed(0)} kB of memory each; ` +
      `the last had its first event after ${most.seconds.toFixed(1)} s.\n`,
  );
}

async function printProduction(): Promise<void> {
  const { readySeconds, readyCpuMs, atRestMb, underOrdersMb } = await measureProduction(world);
  console.log(
    `The production build: ready in ${readySeconds.toFixed(1)} s with ${readyCpuMs.toFixed(0)} ms of CPU; ${atRestMb} MB after 30 s at rest, ` +
      `${underOrdersMb} MB after the orders query from 50 connections.\n`,
  );
}

async function printWatching(): Promise<void> {
  const options = { rounds: isQuick ? 1 : 4, requests: 1_000, ordersARound: 50 };
  console.log("Metrics and traces       CPU ms/request   CPU ms/order   resident MB");
  for (const { name, requestMs, orderMs, residentMb } of await measureWatching(world, options)) {
    const row = [requestMs.toFixed(2).padStart(14), orderMs.toFixed(2).padStart(14), String(residentMb).padStart(13)];
    console.log(`  ${name.padEnd(22)} ${row.join(" ")}`);
  }
}

async function printDashboard(): Promise<void> {
  if (!hasPrometheus) return console.log("Dashboard: no prometheus on the PATH (apt-get install prometheus).\n");
  const { queries, alerts, targets } = await answerDashboard(world);
  console.log(`Prometheus scrapes ${targets.map(({ instance, health }) => `${instance} (${health})`).join(", ")}.`);
  console.log("series        most  panel: query");
  for (const { panel, expr, series, most, error } of queries) {
    const cells = [String(series ?? "-").padStart(6), (most?.toPrecision(3) ?? "-").padStart(11)];
    console.log(`${cells.join(" ")}  ${panel}: ${error ?? expr}`);
  }
  const failed = queries.filter(({ error }) => error !== null);
  const empty = queries.filter(({ series }) => series === 0);
  const ill = alerts.filter(({ health }) => health !== "ok");
  const raised = alerts.filter(({ state }) => state !== "inactive").map(({ name, state }) => `${name} (${state})`);
  console.log(
    `${queries.length} queries of the dashboard: ${failed.length} failed, ${empty.length} without a series. ` +
      `${alerts.length} alert rules: ${ill.length} not evaluated; ${raised.join(", ") || "none"} raised.`,
  );
  const zero = queries.filter(({ most }) => most === 0).map(({ panel }) => panel);
  console.log(`Panels with a query that stayed at 0: ${[...new Set(zero)].join(", ") || "none"}.\n`);
  if (failed.length + empty.length + ill.length > 0 || targets.some(({ health }) => health !== "up"))
    process.exitCode = 1;
}

async function printWebhooks(): Promise<void> {
  console.log("Webhooks: a receiver that                deliveries/s   CPU ms each");
  for (const { receiver, perSecond, cpuMs } of await measureWebhooks(world, { messages: isQuick ? 400 : 2_000 })) {
    console.log(`  ${receiver.padEnd(38)} ${perSecond.toFixed(0).padStart(12)} ${cpuMs.toFixed(2).padStart(13)}`);
  }
  console.log();
}

async function printRewards(): Promise<void> {
  if (!hasRedis) return console.log(`Reward processor:${whyNoRedis}`);
  const rewards = await rewardsPerSecond(world, isQuick ? 20 : 100, isQuick ? 5 : 15);
  console.log(
    `Reward processor: ${rewards.messagesPerSecond.toFixed(0)} messages a second, ${rewards.cpuMs.toFixed(1)} ms of its CPU each ` +
      `(${rewards.messages} purchases and check-ins of ${rewards.members} members, half of them linked; one process, PostgreSQL and Redis on disk); ` +
      `${rewards.repeatsPerSecond.toFixed(0)} repeats a second answered from record.`,
  );
}

function printBusy(othersShare: number): void {
  const note = busyNote(othersShare);
  console.log(note === "" ? "" : `  ${note}\n`);
}

function sumOf<Key extends string>(rows: readonly Record<Key, number>[], key: Key): number {
  return rows.reduce((sum, row) => sum + row[key], 0);
}
