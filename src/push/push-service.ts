import { urlProblem } from "../webhooks/index.ts";

const MAX_ENDPOINT = 1_000;

/**
 * The push service of an endpoint: the entry of the list that its host matches. An endpoint comes from a browser, so
 * anybody may choose it: the list keeps messages from other addresses, and bounds the number of services. Whether the
 * host is public is checked at each connection.
 *
 * @param services host names, or `*.` and the end of one
 * @returns the reason if messages cannot be sent to the endpoint
 */
export function serviceOf(
  endpoint: string,
  { services, mayBePrivate }: { services: readonly string[]; mayBePrivate: boolean },
): { service: string } | { problem: string } {
  if (endpoint.length > MAX_ENDPOINT) return { problem: `is longer than ${MAX_ENDPOINT} characters` };
  const problem = urlProblem(endpoint, mayBePrivate);
  if (problem !== null) return { problem };
  const { hostname, port } = new URL(endpoint);
  const service = services.find((name) =>
    name.startsWith("*.") ? hostname.endsWith(name.slice(1)) : hostname === name,
  );
  if (service === undefined || (port !== "" && !mayBePrivate)) return { problem: "is not one of a known push service" };
  return { service };
}
