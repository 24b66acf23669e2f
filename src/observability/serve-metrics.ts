import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Config } from "../config/config.ts";
import { originOf } from "../http/origin.ts";
import type { Logger } from "../platform/logger.ts";
import { explainListenError } from "../platform/port.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import { metricsListen } from "../program/check-ports.ts";
import type { Metrics } from "./metrics.ts";

export interface WatchServer {
  /** Undefined if the default port was in use. */
  url: string | undefined;
  close(): Promise<void>;
}

/**
 * Serves `/metrics`, and nothing else, on a port of its own, so that the public address never exposes it. Concurrent
 * scrapes share one answer.
 *
 * @throws SetupError naming METRICS_PORT or METRICS_HOST if a configured port is not available. Without a configured
 * port, the process starts without metrics if the default port is in use: a second process on a machine still starts
 */
export async function serveMetrics(
  metrics: Metrics,
  listen: NonNullable<Config["metrics"]>,
  log: Logger,
): Promise<WatchServer> {
  const render = makeSingleFlight<string>();
  const server = createServer((request, response) => {
    const [path] = (request.url ?? "").split("?");
    if (path !== "/metrics" || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(path === "/metrics" ? 405 : 404, { "content-type": "text/plain", allow: "GET, HEAD" });
      return void response.end("Metrics for Prometheus are at /metrics.\n");
    }
    render("metrics", () => metrics.render()).then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      (error: unknown) => {
        log.error({ err: error }, "The metrics could not be gathered");
        response.writeHead(500).end();
      },
    );
  });
  try {
    server.listen(listen.port, listen.host);
    await once(server, "listening");
  } catch (error) {
    const explained = explainListenError(error, metricsListen(listen));
    if (!listen.isDefault) throw explained;
    log.warn(
      { reason: (explained as Error).message },
      "This process shows no metrics. Set METRICS_PORT, or set it to off",
    );
    return { url: undefined, close: async () => {} };
  }
  return {
    url: `${originOf(listen.host, (server.address() as AddressInfo).port)}/metrics`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
