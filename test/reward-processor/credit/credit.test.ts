import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { FaultScript } from "../../../sandbox/faults.ts";
import { makeLocalBus } from "../../../src/platform/events.ts";
import { AWARDS_TO_CREDIT } from "../../../src/reward-processor/credit/topic.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { captureLog } from "../../support/log.ts";
import { awardsSettled, creditsOf, insertAwards, readAwards } from "../support/awards.ts";

vi.setConfig({ testTimeout: 120_000 });

const HOUR_MS = 60 * 60 * 1_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS);

let gateway: TestGateway;
const bus = makeLocalBus();
const captured = await captureLog();
beforeAll(async () => {
  gateway = await startTestGateway(
    { UPSTREAM_TIMEOUT_MS: "1000", CLIENT_SETTLE_SECONDS: "3" },
    { creditPollMs: 200, openBus: async () => bus, log: captured.log },
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());

function newCustomer(balance = 0): string {
  const customerId = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance });
  return customerId;
}
const award = async (customerId: string | null, more: object = {}) => {
  const [id = ""] = await insertAwards(gateway, [{ customerId, ...more }]);
  bus.ring(AWARDS_TO_CREDIT);
  return id;
};
const settled = async (id: string) => (await awardsSettled(gateway, [id]))[0];
const seen = async (id: string) => (await readAwards(gateway, [id]))[0];
const sentFor = (customerId: string) =>
  gateway.sandbox.calls
    .since(0)
    .filter((call) => call.operation === "credit" && (call.body as { customer_id: string }).customer_id === customerId);

describe("an award", () => {
  test("is credited under its own reference, once, and says so", async () => {
    const customerId = newCustomer(50);
    const id = await award(customerId, { points: 250 });
    expect(await settled(id)).toMatchObject({
      state: "CREDITED",
      ledger: "CLIENT",
      credit_reference: `AWARD-${id}`,
      attempts: 1,
      sent_at: expect.any(Date),
      settled_at: expect.any(Date),
      last_error: null,
      due_at: null,
      under_way_until: null,
    });
    expect(creditsOf(gateway, customerId)).toEqual([{ reference: `AWARD-${id}`, points: 250 }]);
    expect(gateway.sandbox.client.account(customerId)).toMatchObject({ balance_points: 300, points_earned: 300 });
  });

  test("of a customer the ledger does not know is refused, and why is on record", async () => {
    const id = await award("NOBODY");
    expect(await settled(id)).toMatchObject({ state: "REFUSED", attempts: 1 });
    expect((await seen(id))?.last_error).toContain("Invalid Customer ID");
  });

  test("waits for its day", async () => {
    const customerId = newCustomer();
    const [later, soon] = [
      await award(customerId, { availableAt: inHours(1) }),
      await award(customerId, { availableAt: new Date(Date.now() + 700), points: 7 }),
    ];
    await delay(300);
    expect(await seen(soon)).toMatchObject({ state: "PENDING", attempts: 0, sent_at: null });
    expect(await settled(soon)).toMatchObject({ state: "CREDITED" });
    expect(await seen(later)).toMatchObject({ state: "PENDING", attempts: 0, sent_at: null });
    expect(creditsOf(gateway, customerId)).toMatchObject([{ points: 7 }]);
  });

  test("of somebody unknown waits, and is credited when they are known", async () => {
    const customerId = newCustomer();
    const id = await award(null);
    await delay(300);
    expect(await seen(id)).toMatchObject({ state: "PENDING", attempts: 0, sent_at: null });
    await gateway.sql("update reward_awards set customer_id = $1 where id = $2", [customerId, id]);
    bus.ring(AWARDS_TO_CREDIT);
    expect(await settled(id)).toMatchObject({ state: "CREDITED" });
  });

  test.each([
    ["of a customer", newCustomer],
    ["of somebody unknown", () => null],
  ] as const)("%s whose last day has passed lapses, and nothing is sent", async (_, whose) => {
    const customerId = whose();
    const id = await award(customerId, { expiresAt: inHours(-1) });
    expect(await settled(id)).toMatchObject({
      state: "LAPSED",
      attempts: 0,
      sent_at: null,
      settled_at: expect.any(Date),
    });
    if (customerId) expect(sentFor(customerId)).toEqual([]);
  });

  test("is found without a ring", async () => {
    const [id = ""] = await insertAwards(gateway, [{ customerId: newCustomer() }]);
    expect(await settled(id)).toMatchObject({ state: "CREDITED" });
  });

  test("of tickets is left alone", async () => {
    const id = await award(null, { availableAt: inHours(1) });
    await gateway.sql("alter table reward_awards disable trigger reward_awards_freeze");
    await gateway.sql(
      "update reward_awards set unit = 'TICKETS', draw_id = 'd', customer_id = 'X', available_at = now() - interval '1 day', expires_at = now() - interval '1 hour' where id = $1",
      [id],
    );
    await gateway.sql("alter table reward_awards enable trigger reward_awards_freeze");
    bus.ring(AWARDS_TO_CREDIT);
    await delay(400);
    expect(await seen(id)).toMatchObject({ state: "PENDING", attempts: 0 });
  });
});

