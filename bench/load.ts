import autocannon from "autocannon";
import type { Contender } from "./contender.ts";

export interface Measured {
  requestsPerSecond: number;
  p50Ms: number;
  /** CPU of the server, milliseconds a request. */
  cpuMs: number;
}

/** An operation that is sent repeatedly. */
export interface Load {
  query: string;
  /** A token for each connection, so that as many customers send requests at once. */
  tokens: readonly string[];
  requests: number;
}

const CONNECTIONS = 50;

/**
 * autocannon ends a run at its next sample. With the default of a second the contender would be idle until then, and V8 would use such pauses
 * to shrink its heap, which a process under load does not do.
 */
const SAMPLE_MS = 20;

/** Sends an operation so many times. @throws if any answer is not successful */
export async function load(contender: Contender, { query, tokens, requests }: Load): Promise<Measured> {
  let connection = 0;
  const before = contender.cpuSeconds();
  const startedAt = performance.now();
  const result = await autocannon({
    url: `${contender.url}/graphql`,
    method: "POST",
    connections: CONNECTIONS,
    amount: requests,
    sampleInt: SAMPLE_MS,
    timeout: 120, // seconds: on a busy machine a request to a slow contender takes longer than the default of 10
    body: JSON.stringify({ query }),
    setupClient(client) {
      const token = tokens[connection % tokens.length];
      connection += 1;
      client.setHeaders({ "content-type": "application/json", authorization: `Bearer ${token}` });
    },
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = contender.cpuSeconds() - before;
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} bad answers, ${result.errors} errors`);
  return {
    requestsPerSecond: result.requests.total / seconds,
    p50Ms: result.latency.p50,
    cpuMs: (cpu * 1_000) / result.requests.total,
  };
}
