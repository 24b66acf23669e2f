import { randomUUID } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import type { FaultScript } from "../../sandbox/faults.ts";
import type { CrashPoint } from "../../src/platform/crash-point.ts";
import { addLine, type GroupMember, groupMember, issuable, issualsOf, orderCart } from "../support/capillary-orders.ts";
import { type MortalGateway, startMortalGateway } from "../support/gateway-process.ts";
import { addToCart, orderSettled, readOrder } from "../support/orders.ts";

/** As `kill.test.ts`, around what Capillary gives and takes back. */

vi.setConfig({ testTimeout: 180_000 });

/** An order of our own voucher, two treats a group pays, and one the customer does, on a gateway that dies at `point`. */
async function issueThroughDeath(point: CrashPoint, lost?: Omit<FaultScript, "upstream" | "operation">) {
  await using gateway = await startMortalGateway({ TRIP_POINT: point });
  const customer = await groupMember(gateway);
  const treat = await issuable(gateway, { points: 100 });
  await addToCart(customer, (await gateway.voucher({ points: 50 })).id);
  await addLine(customer, treat, { groupWalletId: customer.groupWalletId, quantity: 2 });
  await addLine(customer, treat);
  if (lost) gateway.sandbox.faults.add({ upstream: "capillary", operation: "issue", ...lost });
  const id = await orderCart(customer);
  expect(await gateway.process().ended).toBe("SIGKILL");
  await gateway.restart({ TRIP_POINT: "" });
  const order = await orderSettled(customer, id);
  return { order, ...whatHappened(gateway, customer) };
}

function whatHappened(gateway: MortalGateway, customer: GroupMember) {
  const issuals = issualsOf(gateway, customer);
  return {
    issued: issuals.filter(({ state }) => state === "ISSUED").length,
    keys: new Set(issuals.map(({ requestId }) => requestId)).size,
    group: gateway.sandbox.capillary.groupBalance(customer.groupId),
    ledger: gateway.ledgerOf(customer),
  };
}

const everythingOnce = { issued: 3, keys: 3, group: 800, ledger: [1_000, -150] };

describe.concurrent("killed while Capillary gives,", () => {
  test.each<CrashPoint>(["issue:marked", "issue:answered", "issue:recorded"])(
    "at %s, each unit is given once and paid once",
    async (point) => {
      const { order, ...story } = await issueThroughDeath(point);
      expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
      expect(order.lines.map(({ vouchers }) => vouchers.length)).toEqual([1, 2, 1]);
      expect(story).toEqual(everythingOnce);
    },
  );

  test("after an answer that was lost as well, each unit is given once and paid once", async () => {
    const { order, ...story } = await issueThroughDeath("issue:answered", { fault: "commit-then-drop" });
    expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });
    expect(story).toEqual(everythingOnce);
  });

  test("before a no was on record, a failed line takes nothing of the group, and what the customer paid comes back", async () => {
    const refuse = { fault: "refuse", code: 12005, times: 4 } as const;
    const { order, ...story } = await issueThroughDeath("issue:answered", refuse);
    // The first refusal was lost with the process. Asked again, its key was not used up.
    expect(["PARTIALLY_FULFILLED", "FULFILLED"]).toContain(order.status);
    const given = order.lines.slice(1).reduce((sum, line) => sum + line.fulfilledQuantity, 0);
    const [, groups, own] = order.lines;
    expect(story.issued).toBe(given);
    expect(story.group).toBe(1_000 - 100 * (groups?.fulfilledQuantity ?? 0));
    expect(story.ledger.reduce((sum, points) => sum + points, 0)).toBe(950 - 100 * (own?.fulfilledQuantity ?? 0));
  });
});

describe.concurrent("killed while Capillary takes back,", () => {
  test.each<CrashPoint>(["revoke:marked", "revoke:answered"])(
    "at %s, the group gets its points once",
    async (point) => {
      await using gateway = await startMortalGateway({ TRIP_POINT: point });
      gateway.sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
      const customer = await groupMember(gateway);
      await addLine(customer, await issuable(gateway, { points: 100 }), { groupWalletId: customer.groupWalletId });
      const id = await orderCart(customer);
      await orderSettled(customer, id);
      const input = { orderId: id, reason: "CANCELLATION", idempotencyKey: randomUUID() };
      const reverse = () =>
        gateway.operator.send(
          `mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { replayed userErrors { code } } }`,
          { input },
        );
      await reverse().catch(() => null);
      expect(await gateway.process().ended).toBe("SIGKILL");
      await gateway.restart({ TRIP_POINT: "" });

      expect(await orderSettled(customer, id)).toMatchObject({ status: "REVERSED", pointsState: "RETURNED" });
      expect((await reverse()).data).toEqual({ reverseOrder: { replayed: true, userErrors: [] } });
      expect(await readOrder(customer, id)).toMatchObject({ settled: true });
      expect(whatHappened(gateway, customer)).toMatchObject({ issued: 0, group: 1_000 });
    },
  );
});
