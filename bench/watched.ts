import { freePort } from "../test/support/free-port.ts";
import { type Contender, startContender } from "./contender.ts";
import { load } from "./load.ts";
import { measureOrders } from "./orders.ts";
import { dashboard } from "./queries.ts";
import type { World } from "./world.ts";

export interface WatchCost {
  name: string;
  /** CPU of the gateway, milliseconds: medians of the rounds. */
  requestMs: number;
  orderMs: number;
  residentMb: number;
}

const SCRAPE_EVERY_MS = 5_000;

/**
 * Measures the costs of metrics and traces for a gateway, in alternation, so that all variants see the same machine.
 */
export async function measureWatching(
  world: World,
  options: { rounds: number; requests: number; ordersARound: number },
): Promise<WatchCost[]> {
  const sink = await startContender("bench/contenders/trace-sink.ts", {});
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
  const kinds: [name: string, env: Record<string, string>][] = [
    ["neither", {}],
    ["metrics", { METRICS_PORT: await freePort() }],
    ["metrics, 10 % traced", { METRICS_PORT: await freePort(), ...traces, OTEL_TRACES_SAMPLER_ARG: "0.1" }],
    ["metrics, all traced", { METRICS_PORT: await freePort(), ...traces, OTEL_TRACES_SAMPLER_ARG: "1" }],
  ];
  const token = await world.signIn("BENCH-WATCHED", 5_000);
  const gateways: { name: string; gateway: Contender; requests: number[]; orders: number[] }[] = [];
  const scrapes: NodeJS.Timeout[] = [];
  for (const [name, env] of kinds) {
    const gateway = await startContender("src/main.ts", { ...world.env, ...env });
    gateways.push({ name, gateway, requests: [], orders: [] });
    const { METRICS_PORT } = env;
    const scrape = () => void fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`).then((answer) => answer.text());
    if (METRICS_PORT) scrapes.push(setInterval(scrape, SCRAPE_EVERY_MS));
  }
  for (let round = 0; round < options.rounds; round += 1) {
    // Each round begins with another variant, because the machine's load changes during a run.
    const turns = gateways.map((_, turn) => gateways[(turn + round) % gateways.length]);
    for (const each of turns) {
      if (!each) continue;
      const { gateway, requests, orders } = each;
      requests.push((await load(gateway, { query: dashboard, tokens: [token], requests: options.requests })).cpuMs);
      const { rows } = await measureOrders(
        { ...world, gateway },
        { rounds: 1, ordersARound: options.ordersARound, only: "one process", waitsForReports: false },
      );
      orders.push(rows[0]?.each.gatewayMs ?? Number.NaN);
    }
  }
  const costs = gateways.map(({ name, gateway, requests, orders }) => ({
    name,
    requestMs: median(requests),
    orderMs: median(orders),
    residentMb: gateway.residentMb(),
  }));
  for (const scrape of scrapes) clearInterval(scrape);
  for (const { gateway } of gateways) await gateway.stop();
  await sink.stop();
  return costs;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
