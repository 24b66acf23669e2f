import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultScript } from "../../../sandbox/faults.ts";
import { AWARDS_TO_CREDIT } from "../../../src/domain/topics.ts";
import { makeLocalBus } from "../../../src/platform/events.ts";
import { HOUR } from "../../support/clock.ts";
import { type InProcessGateway, startTestGateway } from "../../support/gateway.ts";
import { captureLog } from "../../support/log.ts";
import { retriesOfTests } from "../../support/retries.ts";
import { awardsSettled, creditsOf, insertAwards, readAwards, type SeenAward } from "../../support/rewards/awards.ts";
import { startCreditingAlone } from "../../support/rewards/crediting.ts";

/** The gateway's clock, ahead of the time of day by the time that tests have let pass. */
let passedMs = 0;
const clock = { now: () => new Date(Date.now() + passedMs) };
const inHours = (hours: number) => new Date(clock.now().getTime() + hours * HOUR);

let gateway: InProcessGateway;
const bus = makeLocalBus();
const captured = await captureLog();
beforeAll(async () => {
  gateway = await startTestGateway(
    { CLIENT_SETTLE_SECONDS: "3600" }, // a call with an unknown outcome stays in flight until a test ends that
    {
      clock,
      pace: { creditPollMs: 50, retries: retriesOfTests({ credit: { firstPauseMs: 10 } }) },
      openBus: async () => bus,
      log: captured.log,
    },
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
  bus.notify(AWARDS_TO_CREDIT);
  return id;
};
const settled = async (id: string) => (await awardsSettled(gateway, [id]))[0];
const seen = async (id: string) => (await readAwards(gateway, [id]))[0];
const sentFor = (customerId: string) =>
  gateway.sandbox.calls
    .since(0)
    .filter((call) => call.operation === "credit" && (call.body as { customer_id: string }).customer_id === customerId);

/** Resolves once the credit whose caller disconnected has been made. */
const lateEffect = (customerId: string) =>
  gateway.sandbox.calls.waitFor(
    ({ outcome, body }) =>
      outcome === "abandoned" && (body as { customer_id?: string } | null)?.customer_id === customerId,
  );

/** Resolves after the worker has scanned all awards once more, for due credits and for lapsed awards. */
async function anotherRound(): Promise<void> {
  const [credited, lapsed] = [await award(newCustomer()), await award(null, { expiresAt: inHours(-1) })];
  expect(await awardsSettled(gateway, [credited, lapsed])).toMatchObject([{ state: "CREDITED" }, { state: "LAPSED" }]);
}

describe("an award", () => {
  test("is credited under its own reference, once, and publishes an event", async () => {
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

  test("of a customer unknown to the ledger is refused, and the reason is recorded", async () => {
    const id = await award("NOBODY");
    expect(await settled(id)).toMatchObject({ state: "REFUSED", attempts: 1 });
    expect((await seen(id))?.last_error).toContain("Invalid Customer ID");
  });

  test("waits until its credit date", async () => {
    const customerId = newCustomer();
    const [later, soon] = [
      await award(customerId, { availableAt: inHours(2) }),
      await award(customerId, { availableAt: inHours(1), points: 7 }),
    ];
    await anotherRound();
    expect(await seen(soon)).toMatchObject({ state: "PENDING", attempts: 0, sent_at: null });
    passedMs += HOUR;
    bus.notify(AWARDS_TO_CREDIT);
    expect(await settled(soon)).toMatchObject({ state: "CREDITED" });
    expect(await seen(later)).toMatchObject({ state: "PENDING", attempts: 0, sent_at: null });
    expect(creditsOf(gateway, customerId)).toMatchObject([{ points: 7 }]);
  });

  test("of an unknown member waits, and is credited when the member is linked", async () => {
    const customerId = newCustomer();
    const id = await award(null);
    await anotherRound();
    expect(await seen(id)).toMatchObject({ state: "PENDING", attempts: 0, sent_at: null });
    await gateway.sql("update reward_awards set customer_id = $1 where id = $2", [customerId, id]);
    bus.notify(AWARDS_TO_CREDIT);
    expect(await settled(id)).toMatchObject({ state: "CREDITED" });
  });

  test.each([
    ["of a customer", newCustomer],
    ["of an unknown customer", () => null],
  ] as const)("%s whose last day has passed lapses, and no call is made", async (_, whose) => {
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

  test("of tickets is not credited, also when its last day has passed", async () => {
    const ids = [await award(null, { availableAt: inHours(1) }), await award(null, { availableAt: inHours(1) })];
    await gateway.sql("alter table reward_awards disable trigger reward_awards_freeze");
    await gateway.sql(
      `update reward_awards set unit = 'TICKETS', draw_id = 'd', customer_id = 'X', available_at = now() - interval '1 day',
         expires_at = case when id = $2 then now() - interval '1 hour' end
       where id = any($1)`,
      [ids, ids[1]],
    );
    await gateway.sql("alter table reward_awards enable trigger reward_awards_freeze");
    await anotherRound();
    const untouched = { state: "PENDING", attempts: 0 };
    expect(await readAwards(gateway, ids)).toMatchObject([untouched, untouched]);
  });
});

describe("a ledger that", () => {
  type Script = Omit<FaultScript, "upstream" | "operation">;
  test.each<[string, Script, { state: string; attempts: number }]>([
    ["credits and disconnects", { fault: "commit-then-drop" }, { state: "CREDITED", attempts: 2 }],
    ["disconnects", { fault: "drop-before" }, { state: "CREDITED", attempts: 2 }],
    ["fails", { fault: "http-500" }, { state: "CREDITED", attempts: 2 }],
    ["credits and fails", { fault: "http-500", commit: true }, { state: "CREDITED", attempts: 2 }],
    ["answers HTML", { fault: "malformed" }, { state: "CREDITED", attempts: 2 }],
    [
      "credits and answers half",
      { fault: "malformed", message: "half", commit: true },
      { state: "CREDITED", attempts: 2 },
    ],
    ["disconnects and credits later", { fault: "hold", hangUp: true }, { state: "CREDITED", attempts: 2 }],
    ["does not answer in time", { fault: "never-answer" }, { state: "CREDITED", attempts: 2 }],
    [
      "credits and gives no answer in time",
      { fault: "never-answer", commit: true },
      { state: "CREDITED", attempts: 2 },
    ],
    ["has too much to do", { fault: "rate-limit" }, { state: "CREDITED", attempts: 2 }],
    ["fails four times", { fault: "http-500", times: 4 }, { state: "CREDITED", attempts: 5 }],
    ["refuses", { fault: "refuse" }, { state: "REFUSED", attempts: 1 }],
  ])("%s has credited once or not at all", async (_, script, expected) => {
    const customerId = newCustomer();
    const fault = gateway.fault("credit", script);
    const id = await award(customerId);
    if (script.fault === "never-answer") {
      await gateway.sandbox.faults.held(fault);
      gateway.endTimeouts("credit");
    }
    expect(await settled(id)).toMatchObject(expected);
    if (script.fault === "hold") gateway.sandbox.faults.release();
    if (script.fault === "hold" || script.fault === "never-answer") await lateEffect(customerId);
    const reference = `AWARD-${id}`;
    expect(creditsOf(gateway, customerId)).toEqual(expected.state === "CREDITED" ? [{ reference, points: 100 }] : []);
    const references = sentFor(customerId).map(({ body }) => (body as { reference: string }).reference);
    expect(new Set(references)).toEqual(new Set([reference]));
  });

  test("refuses a repetition is not believed while the first call may be in flight", async () => {
    const customerId = newCustomer();
    gateway.fault("credit", { fault: "hold", hangUp: true });
    gateway.fault("credit", { fault: "refuse", message: "Not now" });
    const id = await award(customerId);
    await gateway.until(async () => (await seen(id))?.last_error?.includes("Not now") === true);
    const inDoubt = await seen(id);
    expect(inDoubt).toMatchObject({ state: "UNCERTAIN", attempts: 2 });
    // The award is sent again when the first call cannot take effect any more, and not before.
    expect(+(inDoubt?.due_at ?? 0)).toBeGreaterThanOrEqual(+(inDoubt?.under_way_until ?? Infinity));
    gateway.sandbox.faults.release();
    await lateEffect(customerId);
    await gateway.sql("update reward_awards set due_at = now(), under_way_until = now() where id = $1", [id]);
    expect(await settled(id)).toMatchObject({ state: "CREDITED", attempts: 3 });
    expect(creditsOf(gateway, customerId)).toHaveLength(1);
  });
});

describe("without a notification,", () => {
  test("the worker finds an award by polling", async () => {
    await using crediting = await startCreditingAlone({ pollMs: 20 });
    expect(await awardsSettled(crediting, await insertAwards(crediting, [{ customerId: "NOBODY" }]))).toMatchObject([
      { state: "REFUSED" },
    ]);
  });

  // The worker wakes by itself at the award's time: its next poll would come after the test has ended.
  test("an award is sent when its credit date comes", async () => {
    await using crediting = await startCreditingAlone({ pollMs: 10 * HOUR });
    const [known, unknown] = await insertAwards(crediting, [
      { customerId: null },
      { customerId: "NOBODY", availableAt: new Date(Date.now() + 300) },
    ]);
    crediting.bus.notify(AWARDS_TO_CREDIT);
    expect(await awardsSettled(crediting, [unknown ?? ""])).toMatchObject([{ state: "REFUSED" }]);
    expect(await readAwards(crediting, [known ?? ""])).toMatchObject([{ state: "PENDING" }]);
  });
});

test("an award whose outcome stays unknown for too long is escalated to an operator, and logged", async () => {
  gateway.fault("credit", { fault: "http-500" });
  const second = gateway.fault("credit", { fault: "hold" });
  const id = await award(newCustomer());
  await gateway.sandbox.faults.held(second);
  passedMs += 7 * HOUR;
  gateway.sandbox.faults.release({ with: "drop" });
  expect(await settled(id)).toMatchObject({
    state: "NEEDS_ATTENTION",
    settled_at: null,
    credit_reference: `AWARD-${id}`,
  });
  await gateway.until(async () => captured.text().includes("An award needs attention"));
});

test("operators page through the awards that wait for them, the oldest first, with the facts to look them up", async () => {
  const customerId = newCustomer();
  const inAWeek = inHours(168); // not credited by then
  const ids = await insertAwards(
    gateway,
    [1, 2, 3].map((points) => ({ customerId, points, availableAt: inAWeek })),
  );
  const change = "update reward_awards set state = $2::award_state, last_error = $3, credit_reference = 'AWARD-' || id";
  await gateway.sql(`${change} where id = any($1::uuid[])`, [ids, "NEEDS_ATTENTION", "no answer for 6 hours"]);
  interface Page {
    awardsToResolve: {
      nodes: { customerId: string; creditReference: string; lastError: string; award: { quantity: number } }[];
      pageInfo: { endCursor: string; hasNextPage: boolean };
    };
  }
  const found: Page["awardsToResolve"]["nodes"] = [];
  for (let after: string | null = null, more = true; more; ) {
    const { awardsToResolve }: Page = await gateway.operator.ok<Page>(
      `query ($after: String) { awardsToResolve(first: 2, after: $after) {
        nodes { customerId creditReference lastError award { quantity } } pageInfo { endCursor hasNextPage } } }`,
      { after },
    );
    found.push(...awardsToResolve.nodes);
    after = awardsToResolve.pageInfo.endCursor;
    more = awardsToResolve.pageInfo.hasNextPage;
  }
  const own = found.filter((each) => each.customerId === customerId);
  expect(own.map(({ creditReference }) => creditReference)).toEqual(ids.toSorted().map((id) => `AWARD-${id}`));
  expect(own.map(({ award: { quantity } }) => quantity).toSorted()).toEqual([1, 2, 3]);
  expect(new Set(own.map(({ lastError }) => lastError))).toEqual(new Set(["no answer for 6 hours"]));

  const ofCustomer = "query ($customerId: String) { awardsToResolve(customerId: $customerId) { totalCount } }";
  for (const [whose, totalCount] of [
    [customerId, 3],
    ["C-NOBODY", 0],
  ] as const) {
    expect(await gateway.operator.ok(ofCustomer, { customerId: whose })).toEqual({ awardsToResolve: { totalCount } });
  }

  const states = "query ($state: AwardState) { awardsToResolve(state: $state) { totalCount } }";
  expect((await gateway.operator.send(states, { state: "CREDITED" })).errors?.[0]?.message).toMatch(
    /state: must be one of NEEDS_ATTENTION, UNCERTAIN, REFUSED, found CREDITED/,
  );
  await gateway.sql(`${change}, settled_at = now() where id = any($1::uuid[])`, [ids, "REFUSED", null]);
  const refused = await gateway.operator.ok<{ awardsToResolve: { totalCount: number } }>(states, { state: "REFUSED" });
  expect(refused.awardsToResolve.totalCount).toBeGreaterThanOrEqual(3);
});

test("many awards of many customers are credited together, each once", async () => {
  const customers = Array.from({ length: 20 }, () => newCustomer());
  const awards = Array.from({ length: 200 }, (_, nth) => ({ customerId: customers[nth % 20] ?? "", points: nth + 1 }));
  const ids = await insertAwards(gateway, awards);
  bus.notify(AWARDS_TO_CREDIT);
  const done = await awardsSettled(gateway, ids);
  expect(done.every(({ state }) => state === "CREDITED")).toBe(true);
  const references = customers.flatMap((customerId) =>
    creditsOf(gateway, customerId).map(({ reference }) => reference),
  );
  expect(references.toSorted()).toEqual(ids.map((id) => `AWARD-${id}`).toSorted());
});

describe("a gateway that is started again", () => {
  test("with the right credentials credits unsent awards: their marks had been undone", async () => {
    await gateway.restart({ CLIENT_API_PASSWORD: "wrong" });
    const customerId = newCustomer();
    const id = await award(customerId);
    let waiting: SeenAward | undefined;
    await gateway.until(async () => {
      waiting = await seen(id);
      return (waiting?.attempts ?? 0) > 1 && waiting?.sent_at === null;
    });
    expect(waiting).toMatchObject({ state: "PENDING", under_way_until: null, credit_reference: `AWARD-${id}` });
    await gateway.restart();
    expect(await settled(id)).toMatchObject({ state: "CREDITED" });
    expect(creditsOf(gateway, customerId)).toHaveLength(1);
  });
});

test("an award sent to a ledger that is not configured any more is escalated to an operator", async () => {
  const id = await award(null);
  // In one statement: the worker sees the award only as one that was sent to another ledger.
  const sent = "sent_at = now(), ledger = 'CAPILLARY', credit_reference = 'r', state = 'UNCERTAIN'";
  await gateway.sql(`update reward_awards set customer_id = 'C', ${sent} where id = $1`, [id]);
  bus.notify(AWARDS_TO_CREDIT);
  expect(await settled(id)).toMatchObject({ state: "NEEDS_ATTENTION", attempts: 0 });
});
