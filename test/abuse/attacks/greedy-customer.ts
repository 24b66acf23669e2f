import { setTimeout as delay } from "node:timers/promises";
import type { Attack } from "../main.ts";
import { bystander } from "../world.ts";

const SECONDS = 8;
const AT_ONCE = 30;

/** A customer in two groups reads them and their members without end, where Capillary takes 300 calls a minute. */
export const attack: Attack = {
  env: {
    CAPILLARY_CALLS_PER_MINUTE: "300",
    CATALOG_SYNC_SECONDS: "0",
    UPSTREAM_TIMEOUT_MS: "2000",
    COST_PER_MINUTE_CUSTOMER: "1000000000",
    COST_PER_MINUTE_ADDRESS: "1000000000",
  },
  async run(world) {
    const greedy = { authorization: `Bearer ${await world.signIn("CUST12345")}` };
    const other = { authorization: `Bearer ${await world.signIn("CUST67890")}` };
    const end = performance.now() + SECONDS * 1_000;
    let [asked, refused] = [0, 0];
    const attacking = Promise.all(
      Array.from({ length: AT_ONCE }, async (_, nth) => {
        await delay(nth * 7); // requests that begin at different moments
        while (performance.now() < end) {
          const { body } = await world.send("{ me { groupWallets { groupId balance members { name } } } }", greedy);
          asked += 1;
          if (body.errors) refused += 1;
        }
      }),
    );
    const waits = await bystander(world, "{ me { groupWallets { groupId balance } } }", attacking, other);
    const { calls } = (await (await fetch(`${world.sandboxUrl}/__sandbox/calls?since=0`)).json()) as {
      calls: { upstream: string }[];
    };
    return {
      "asked by one customer, of which failed": `${asked}, ${refused}`,
      "calls that Capillary got": String(calls.filter(({ upstream }) => upstream !== "client").length),
      "the bystander's wait for groups, median and worst": `${waits.p50} and ${waits.worst} ms`,
      "the bystander's failures": `${waits.failed} of ${waits.asked}`,
    };
  },
};
