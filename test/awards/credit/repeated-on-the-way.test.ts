import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AWARDS_TO_CREDIT } from "../../../src/domain/topics.ts";
import { makeLocalBus } from "../../../src/platform/events.ts";
import { type InProcessGateway, startTestGateway } from "../../support/gateway.ts";
import { type RepeatingProxy, startRepeatingProxy } from "../../support/repeating-proxy.ts";
import { retriesOfTests } from "../../support/retries.ts";
import { awardsSettled, creditsOf, insertAwards } from "../../support/rewards/awards.ts";

/** A credit has a permanent reference of its own, so neither repetitions nor other channels can hide or double it. */

let proxy: RepeatingProxy;
let gateway: InProcessGateway;
const bus = makeLocalBus();
beforeAll(async () => {
  proxy = await startRepeatingProxy();
  gateway = await startTestGateway(
    { CLIENT_SETTLE_SECONDS: "0.05", CLIENT_API_URL: proxy.url },
    { pace: { creditPollMs: 50, retries: retriesOfTests({ credit: { firstPauseMs: 10 } }) }, openBus: async () => bus },
  );
  proxy.forwardTo(gateway.sandbox.url);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

async function award(points: number): Promise<{ id: string; customerId: string }> {
  const customerId = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 0 });
  const [id = ""] = await insertAwards(gateway, [{ customerId, points }]);
  bus.notify(AWARDS_TO_CREDIT);
  return { id, customerId };
}

test("a credit that a proxy repeats is credited once", async () => {
  proxy.repeat("/api/v1/points/credit", 3);
  const { id, customerId } = await award(200);
  expect(await awardsSettled(gateway, [id])).toMatchObject([{ state: "CREDITED", attempts: 1 }]);
  expect(creditsOf(gateway, customerId)).toEqual([{ reference: `AWARD-${id}`, points: 200 }]);
  proxy.repeat("/api/v1/points/credit", 1);
});

test.each(["commit-then-drop", "drop-before"] as const)(
  "a credit whose answer is lost (%s) while another channel grants exactly as many points is credited once",
  async (fault) => {
    const call = gateway.fault("credit", { fault: "hold", commit: fault === "commit-then-drop" });
    const { id, customerId } = await award(200);
    await gateway.sandbox.faults.held(call);
    gateway.sandbox.client.credit(customerId, 200);
    gateway.sandbox.faults.release({ id: call.id, with: "drop" });
    expect(await awardsSettled(gateway, [id])).toMatchObject([{ state: "CREDITED", attempts: 2 }]);
    expect(gateway.sandbox.client.balance(customerId)).toBe(400);
    expect(creditsOf(gateway, customerId).filter(({ reference }) => reference === `AWARD-${id}`)).toHaveLength(1);
  },
);
