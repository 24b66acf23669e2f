import DataLoader from "dataloader";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Call } from "../../sandbox/calls.ts";
import { type Customer, type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { idleInBackground, queriesAnswered, queriesOf } from "../support/sql-spy.ts";

let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, idleInBackground);
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The calls that the upstream receives while `work` runs. */
async function callsOf(work: () => Promise<unknown>): Promise<Call[]> {
  const before = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
  await work();
  return gateway.sandbox.calls.since(before);
}
/** Resolves once resolvers of this process have requested a wallet this number of times from now on. */
async function walletsAsked(times: number): Promise<void> {
  const all = Promise.withResolvers<void>();
  const { load } = DataLoader.prototype;
  let left = times;
  const spy = vi.spyOn(DataLoader.prototype, "load").mockImplementation(function (
    this: typeof DataLoader.prototype,
    key,
  ) {
    left -= 1;
    if (left === 0) all.resolve();
    return load.call(this, key);
  });
  await all.promise;
  spy.mockRestore();
}
const customerCalls = (calls: Call[]) => calls.map(({ query }) => (query as { customer_id: string }).customer_id);
const globalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString("base64url");

describe("a customer's page", () => {
  let customer: Customer;
  beforeAll(async () => {
    customer = await gateway.customer();
    for (let index = 0; index < 22; index += 1)
      await gateway.merchandise({ points: index * 1_000, limitPerCustomer: 1 });
  });
  const shelf = (first: number) =>
    customer.ok<{ rewards: { nodes: { redeemability: object }[] } }>(
      `{ rewards(first: ${first}) { totalCount nodes { id name points stock payableWith redeemability { redeemable reasons } } } }`,
    );

  test("reads the points once for the redeemability of any number of rewards", async () => {
    const calls = await callsOf(async () => {
      const page = await customer.ok<{ rewards: { nodes: object[] } }>(
        `{ me { wallet { balance available } cart { funding { available } problems { code } } }
           rewards(first: 20, filter: { affordableWith: {} }) { nodes { redeemability { redeemable } } } }`,
      );
      expect(page.rewards.nodes).toHaveLength(11);
    });
    expect(customerCalls(calls)).toEqual([customer.customerId]);
  });

  test("reads the points no more often for a failed compiled query than for another", async () => {
    const failing = async (wallet: string) => {
      gateway.fault("points", { fault: "http-500", times: 9 });
      const calls = await callsOf(async () => {
        const { errors } = await customer.send(`{ me { wallet ${wallet} { balance } } }`);
        expect(errors).toMatchObject([{ path: ["me", "wallet"], extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
      });
      gateway.sandbox.faults.clear();
      gateway.closeCircuits();
      return customerCalls(calls);
    };
    const notCompiled = await failing("@include(if: true)");
    expect(notCompiled.length).toBeGreaterThan(0);
    expect(await failing("")).toEqual(notCompiled);
  });

  test("reads no points that are not selected", async () => {
    expect(
      await callsOf(() => customer.ok("{ me { customerId cart { total lines { id } } } rewards { nodes { name } } }")),
    ).toEqual([]);
    expect(await callsOf(() => gateway.anonymous.ok("{ rewards { nodes { redeemability { redeemable } } } }"))).toEqual(
      [],
    );
  });

  test("takes as many queries for 20 rewards as for 2", async () => {
    await shelf(1);
    const few = await queriesOf(() => shelf(2));
    const many = await queriesOf(async () => {
      expect((await shelf(20)).rewards.nodes).toHaveLength(20);
    });
    expect(many).toHaveLength(few.length);
    expect(few.length).toBeGreaterThan(1);
    expect(few.length).toBeLessThan(8);
  });

  test("of 30 tabs at once shares the reading of the points", async () => {
    const call = gateway.fault("points", { fault: "hold" });
    const look = () => customer.ok<{ me: { wallet: { balance: number } } }>("{ me { wallet { balance } } }");
    const calls = await callsOf(async () => {
      const first = look();
      await gateway.sandbox.faults.held(call);
      const haveAsked = walletsAsked(29);
      const others = Array.from({ length: 29 }, look);
      await haveAsked;
      // A statement that all of them share is the last one before the ledger's call.
      await queriesAnswered(1, /points_movements/);
      gateway.sandbox.faults.release({ id: call.id });
      const tabs = await Promise.all([first, ...others]);
      expect(tabs.map(({ me }) => me.wallet.balance)).toEqual(Array(30).fill(10_000));
    });
    expect(calls).toHaveLength(1);
  });
});

describe("an operator's page, with credentials to read for every customer", () => {
  let ids: string[];
  beforeAll(async () => {
    await gateway.restart({ CLIENT_POINTS_AUTH: "basic" });
    ids = Array.from({ length: 20 }, (_, index) => `PAGE-${index}`);
    for (const [index, id] of ids.entries()) gateway.sandbox.client.addCustomer({ customer_id: id, balance: index });
  });

  test("reads each customer's points once, as nodes and again as wallets", async () => {
    const nodes = [...ids.map((id) => globalId("Customer", id)), ...ids.map((id) => globalId("Wallet", id))];
    let answer: { nodes: ({ balance?: number; wallet?: { balance: number } } | null)[] } | undefined;
    const calls = await callsOf(async () => {
      answer = await gateway.operator.ok(
        `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { wallet { balance } } ... on Wallet { balance } } }`,
        { ids: nodes },
      );
    });
    expect(answer?.nodes.slice(0, 20).map((node) => node?.wallet?.balance)).toEqual(ids.map((_, index) => index));
    expect(answer?.nodes.slice(20).map((node) => node?.balance)).toEqual(ids.map((_, index) => index));
    expect(customerCalls(calls).toSorted()).toEqual(ids.toSorted());
  });

  test("reads each customer's points once for a router that resolves each twice", async () => {
    const references = [...ids, ...ids].map((id) => ({ __typename: "Customer", id: globalId("Customer", id) }));
    const calls = await callsOf(() =>
      gateway.operator.ok(
        `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Customer { customerId wallet { balance } } } }`,
        { r: references },
      ),
    );
    expect(customerCalls(calls).toSorted()).toEqual(ids.toSorted());
  });

  test("is returned with one wallet null with an error if it cannot be read", async () => {
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", fault: "http-500" });
    const { data, errors } = await gateway.operator.send<{ nodes: ({ balance: number } | null)[] }>(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Wallet { balance } } }`,
      { ids: ids.slice(0, 5).map((id) => globalId("Wallet", id)) },
    );
    expect(data?.nodes.filter((node) => node === null)).toHaveLength(1);
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
  });
});
