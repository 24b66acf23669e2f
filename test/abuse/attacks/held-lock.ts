import { setTimeout as delay } from "node:timers/promises";
import type { Attack } from "../main.ts";
import { bystander, requestOtp } from "../world.ts";

const HELD_MS = 6_000;

/** Forty requests for one customer's password while the customer's lock is held, as by a hanging transaction. */
export const attack: Attack = {
  async run(world) {
    const customerId = "CUST12345";
    await world.database.query("begin");
    await world.database.query("select pg_advisory_xact_lock(hashtext('otp.customer'), hashtext($1))", [customerId]);
    const asking = Promise.all(
      Array.from({ length: 40 }, (_, nth) =>
        world.send(requestOtp(customerId), { "x-forwarded-for": `10.3.0.${nth + 1}` }),
      ),
    );
    await delay(300); // the waits that are measured begin while the forty wait for the lock
    const released = delay(HELD_MS).then(() => world.database.query("commit"));
    let notReady = 0;
    let checks = 0;
    const checking = (async () => {
      for (const end = performance.now() + HELD_MS - 500; performance.now() < end; await delay(100)) {
        checks += 1;
        if ((await fetch(`${world.url}/readyz`)).status !== 200) notReady += 1;
      }
    })();
    const waits = await bystander(world, "{ rewards(first: 5) { nodes { name } } }", checking);
    await Promise.all([released, checking, asking]);
    return {
      "`/readyz` not ready": `${notReady} of ${checks}`,
      "the bystander's wait, median and worst": `${waits.p50} and ${waits.worst} ms`,
      "the bystander's failures": `${waits.failed} of ${waits.asked}`,
    };
  },
};
