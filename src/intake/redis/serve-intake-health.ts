import { once } from "node:events";
import { createServer } from "node:http";
import type { RedisIntake } from "./run-redis-intake.ts";

/**
 * Serves the health of the reward processor's own process. `/healthz` answers 200 while the process lives. `/readyz`
 * answers 503 with the reason while commands are not processed or the database does not answer.
 *
 * @returns a function that stops the server
 */
export async function serveIntakeHealth(options: {
  port: number;
  host: string;
  intake: Pick<RedisIntake, "problem">;
  checkStore(): Promise<void>;
}): Promise<() => Promise<void>> {
  const { port, host, intake, checkStore } = options;
  const problem = async () =>
    intake.problem() ??
    (await checkStore().then(
      () => null,
      () => "the database does not answer",
    ));
  const server = createServer(async ({ url }, response) => {
    const found = url === "/readyz" ? await problem() : null;
    const status = url !== "/readyz" && url !== "/healthz" ? 404 : found === null ? 200 : 503;
    const body = status === 404 ? { error: "not found" } : { status: found ?? (url === "/readyz" ? "ready" : "ok") };
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(`${JSON.stringify(body)}\n`);
  });
  server.listen(port, host);
  await once(server, "listening");
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
