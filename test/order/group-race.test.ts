import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeCart, groupNumber, mirroredReward, newGroup, syncCatalog } from "../support/capillary.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { sendPlaceOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  await syncCatalog(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

test("ten members who spend one group's points at once do not order more than the group has", async () => {
  const members: Customer[] = await Promise.all(Array.from({ length: 10 }, () => gateway.customer()));
  for (const { customerId } of members) gateway.sandbox.capillary.addCustomer({ externalId: customerId });
  const family = newGroup(gateway, { members, points: 1_000 });
  const rewardId = await mirroredReward(gateway, 15470);
  for (const member of members) {
    const { userErrors } = await changeCart(member, "addToCart", { rewardId, payWith: "GROUP", groupWalletId: family });
    expect(userErrors).toEqual([]);
  }
  const answers = await Promise.all(members.map((member) => sendPlaceOrder(member, { idempotencyKey: randomUUID() })));
  const placed = answers.filter(({ data }) => data?.placeOrder.order);
  expect(placed).toHaveLength(3);
  const codes = answers.flatMap(({ data }) => data?.placeOrder.userErrors.map(({ code }) => code));
  expect(codes).toEqual(Array(7).fill("INSUFFICIENT_POINTS"));
  expect(gateway.sandbox.capillary.groupBalance(groupNumber(family))).toBeGreaterThanOrEqual(100);
});
