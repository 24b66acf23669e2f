import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { queriesAnswered } from "../support/sql-spy.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The number of calls by operation that the rewards system receives while `work` runs. */
async function callsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const from = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
  await work();
  const operations = gateway.sandbox.calls.since(from).filter(({ upstream }) => upstream === "capillary");
  return Object.fromEntries(
    Object.entries(Object.groupBy(operations, ({ operation }) => operation)).map(([name, calls]) => [
      name,
      calls?.length ?? 0,
    ]),
  );
}
const globalId = (type: string, id: string | number) => Buffer.from(`${type}:${id}`).toString("base64url");

describe("a customer of three groups", () => {
  let customer: Customer;
  let groupIds: number[];
  beforeAll(async () => {
    customer = await gateway.customer();
    const { capillary } = gateway.sandbox;
    capillary.addCustomer({ externalId: customer.customerId });
    groupIds = [1, 2, 3].map((points) => {
      const { id } = capillary.addGroup({ members: [{ customer: customer.customerId }] });
      capillary.setBalance({ group: id, points });
      return id;
    });
  });

  test("costs two calls, even if a document selects them repeatedly", async () => {
    const calls = await callsOf(async () => {
      const { nodes } = await customer.ok<{ nodes: ({ balance: number } | null)[] }>(
        `query ($ids: [ID!]!, $id: ID!) {
          me { groupWallets { name balance role status } }
          groupWallet(by: { groupId: $id }) { balance role }
          nodes(ids: $ids) { ... on GroupWallet { balance } } }`,
        { id: groupIds[0], ids: [...groupIds, 99_999_999].map((id) => globalId("GroupWallet", id)) },
      );
      expect(nodes).toEqual([{ balance: 1 }, { balance: 2 }, { balance: 3 }, null]);
    });
    expect(calls).toEqual({ get: 1, customers: 1 });
  });

  test("costs two calls for a router that resolves each group twice", async () => {
    const ids = [...groupIds, ...groupIds].map((id) => ({
      __typename: "GroupWallet",
      id: globalId("GroupWallet", id),
    }));
    const query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on GroupWallet { balance } } }";
    const calls = await callsOf(async () => {
      const { _entities } = await customer.ok<{ _entities: object[] }>(query, { r: ids });
      expect(_entities.map((each) => (each as { balance: number }).balance)).toEqual([1, 2, 3, 1, 2, 3]);
    });
    expect(calls).toEqual({ get: 1, customers: 1 });
  });

  test("costs no call if no group is selected", async () => {
    expect(await callsOf(() => customer.ok("{ me { customerId wallet { balance } cart { total } } }"))).toEqual({});
  });

  test("causes no calls about other customers' groups by guessing ids", async () => {
    const guesses = Array.from({ length: 100 }, (_, index) => globalId("GroupWallet", 31_000 + index));
    const calls = await callsOf(async () => {
      const query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on GroupWallet { balance } } }";
      const { nodes } = await customer.ok<{ nodes: (object | null)[] }>(query, { ids: guesses });
      expect(nodes.filter((node) => node === null).length).toBeGreaterThan(90);
    });
    expect(calls).toEqual({ get: 1, customers: 1 });
  });

  test("costs two calls more for each group whose members are shown", async () => {
    const calls = await callsOf(() =>
      customer.ok("{ me { groupWallets { members { name } again: members { role } } } }"),
    );
    expect(calls).toEqual({ get: 1, customers: 1, userGroup2: 3, members: 3 });
  });

  test("in many tabs at once shares the calls", async () => {
    const call = gateway.sandbox.faults.add({ upstream: "capillary", operation: "get", fault: "hold" });
    const look = () =>
      customer.ok<{ me: { groupWallets: object[] } }>("{ me { groupWallets { balance } orders { totalCount } } }");
    const calls = await callsOf(async () => {
      const first = look();
      await gateway.sandbox.faults.held(call);
      // Read at the same moment as Capillary's answer.
      const areWaiting = queriesAnswered(19, / from orders\b/i);
      const others = Array.from({ length: 19 }, look);
      await areWaiting;
      gateway.sandbox.faults.release({ id: call.id });
      const tabs = await Promise.all([first, ...others]);
      expect(new Set(tabs.map(({ me }) => JSON.stringify(me.groupWallets)))).toEqual(
        new Set(['[{"balance":1},{"balance":2},{"balance":3}]']),
      );
    });
    expect(calls).toEqual({ get: 1, customers: 1 });
  });
});

describe("50 customers on an operator's page", () => {
  let ids: string[];
  beforeAll(() => {
    const { capillary } = gateway.sandbox;
    ids = Array.from({ length: 50 }, (_, index) => {
      const customer = `PAGE-${index}`;
      capillary.addCustomer({ externalId: customer });
      const { id } = capillary.addGroup({ members: [{ customer }] });
      capillary.setBalance({ group: id, points: index });
      return globalId("Customer", customer);
    });
  });
  const balances = (found: { groupWallets: { balance: number }[] }[]) =>
    found.map(({ groupWallets }) => groupWallets.map(({ balance }) => balance));
  const expected = Array.from({ length: 50 }, (_, index) => [index]);
  const selection = "... on Customer { groupWallets { name status balance role } }";

  test("are identified in one call, and the groups of each take another", async () => {
    const calls = await callsOf(async () => {
      const { nodes } = await gateway.operator.ok<{ nodes: { groupWallets: { balance: number }[] }[] }>(
        `query ($ids: [ID!]!) { nodes(ids: $ids) { ${selection} } }`,
        { ids },
      );
      expect(balances(nodes)).toEqual(expected);
    });
    expect(calls).toEqual({ get: 1, customers: 50 });
  });

  test("take no more calls for a router that resolves each twice", async () => {
    const references = [...ids, ...ids].map((id) => ({ __typename: "Customer", id }));
    const calls = await callsOf(async () => {
      const { _entities } = await gateway.operator.ok<{ _entities: { groupWallets: { balance: number }[] }[] }>(
        `query ($r: [_Any!]!) { _entities(representations: $r) { ${selection} } }`,
        { r: references },
      );
      expect(balances(_entities)).toEqual([...expected, ...expected]);
    });
    expect(calls).toEqual({ get: 1, customers: 50 });
  });

  test("fail one by one: an unreadable list leaves the other 49", async () => {
    gateway.sandbox.faults.add({ upstream: "capillary", operation: "customers", fault: "http-500" });
    const { data, errors } = await gateway.operator.send<{ nodes: { groupWallets: object[] | null }[] }>(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ${selection} } }`,
      { ids },
    );
    expect(data?.nodes.filter(({ groupWallets }) => groupWallets === null)).toHaveLength(1);
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
  });
});
