import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Attack } from "../main.ts";
import { bystander, peakMb } from "../world.ts";

const SECONDS = 10;
const MAX_BYTES = 600 * 1024 * 1024;

/** Opens one socket that sends pings of 60 kB as fast as it can, and never reads. */
export const attack: Attack = {
  async run(world) {
    const { hostname, port } = new URL(world.url);
    const line = connect(Number(port), hostname).on("error", () => {});
    await once(line, "connect");
    line.write(
      `GET /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
    );
    await once(line, "data");
    line.pause();
    const before = world.residentMb();
    const cpuBefore = world.cpuMs();
    const startedAt = performance.now();
    const ping = frame(JSON.stringify({ type: "ping", payload: { padding: "x".repeat(60_000) } }));
    line.write(frame('{"type":"connection_init"}'));

    const attacking = (async () => {
      let sent = 0;
      while (performance.now() - startedAt < SECONDS * 1_000 && sent < MAX_BYTES && !line.destroyed) {
        sent += ping.length;
        if (!line.write(ping)) await moment(line);
      }
      return sent;
    })();
    const [sent, peak, waits] = await Promise.all([
      attacking,
      peakMb(world, attacking),
      bystander(world, "{ rewards(first: 5) { nodes { name } } }", attacking),
    ]);
    const seconds = (performance.now() - startedAt) / 1_000;
    const figures = {
      "sent by one socket": `${Math.round(sent / 1024 / 1024)} MB in ${seconds.toFixed(1)} s`,
      "memory of the gateway": `${before} → ${peak} MB`,
      CPU: `${Math.round(world.cpuMs() - cpuBefore)} ms`,
      "the bystander's wait, median and worst": `${waits.p50} and ${waits.worst} ms`,
      "the socket": line.destroyed ? "was cut off" : "is still open",
    };
    line.destroy();
    return figures;
  },
};

/** Until there is room for more, or the socket was closed, or half a second has passed. */
async function moment(line: Socket): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const ends = ["drain", "close"].map((event) => once(line, event, { signal }));
  await Promise.race([...ends, delay(500, undefined, { signal })]).catch(() => {});
  over.abort();
  await Promise.allSettled(ends);
}

/** A masked text frame; a mask of zeros leaves the payload as it is. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}