describe("a ledger that", () => {
  type Script = Omit<FaultScript, "upstream" | "operation">;
  test.each<[string, Script, { state: string; attempts: number }]>([
    ["credits and hangs up", { fault: "commit-then-drop" }, { state: "CREDITED", attempts: 2 }],
    ["hangs up", { fault: "drop-before" }, { state: "CREDITED", attempts: 2 }],
    ["fails", { fault: "http-500" }, { state: "CREDITED", attempts: 2 }],
    ["credits and fails", { fault: "http-500", commit: true }, { state: "CREDITED", attempts: 2 }],
    ["answers HTML", { fault: "malformed" }, { state: "CREDITED", attempts: 2 }],
    [
      "credits and answers half",
      { fault: "malformed", message: "half", commit: true },
      { state: "CREDITED", attempts: 2 },
    ],
    ["answers too late", { fault: "delay", delayMs: 1_500 }, { state: "CREDITED", attempts: 2 }],
    ["has too much to do", { fault: "rate-limit" }, { state: "CREDITED", attempts: 2 }],
    ["fails four times", { fault: "http-500", times: 4 }, { state: "CREDITED", attempts: 5 }],
    ["says no", { fault: "refuse" }, { state: "REFUSED", attempts: 1 }],
  ])("%s has credited once or not at all", async (_, script, expected) => {
    const customerId = newCustomer();
    gateway.fault("credit", script);
    const id = await award(customerId);
    expect(await settled(id)).toMatchObject(expected);
    if (script.fault === "delay") await delay(1_500);
    const reference = `AWARD-${id}`;
    expect(creditsOf(gateway, customerId)).toEqual(expected.state === "CREDITED" ? [{ reference, points: 100 }] : []);
    const references = sentFor(customerId).map(({ body }) => (body as { reference: string }).reference);
    expect(new Set(references)).toEqual(new Set([reference]));
  });

  test("says no to a repetition is not believed while the first call may be under way", async () => {
    const customerId = newCustomer();
    gateway.fault("credit", { fault: "delay", delayMs: 1_300 });
    gateway.fault("credit", { fault: "refuse" });
    const id = await award(customerId);
    expect(await settled(id)).toMatchObject({ state: "CREDITED" });
    expect(creditsOf(gateway, customerId)).toHaveLength(1);
  });
});

test("one in doubt for too long is put before people, and said aloud", async () => {
  const customerId = newCustomer();
  gateway.fault("credit", { fault: "http-500" });
  const id = await award(customerId);
  await gateway.until(async () => (await seen(id))?.state === "UNCERTAIN");
  gateway.fault("credit", { fault: "http-500" });
  await gateway.sql("update reward_awards set sent_at = now() - interval '7 hours' where id = $1", [id]);
  expect(await settled(id)).toMatchObject({
    state: "NEEDS_ATTENTION",
    settled_at: null,
    credit_reference: `AWARD-${id}`,
  });
  expect(captured.text()).toContain("An award needs attention");
});

test("many awards of many customers are credited together, each once", async () => {
  const customers = Array.from({ length: 20 }, () => newCustomer());
  const awards = Array.from({ length: 600 }, (_, nth) => ({ customerId: customers[nth % 20] ?? "", points: nth + 1 }));
  const ids = await insertAwards(gateway, awards);
  bus.ring(AWARDS_TO_CREDIT);
  const done = await awardsSettled(gateway, ids);
  expect(done.every(({ state }) => state === "CREDITED")).toBe(true);
  const references = customers.flatMap((customerId) =>
    creditsOf(gateway, customerId).map(({ reference }) => reference),
  );
  expect(references.toSorted()).toEqual(ids.map((id) => `AWARD-${id}`).toSorted());
});

describe("a gateway that is started again", () => {
  test("with the right credentials credits what could not be sent: the marks had been taken back", async () => {
    await gateway.restart({ CLIENT_API_PASSWORD: "wrong" });
    const customerId = newCustomer();
    const id = await award(customerId);
    await gateway.until(async () => ((await seen(id))?.attempts ?? 0) > 1);
    await gateway.until(async () => (await seen(id))?.sent_at === null);
    expect(await seen(id)).toMatchObject({ state: "PENDING", under_way_until: null, credit_reference: `AWARD-${id}` });
    await gateway.restart();
    expect(await settled(id)).toMatchObject({ state: "CREDITED" });
    expect(creditsOf(gateway, customerId)).toHaveLength(1);
  });

  test("without the ledger that an award was sent to puts it before people", async () => {
    const id = await award("C", { availableAt: new Date(Date.now() + 4_000) });
    const sent = "sent_at = now(), ledger = 'CAPILLARY', credit_reference = 'r', state = 'UNCERTAIN'";
    await gateway.sql(`update reward_awards set ${sent}, due_at = now() + interval '4 seconds' where id = $1`, [id]);
    await gateway.restart();
    expect(await settled(id)).toMatchObject({ state: "NEEDS_ATTENTION", attempts: 0 });
  });
});
