import { afterAll, beforeAll, expect, test } from "vitest";
import { callsOf, groupNumber, movementsOf, newGroup, syncCatalog } from "../support/capillary.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";

/** An order that two groups paid for, as shown by its lines and its points trail. */
let gateway: TestGateway;
let customer: Customer;
let [family, team, orderId] = ["", "", ""];
beforeAll(async () => {
  gateway = await startTestGateway();
  await syncCatalog(gateway);
  customer = await gateway.customer();
  const leader = "LEADER";
  for (const externalId of [leader, customer.customerId]) gateway.sandbox.capillary.addCustomer({ externalId });
  family = newGroup(gateway, { members: [leader, customer], points: 500, name: "Rao family" });
  team = newGroup(gateway, { members: [leader, customer], points: 500, name: "Team" });
  orderId = await movementsOf(gateway, family, Array(3).fill(["CONFIRMED", 10]), customer);
  await gateway.sql(
    "update order_lines set group_id = $1 where position = 3 and order_id = (select id from orders where customer_id = $2)",
    [String(groupNumber(team)), customer.customerId],
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());

const read = async (caller: Caller) =>
  (
    await caller.ok<{ order: object }>(
      `query ($id: ID!) { order(id: $id) { lines { payWith groupWallet { name } } pointsTrail { payWith groupWallet { id } } } }`,
      { id: orderId },
    )
  ).order;
const payWith = "GROUP";

test("names the groups, and costs two calls regardless of the number of lines", async () => {
  const calls = await callsOf(gateway, async () => {
    expect(await read(customer)).toEqual({
      lines: ["Rao family", "Rao family", "Team"].map((name) => ({ payWith, groupWallet: { name } })),
      pointsTrail: Array(3).fill({ payWith, groupWallet: { id: family } }),
    });
  });
  expect(calls).toEqual({ get: 1, customers: 1 });
});

test("costs an operator a call for each group", async () => {
  const calls = await callsOf(gateway, async () => {
    expect(await read(gateway.operator)).toMatchObject({ lines: [{ groupWallet: { name: "Rao family" } }, {}, {}] });
  });
  expect(calls).toEqual({ userGroup2: 2 });
});

test("names no group for the customer's own points", async () => {
  const { id } = await gateway.voucher();
  await customer.ok("mutation ($id: ID!) { addToCart(input: { rewardId: $id }) { userErrors { message } } }", { id });
  const calls = await callsOf(gateway, async () => {
    expect(
      await customer.ok(
        `mutation { placeOrder(input: { idempotencyKey: "a-key-of-its-own" }) { userErrors { message } order {
          lines { groupWallet { name } } pointsTrail { groupWallet { name } } } } }`,
      ),
    ).toMatchObject({
      placeOrder: { order: { lines: [{ groupWallet: null }], pointsTrail: [{ groupWallet: null }] } },
    });
  });
  expect(calls).toEqual({});
});

test("hides the group's name from a member who has left it", async () => {
  gateway.sandbox.capillary.changeMember(groupNumber(family), customer.customerId, { active: false });
  expect(await read(customer)).toEqual({
    lines: [null, null, { name: "Team" }].map((groupWallet) => ({ payWith, groupWallet })),
    pointsTrail: Array(3).fill({ payWith, groupWallet: null }),
  });
});
