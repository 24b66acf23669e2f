import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems give to outgoing connections and to servers that name none. */
const RANGE = [10_000, 32_000] as const;

/**
 * A port where nothing listens. Chosen at random, and where the system chooses none, so that nobody else takes it before the
 * program that is told to listen there.
 */
export async function freePort(): Promise<string> {
  for (;;) {
    const port = randomInt(...RANGE);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return String(port);
  }
}
