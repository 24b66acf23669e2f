import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestGateway } from "../support/gateway.ts";
import { startTestGateway } from "../support/gateway.ts";
import { link, post } from "../support/rewards/rewards.ts";

/** From the action of a producer or customer to the points in the wallet and the event, with every part real. */

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ SEED: "sample" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

test("a check-in raises the wallet, and its event arrives live", async () => {
  const customer = await gateway.customer({ balance: 100 });
  const { me: before } = await customer.ok<{ me: { memberEventsCursor: string } }>("{ me { memberEventsCursor } }");
  await customer.ok("mutation { checkIn { date userErrors { code } } }");
  const socket = customer.socket();
  const events = socket.iterate<{ memberEvents: { __typename: string; quantity?: number } }>({
    query: `subscription ($after: String) { memberEvents(after: $after) {
      __typename ... on AwardMade { quantity } ... on AwardCredited { quantity } } }`,
    variables: { after: before.memberEventsCursor },
  });
  const seen: [string, number | undefined][] = [];
  for await (const { data } of events) {
    if (data) seen.push([data.memberEvents.__typename, data.memberEvents.quantity]);
    if (data?.memberEvents.__typename === "AwardCredited") break;
  }
  await socket.dispose();
  expect(seen).toEqual([
    ["CheckInRecorded", undefined],
    ["AwardMade", 5],
    ["AwardCredited", 5],
  ]);
  const { me } = await customer.ok<{ me: { wallet: { balance: number } } }>("{ me { wallet { balance } } }");
  expect(me.wallet.balance).toBe(105);
});

test("the awards of an unknown member are credited once when the member is linked", async () => {
  const customer = await gateway.customer({ balance: 0 });
  const message = {
    Action: "register",
    TicketId: "live-1",
    Data: { id: 70_461, command: "register", transaction: [{ date: "2026-06-02 10:26:11" }] },
  };
  await post(gateway, message);
  expect(gateway.sandbox.client.balance(customer.customerId)).toBe(0);
  await link(gateway, { customerId: customer.customerId, userId: "70461" });
  await gateway.until(async () => gateway.sandbox.client.balance(customer.customerId) > 0);
  await post(gateway, message);
  const ledger = gateway.ledgerOf(customer);
  expect(ledger).toEqual([0, expect.any(Number)]);
});

test.each(["moveMember", "moveAward"])(
  "points that the ledger refused are credited to the right customer by %s, once",
  async (mutation) => {
    const customer = await gateway.customer({ balance: 0 });
    const wrong = `${customer.customerId}-wrong`; // the ledger has no customer with this id
    const userId = mutation === "moveMember" ? 70_501 : 70_502;
    await post(gateway, {
      Action: "register",
      Data: { id: userId, command: "register", transaction: [{ date: "2026-06-02 10:26:11" }] },
    });
    await link(gateway, { customerId: wrong, userId: String(userId) });
    const refusedAward = async () => {
      const [award] = await gateway.sql<{ id: string }>(
        "select id from reward_awards where customer_id = $1 and state = 'REFUSED'",
        [wrong],
      );
      return award;
    };
    await gateway.until(async () => (await refusedAward()) !== undefined);
    const { customerId } = customer;
    const awardId = Buffer.from(`RewardAward:${(await refusedAward())?.id}`).toString("base64url");
    const input =
      mutation === "moveMember"
        ? { customerId: wrong, toCustomerId: customerId, note: "typing error" }
        : { awardId, customerId, note: "typing error" };
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    const document = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code } } }`;
    await gateway.operator.ok(document, { input });
    await gateway.until(async () => gateway.sandbox.client.balance(customerId) > 0);
    expect(
      (await gateway.operator.send<Record<string, { userErrors: object[] }>>(document, { input })).data?.[mutation]
        ?.userErrors,
    ).toHaveLength(1);
    expect(gateway.ledgerOf(customer)).toEqual([0, 500]);
  },
);
