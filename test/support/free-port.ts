import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems assign to outgoing connections and to servers without a fixed port. */
const RANGE = [10_000, 32_000] as const;

/**
 * A port without a listener. Random, and outside the range that the system assigns, so that no other program takes it
 * before the program under test listens there.
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
