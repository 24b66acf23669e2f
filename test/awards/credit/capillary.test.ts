import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Fault, FaultScript } from "../../../sandbox/faults.ts";
import { AWARDS_TO_CREDIT } from "../../../src/domain/topics.ts";
import { makeLocalBus } from "../../../src/platform/events.ts";
import { type InProcessGateway, startTestGateway } from "../../support/gateway.ts";
import { retriesOfTests } from "../../support/retries.ts";
import { awardsSettled, insertAwards } from "../../support/rewards/awards.ts";

/** Awards of points that Capillary holds. */

let gateway: InProcessGateway;
const bus = makeLocalBus();
beforeAll(async () => {
  gateway = await startTestGateway(
    {
      REWARD_CREDIT_LEDGER: "capillary",
      CAPILLARY_AWARD_STRATEGY_ID: "501",
      CAPILLARY_EXPIRY_STRATEGY_ID: "601",
    },
    { pace: { creditPollMs: 50, retries: retriesOfTests({ credit: { firstPauseMs: 10 } }) }, openBus: async () => bus },
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());
afterEach(() => void gateway.sandbox.faults.release());

function newCustomer(): string {
  const externalId = `C-${randomUUID()}`;
  gateway.sandbox.capillary.addCustomer({ externalId });
  return externalId;
}
const balanceOf = (customerId: string) => gateway.sandbox.capillary.balance(customerId);
async function credited(...awards: { customerId: string; points?: number }[]) {
  const before = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
  const ids = await insertAwards(gateway, awards);
  bus.notify(AWARDS_TO_CREDIT);
  const done = await awardsSettled(gateway, ids);
  const calls = gateway.sandbox.calls
    .since(before)
    .filter((call) => call.operation === operation)
    .map(
      ({ body }) => body as { uniqueId: string; eventSourceId: string; lookupParams: { identifierValue: string } }[],
    );
  return { ids, done, calls };
}
const operation = "manualCurrencyAllocate";
const fault = (script: Omit<FaultScript, "upstream" | "operation">) =>
  gateway.sandbox.faults.add({ upstream: "capillary", operation, ...script });
/** Delays the answer to the call that this fault holds beyond its timeout. */
async function outlast(held: Fault): Promise<void> {
  await gateway.sandbox.faults.held(held);
  gateway.endTimeouts("allocate");
}

test("are credited to up to ten customers per call, each under its own key", async () => {
  const customers = Array.from({ length: 25 }, newCustomer);
  const { ids, done, calls } = await credited(...customers.map((customerId, nth) => ({ customerId, points: nth + 1 })));
  expect(
    done.every(({ state, ledger, attempts }) => state === "CREDITED" && ledger === "CAPILLARY" && attempts === 1),
  ).toBe(true);
  expect(customers.map(balanceOf)).toEqual(customers.map((_, nth) => nth + 1));
  expect(calls.map((call) => call.length)).toEqual([10, 10, 5]);
  const keys = calls.flat().map(({ uniqueId, eventSourceId }) => `${uniqueId} ${eventSourceId}`);
  expect(keys.toSorted()).toEqual(ids.map((id) => `AWARD-${id} AWARD-${id}`).toSorted());
});

test("of one customer are sent in separate calls", async () => {
  const customerId = newCustomer();
  const { calls } = await credited({ customerId }, { customerId }, { customerId: newCustomer() });
  expect(calls.map((call) => call.length).toSorted()).toEqual([1, 2]);
  expect(balanceOf(customerId)).toBe(200);
});

test("of an unknown customer are refused, and the others in the call are credited", async () => {
  const [known, unknown] = [newCustomer(), "NOBODY"];
  const { done } = await credited({ customerId: known }, { customerId: unknown });
  expect(done).toMatchObject([{ state: "CREDITED" }, { state: "REFUSED" }]);
  expect(done[1]?.last_error).toContain("8015");
});

test("neither touch the Client's ledger nor wait for its movements", async () => {
  const customer = await gateway.customer({ balance: 500 });
  gateway.sandbox.capillary.addCustomer({ externalId: customer.customerId });
  const before = await gateway.sql("select ledger_version from customers where customer_id = $1", [
    customer.customerId,
  ]);
  await credited({ customerId: customer.customerId });
  expect(gateway.ledgerOf(customer)).toEqual([500]);
  expect(
    await gateway.sql("select ledger_version from customers where customer_id = $1", [customer.customerId]),
  ).toEqual(before);
});

describe("when Capillary", () => {
  test.each<[string, Omit<FaultScript, "upstream" | "operation">]>([
    ["closes the connection", { fault: "drop-before" }],
    ["fails", { fault: "http-500" }],
    ["answers HTML", { fault: "malformed" }],
    ["has too much to do", { fault: "rate-limit" }],
    ["reports that the customer is locked", { fault: "refuse", code: 521, times: 6 }],
    ["requests a later retry", { fault: "refuse", code: 886 }],
  ])("%s, awards are sent again under their key, and credited once", async (_, script) => {
    const customerId = newCustomer();
    fault(script);
    const { done, calls } = await credited({ customerId });
    expect(done).toMatchObject([{ state: "CREDITED" }]);
    expect(new Set(calls.flat().map(({ uniqueId }) => uniqueId)).size).toBe(1);
    expect(balanceOf(customerId)).toBe(100);
  });

  test("refuses a whole call, each award is sent again alone", async () => {
    const customers = [newCustomer(), newCustomer(), newCustomer()];
    fault({ fault: "refuse", code: 8136 });
    const { done, calls } = await credited(...customers.map((customerId) => ({ customerId })));
    expect(done.map(({ state }) => state)).toEqual(["CREDITED", "CREDITED", "CREDITED"]);
    expect(calls.map((call) => call.length)).toEqual([3, 1, 1, 1]);
  });

  test("refuses an award sent alone, it is recorded as refused", async () => {
    const customerId = newCustomer();
    fault({ fault: "refuse", code: 8136 });
    expect((await credited({ customerId })).done).toMatchObject([{ state: "REFUSED", attempts: 1 }]);
    expect(balanceOf(customerId)).toBe(0);
  });

  test.each<[string, Omit<FaultScript, "upstream" | "operation">]>([
    ["credits and closes the connection", { fault: "commit-then-drop" }],
    ["credits and fails", { fault: "http-500", commit: true }],
    ["credits and answers too late", { fault: "hold", commit: true }],
  ])(
    "%s, the refusal of the used key proves nothing: an operator decides, and the award is credited once",
    async (_, script) => {
      const customerId = newCustomer();
      const scripted = fault(script);
      const crediting = credited({ customerId });
      if (script.fault === "hold") await outlast(scripted);
      const { done } = await crediting;
      expect(done).toMatchObject([{ state: "NEEDS_ATTENTION" }]);
      expect(done[0]?.last_error).toContain("8136");
      expect(balanceOf(customerId)).toBe(100);
    },
  );

  test("credits after our timeout, the call and its repetition credit once", async () => {
    const customerId = newCustomer();
    const late = fault({ fault: "hold" });
    const crediting = credited({ customerId });
    await outlast(late);
    const { done } = await crediting;
    expect(done).toMatchObject([{ state: "CREDITED", attempts: 2 }]);
    gateway.sandbox.faults.release();
    await gateway.sandbox.calls.waitFor(
      ({ body, fault, outcome }) =>
        fault === "hold" && outcome === "abandoned" && JSON.stringify(body).includes(customerId),
    );
    expect(balanceOf(customerId)).toBe(100);
  });

  test("refuses a repetition for another reason than its key, the award is refused", async () => {
    fault({ fault: "drop-before" });
    expect((await credited({ customerId: "NOBODY" })).done).toMatchObject([{ state: "REFUSED" }]);
  });
});
