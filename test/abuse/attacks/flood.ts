import { once } from "node:events";
import WebSocket from "ws";
import type { Attack } from "../main.ts";
import { bystander } from "../world.ts";

const SECONDS = 8;
const AT_ONCE = 20;
const SOCKETS = 300;

/** Opens 300 sockets from one address and requests the most expensive pages, twenty at a time. */
export const attack: Attack = {
  async run(world) {
    const own = { "x-forwarded-for": "10.4.0.1" };
    const before = world.residentMb();
    const outcomes = await Promise.all(
      Array.from({ length: SOCKETS }, async () => {
        const ws = new WebSocket(`${world.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
          headers: own,
        });
        ws.on("error", () => {});
        await once(ws, "open").catch(() => {}); // refused
        return ws;
      }),
    );
    const open = outcomes.filter(({ readyState }) => readyState === WebSocket.OPEN).length;

    const end = performance.now() + SECONDS * 1_000;
    let [served, limited] = [0, 0];
    const cpuBefore = world.cpuMs();
    const attacking = Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (performance.now() < end) {
          const { status } = await world.send(
            "{ rewards(first: 100) { totalCount nodes { id sku name description points brand category terms stock imageUrl redeemability { redeemable reasons } } } }",
            own,
          );
          if (status === 429) limited += 1;
          else served += 1;
        }
      }),
    );
    const waits = await bystander(world, "{ rewards(first: 5) { nodes { name } } }", attacking);
    const cpuMs = world.cpuMs() - cpuBefore;
    for (const ws of outcomes) ws.terminate();
    return {
      "sockets of one address": `${open} of ${SOCKETS}`,
      "memory of the gateway": `${before} → ${world.residentMb()} MB`,
      "pages of 100 rewards served, and answered by 429": `${served}, ${limited}`,
      "CPU for each second of the attack": `${Math.round(cpuMs / SECONDS)} ms`,
      "the bystander's wait, median and worst": `${waits.p50} and ${waits.worst} ms`,
    };
  },
};
