import autocannon from "autocannon";
import type { Contender } from "./contender.ts";

export interface Measured {
  requestsPerSecond: number;
  p50Ms: number;
  /** CPU of the server, milliseconds a request. */
  cpuMs: number;
}

const CONNECTIONS = 32;

/** Sends one operation over and over for a while. @throws when any answer was not a good one */
export async function load(contender: Contender, query: string, token: string, seconds: number): Promise<Measured> {
  const options = {
    url: `${contender.url}/graphql`,
    method: "POST" as const,
    connections: CONNECTIONS,
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  };
  await autocannon({ ...options, duration: 2 }); // warm
  const before = contender.cpuSeconds();
  const result = await autocannon({ ...options, duration: seconds });
  const cpu = contender.cpuSeconds() - before;
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} bad answers, ${result.errors} errors`);
  return {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    cpuMs: (cpu * 1_000) / result.requests.total,
  };
}
