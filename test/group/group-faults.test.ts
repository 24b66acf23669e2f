import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Customer, type InProcessGateway, startTestGateway } from "../support/gateway.ts";

interface Page {
  me: { customerId: string; groupWallets: { balance: number | null; members: object[] | null }[] | null; cart: object };
}

let gateway: InProcessGateway;
let owner: Customer;
let groupId: number;
const page = `{ me { customerId groupWallets { balance members { role } } cart { total } } }`;
const look = () => owner.send<Page>(page);
const whole = () => ({
  me: {
    customerId: owner.customerId,
    groupWallets: [{ balance: 70, members: [{ role: "PRIMARY" }] }],
    cart: { total: 0 },
  },
});

beforeAll(async () => {
  gateway = await startTestGateway();
  owner = await gateway.customer();
  const { capillary } = gateway.sandbox;
  capillary.addCustomer({ externalId: owner.customerId, firstName: "Asha", lastName: "Rao" });
  groupId = capillary.addGroup({ members: [{ customer: owner.customerId }] }).id;
  capillary.setBalance({ group: groupId, points: 70 });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(async () => {
  gateway.sandbox.faults.clear();
  gateway.sandbox.faults.release();
  expect((await look()).data).toEqual(whole()); // and the breaker has nothing to count
});

const kinds = ["http-500", "malformed", "drop-before", "rate-limit", "refuse", "hold"] as const;
/** The gateway's names of Capillary's operations. */
const ours = { get: "customers", customers: "customer-groups", userGroup2: "group", members: "group-members" };
const fail = (operation: keyof typeof ours, fault: (typeof kinds)[number]) =>
  gateway.sandbox.faults.add({ upstream: "capillary", operation, fault });
/** Reads while an operation fails in this way, and releases a held call afterwards. */
async function lookWhile(operation: keyof typeof ours, fault: (typeof kinds)[number]) {
  const call = fail(operation, fault);
  const looking = look();
  if (fault === "hold") {
    await gateway.sandbox.faults.held(call);
    gateway.endTimeouts(ours[operation]);
  }
  return looking;
}
const dark = (path: (string | number)[]) => [{ path, extensions: { code: "UPSTREAM_UNAVAILABLE", retryable: true } }];

describe.each(kinds)("while the rewards system answers with %s", (fault) => {
  test.each(["get", "customers"] as const)(
    "to %s, the groups are null with an error, and the rest of the page is returned",
    async (operation) => {
      const { data, errors } = await lookWhile(operation, fault);
      expect(data).toEqual({ me: { ...whole().me, groupWallets: null } });
      expect(errors).toMatchObject(dark(["me", "groupWallets"]));
      expect(errors).toHaveLength(1);
    },
  );

  test.each(["userGroup2", "members"] as const)("to %s, only the members are null with an error", async (operation) => {
    const { data, errors } = await lookWhile(operation, fault);
    expect(data).toEqual({ me: { ...whole().me, groupWallets: [{ balance: 70, members: null }] } });
    expect(errors).toMatchObject(dark(["me", "groupWallets", 0, "members"]));
    expect(errors).toHaveLength(1);
  });
});

describe("a failed lookup", () => {
  const query = "query ($by: GroupWalletBy!) { groupWallet(by: $by) { balance } }";
  test.each(["get", "customers"] as const)("for %s is an error, for existing and missing groups", async (operation) => {
    const answers = new Set<string>();
    const stranger = await gateway.customer();
    gateway.sandbox.capillary.addCustomer({ externalId: stranger.customerId });
    for (const id of [groupId, 99_999_999]) {
      fail(operation, "http-500");
      const { data, errors } = await stranger.send(query, { by: { groupId: id } });
      expect(errors).toMatchObject(dark(["groupWallet"]));
      answers.add(JSON.stringify([data, errors?.map(({ message }) => message)]));
    }
    expect(answers.size).toBe(1);
  });
  test("for an operator is an error", async () => {
    fail("userGroup2", "http-500");
    const { data, errors } = await gateway.operator.send(query, { by: { groupId } });
    expect(data).toEqual({ groupWallet: null });
    expect(errors).toMatchObject(dark(["groupWallet"]));
  });
});

test("an entity that cannot be read is null with an error, and the others are resolved", async () => {
  const id = (type: string, of: string | number) => Buffer.from(`${type}:${of}`).toString("base64url");
  const references = [
    { __typename: "GroupWallet", id: id("GroupWallet", groupId) },
    { __typename: "Customer", id: id("Customer", owner.customerId) },
  ];
  fail("customers", "http-500");
  const { data, errors } = await owner.send<{ _entities: unknown[] }>(
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on GroupWallet { balance } ... on Customer { customerId } } }`,
    { r: references },
  );
  expect(data?._entities).toEqual([null, { customerId: owner.customerId }]);
  expect(errors).toMatchObject(dark(["_entities", 0]));
});

test("a member who leaves while the page is read does not see the remaining members", async () => {
  const leaver = await gateway.customer();
  gateway.sandbox.capillary.addCustomer({ externalId: leaver.customerId });
  gateway.sandbox.capillary.changeMember(groupId, leaver.customerId, {});
  const call = fail("userGroup2", "hold");
  const asking = leaver.ok<Page>("{ me { groupWallets { balance members { role } } } }");
  await gateway.sandbox.faults.held(call);
  gateway.sandbox.capillary.changeMember(groupId, leaver.customerId, { active: false });
  gateway.sandbox.faults.release({ id: call.id });
  expect((await asking).me.groupWallets).toEqual([{ balance: 70, members: null }]);
});
