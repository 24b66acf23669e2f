import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { partnerProgramId } from "../../sandbox/capillary/brand.ts";
import type { Group, Member } from "../../sandbox/capillary/records.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { postRaw } from "../support/raw-http.ts";

interface Seen {
  __typename?: string;
  id: string;
  groupId: string;
  externalId: string | null;
  name: string | null;
  status: string | null;
  balance: number | null;
  role: string | null;
  members: { name: string | null; role: string; isYou: boolean }[] | null;
  asOf: string;
}

const fields = "id groupId externalId name status balance role members { name role isYou } asOf";
const globalId = (groupId: number | string) => Buffer.from(`GroupWallet:${groupId}`).toString("base64url");

let gateway: TestGateway;
let [primary, secondary, stranger] = [] as unknown as [Customer, Customer, Customer];
let group: Group;
const world = () => gateway.sandbox.capillary;
beforeAll(async () => {
  gateway = await startTestGateway();
  primary = await known("Asha", "Rao");
  secondary = await known("Kiran", "Kumar");
  stranger = await known("Sam", "Stranger");
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  group = newGroup([primary, secondary]);
});

/** A customer known to both upstreams. */
async function known(firstName: string, lastName: string): Promise<Customer> {
  const customer = await gateway.customer();
  world().addCustomer({ externalId: customer.customerId, firstName, lastName });
  return customer;
}
/** A group with a balance, and another in a programme that cannot pay. The first member leads it. */
function newGroup(members: Customer[], change: Partial<Group> = {}): Group {
  const { id } = world().addGroup({
    externalId: `fam-${randomUUID()}`,
    name: "Rao family",
    members: members.map(({ customerId }) => ({ customer: customerId })),
    ...(change as object),
  });
  world().setBalance({ group: id, points: 5_000, delayed: 400 });
  world().setBalance({ group: id, points: 90_000, programId: partnerProgramId });
  return world().group(id);
}
const changeMember = (who: Customer, change: Partial<Member>) =>
  world().changeMember(group.id, who.customerId, change as object);

const lookUp = async (caller: Caller, by: object, wanted = fields) =>
  (
    await caller.ok<{ groupWallet: Seen | null }>(
      `query ($by: GroupWalletBy!) { groupWallet(by: $by) { ${wanted} } }`,
      { by },
    )
  ).groupWallet;
const list = async (customer: Customer, wanted = "groupId balance role status") =>
  (await customer.ok<{ me: { groupWallets: Seen[] } }>(`{ me { groupWallets { ${wanted} } } }`)).me.groupWallets;
const listed = async (customer: Customer) =>
  (await list(customer)).find(({ groupId }) => groupId === String(group.id)) ?? null;

describe("a group wallet", () => {
  test("is shown in full to its members, only with the balance that pays for rewards", async () => {
    const before = Date.now();
    const seen = await lookUp(primary, { groupId: String(group.id) });
    expect(seen).toEqual({
      id: globalId(group.id),
      groupId: String(group.id),
      externalId: group.externalId,
      name: "Rao family",
      status: "ACTIVE",
      balance: 5_000,
      role: "PRIMARY",
      members: [
        { name: "Asha Rao", role: "PRIMARY", isYou: true },
        { name: "K••• K•••", role: "SECONDARY", isYou: false },
      ],
      asOf: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(Date.parse(seen?.asOf ?? "")).toBeGreaterThanOrEqual(before);
    expect((await list(primary, fields)).find(({ id }) => id === seen?.id)).toEqual({
      ...seen,
      asOf: expect.any(String),
    });
  });

  test("is read for each request", async () => {
    world().setBalance({ group: group.id, points: 12 });
    expect(await listed(primary)).toMatchObject({ balance: 12 });
    world().setBalance({ group: group.id, points: 13 });
    expect(await listed(primary)).toMatchObject({ balance: 13 });
  });

  test("with a fractional balance can spend its whole points", async () => {
    world().setBalance({ group: group.id, points: 99.9 });
    expect(await listed(primary)).toMatchObject({ balance: 99 });
  });

  test("without points of the paying programme has no balance", async () => {
    const { id } = world().addGroup({ members: [{ customer: primary.customerId }] });
    world().setBalance({ group: id, points: 50, programId: partnerProgramId });
    expect(await lookUp(primary, { groupId: id }, "balance")).toEqual({ balance: null });
  });

  test("without a balance in the list is read by another call", async () => {
    const loner = await known("Lo", "Ner");
    const { id } = world().addGroup({ members: [{ customer: loner.customerId }] });
    const call = gateway.sandbox.faults.add({ upstream: "capillary", operation: "userGroup2", fault: "hold" });
    const asking = list(loner, "balance");
    await gateway.sandbox.faults.held(call);
    world().setBalance({ group: id, points: 31 });
    gateway.sandbox.faults.release({ id: call.id });
    expect(await asking).toEqual([{ balance: 31 }]);
  });

  test("shows members their own role and name, and the initials of the others", async () => {
    expect(await lookUp(secondary, { groupId: group.id }, "role members { name role isYou }")).toEqual({
      role: "SECONDARY",
      members: [
        { name: "A••• R•••", role: "PRIMARY", isYou: false },
        { name: "Kiran Kumar", role: "SECONDARY", isYou: true },
      ],
    });
  });

  test("shows the primary member first, and no former members", async () => {
    const third = await known("Mini", "");
    const gone = await known("Gone", "Away");
    group = world().addGroup({
      members: [
        { customer: secondary.customerId, role: "SECONDARY" },
        { customer: gone.customerId, active: false },
        { customer: third.customerId },
        { customer: primary.customerId, role: "PRIMARY" },
      ],
    });
    const seen = await lookUp(secondary, { groupId: group.id }, "members { name role }");
    expect(seen?.members).toEqual([
      { name: "A••• R•••", role: "PRIMARY" },
      { name: "Kiran Kumar", role: "SECONDARY" },
      { name: "M•••", role: "SECONDARY" },
    ]);
  });

  test("is visible to a member who may not redeem from it", async () => {
    changeMember(secondary, { mayRedeem: false });
    expect(await listed(secondary)).toMatchObject({ balance: 5_000 });
  });
});

describe("a lookup", () => {
  const selectors: [string, () => object][] = [
    ["groupId", () => ({ groupId: String(group.id) })],
    ["groupId as a number", () => ({ groupId: group.id })],
    ["externalId", () => ({ externalId: group.externalId })],
    ["primaryUserId", () => ({ primaryUserId: String(group.members[0]?.userId) })],
  ];
  describe.each(selectors)("by %s", (_, by) => {
    let leader: Customer;
    beforeEach(async () => {
      leader = await known("Lead", "Er"); // of one group only: other tests cover the selection among several
      group = newGroup([leader, secondary]);
    });
    test.each(["leader", "secondary", "operator"] as const)("finds it for the %s", async (who) => {
      const caller = { leader, secondary, operator: gateway.operator }[who];
      expect(await lookUp(caller, by(), "groupId")).toEqual({ groupId: String(group.id) });
    });
    test("answers a stranger as for a missing group, with the same bytes and calls", async () => {
      const nobody = Object.fromEntries(Object.keys(by()).map((key) => [key, "99999999"]));
      const [seen, unseen] = [await asStranger(by()), await asStranger(nobody)];
      expect(seen).toEqual(unseen);
      expect(seen.text).toBe('{"data":{"groupWallet":null}}');
      expect(seen.calls.map(([operation]) => operation)).toEqual(["get", "customers"]);
    });
    test("answers a member who has left like a stranger", async () => {
      changeMember(secondary, { active: false });
      expect(await lookUp(secondary, by())).toBeNull();
    });
    test("requires a signed-in viewer", async () => {
      const { data, errors } = await gateway.anonymous.send(
        "query ($by: GroupWalletBy!) { groupWallet(by: $by) { id } }",
        { by: by() },
      );
      expect(data).toEqual({ groupWallet: null });
      expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
    });
  });

  async function asStranger(by: object) {
    const from = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
    const query = `query ($by: GroupWalletBy!) { groupWallet(by: $by) { ${fields} } }`;
    const headers = { authorization: `Bearer ${stranger.token}` };
    const { text } = await postRaw(gateway.url, { query, variables: { by } }, headers);
    const calls = gateway.sandbox.calls.since(from).map(({ operation, path, query }) => [operation, path, query]);
    return { text, calls };
  }

  test("by a primary member who leads several finds an active one", async () => {
    const boss = await known("Big", "Boss");
    const [first, second] = [newGroup([boss, secondary], { status: "INACTIVE" }), newGroup([boss, secondary])];
    const primaryUserId = String(world().customer(boss.customerId).userId);
    expect(await lookUp(secondary, { primaryUserId }, "groupId")).toEqual({ groupId: String(second.id) });
    world().changeGroup(second.id, { status: "INACTIVE" });
    expect(await lookUp(secondary, { primaryUserId }, "groupId")).toEqual({ groupId: String(first.id) });
  });

  test.each([
    ["nothing", {}],
    ["two at once", { groupId: "1", externalId: "x" }],
    ["null", { groupId: null }],
  ])("by %s is refused", async (_, by) => {
    const query = "query ($by: GroupWalletBy!) { groupWallet(by: $by) { id } }";
    const { errors } = await primary.send(query, { by });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  test.each([{ groupId: "" }, { externalId: " " }, { primaryUserId: "" }])("by %j finds nothing", async (by) => {
    expect(await lookUp(gateway.operator, by)).toBeNull();
    expect(await lookUp(primary, by)).toBeNull();
  });
});

describe("a customer's groups", () => {
  test("are all groups of their memberships, with their role in each", async () => {
    const someone = await known("So", "Meone");
    const [led, joined] = [newGroup([someone]), newGroup([primary, someone])];
    expect(await list(someone, "groupId role")).toEqual([
      { groupId: String(led.id), role: "PRIMARY" },
      { groupId: String(joined.id), role: "SECONDARY" },
    ]);
  });

  test("are empty for a customer unknown to the rewards system or in no group", async () => {
    expect(await list(await gateway.customer())).toEqual([]);
    expect(await list(await known("No", "Groups"))).toEqual([]);
  });

  test("are found under every name of the list", async () => {
    for (const groupListKey of ["allUserGroups2", "userGroup2Details", "userGroups2"]) {
      world().setFlags({ groupListKey });
      expect(await listed(primary)).toMatchObject({ balance: 5_000 });
    }
  });

  test("omit a group that they have left", async () => {
    expect(await listed(secondary)).not.toBeNull();
    changeMember(secondary, { active: false });
    expect(await listed(secondary)).toBeNull();
  });

  test("include an inactive group, marked as inactive", async () => {
    world().changeGroup(group.id, { status: "INACTIVE" });
    expect(await listed(primary)).toMatchObject({ status: "INACTIVE" });
  });

  test("omit a deleted group, which its members still find by its id", async () => {
    world().changeGroup(group.id, { status: "DELETED" });
    expect(await listed(primary)).toBeNull();
    expect(await lookUp(primary, { groupId: group.id }, "status")).toEqual({ status: "DELETED" });
    expect(await lookUp(stranger, { groupId: group.id }, "status")).toBeNull();
  });
});

describe("an operator", () => {
  test("sees a customer's groups, without a role and without members' names", async () => {
    const id = Buffer.from(`Customer:${primary.customerId}`).toString("base64url");
    const { node } = await gateway.operator.ok<{ node: { groupWallets: Seen[] } }>(
      `query ($id: ID!) { node(id: $id) { ... on Customer { groupWallets { ${fields} } } } }`,
      { id },
    );
    const seen = node.groupWallets.find(({ groupId }) => groupId === String(group.id));
    const looked = await lookUp(gateway.operator, { groupId: group.id });
    for (const each of [seen, looked])
      expect(each).toMatchObject({
        balance: 5_000,
        role: null,
        members: [
          { name: "A••• R•••", role: "PRIMARY", isYou: false },
          { name: "K••• K•••", role: "SECONDARY", isYou: false },
        ],
      });
  });

  test("finds no missing group", async () => {
    expect(await lookUp(gateway.operator, { groupId: "99999999" })).toBeNull();
    expect(await lookUp(gateway.operator, { externalId: "none" })).toBeNull();
  });
});

describe("as a node and as an entity", () => {
  const nodes = async (caller: Caller, ids: string[]) =>
    (
      await caller.ok<{ nodes: (Seen | null)[] }>(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on GroupWallet { balance role } } }",
        { ids },
      )
    ).nodes;
  const entities = async (caller: Caller, references: object[]) =>
    (
      await caller.ok<{ _entities: (Seen | null)[] }>(
        "query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on GroupWallet { id balance role } } }",
        { r: references },
      )
    )._entities;
  const both = async (caller: Caller, ids: string[]) => {
    const asNodes = await nodes(caller, ids);
    expect(
      await entities(
        caller,
        ids.map((id) => ({ __typename: "GroupWallet", id, balance: 1e9, role: "PRIMARY", groupId: group.id })),
      ),
    ).toEqual(asNodes);
    return asNodes;
  };

  test("it is found only by its members and operators", async () => {
    const id = globalId(group.id);
    const seen = { __typename: "GroupWallet", id, balance: 5_000 };
    expect(await both(primary, [id])).toEqual([{ ...seen, role: "PRIMARY" }]);
    expect(await both(secondary, [id])).toEqual([{ ...seen, role: "SECONDARY" }]);
    expect(await both(gateway.operator, [id])).toEqual([{ ...seen, role: null }]);
    expect(await both(stranger, [id])).toEqual([null]);
    expect(await both(gateway.anonymous, [id])).toEqual([null]);
  });

  test("other customers' groups are null among the viewer's own, in the requested order", async () => {
    const other = newGroup([stranger]);
    const ids = [globalId(other.id), globalId(group.id), globalId("99999999"), globalId(""), globalId("x y")];
    expect((await both(primary, ids)).map((each) => each?.id ?? null)).toEqual([null, ids[1], null, null, null]);
  });

  test("the answer is the same, to the byte, for another customer's group and for a missing one", async () => {
    const texts = new Set<string>();
    for (const id of [group.id, "99999999", "", "x"].map(globalId)) {
      const body = { query: "query ($id: ID!) { node(id: $id) { __typename id } }", variables: { id } };
      texts.add((await postRaw(gateway.url, body, { authorization: `Bearer ${stranger.token}` })).text);
    }
    expect([...texts]).toEqual(['{"data":{"node":null}}']);
  });
});

describe("in the sample world", () => {
  const mine = async (customerId: string) =>
    list(await gateway.customer({ customerId }), "groupId name balance role members { name role isYou }");

  test("CUST12345 leads a family and is in a team", async () => {
    expect(await mine("CUST12345")).toEqual([
      {
        groupId: "31059",
        name: "Rao family",
        balance: 5_000,
        role: "PRIMARY",
        members: [
          { name: "Asha Rao", role: "PRIMARY", isYou: true },
          { name: "R••• R•••", role: "SECONDARY", isYou: false },
          { name: "M••• R•••", role: "SECONDARY", isYou: false },
          { name: "F••• F•••", role: "SECONDARY", isYou: false },
        ],
      },
      {
        groupId: "31072",
        name: "Team seven",
        balance: 120,
        role: "SECONDARY",
        members: [
          { name: "V••• M•••", role: "PRIMARY", isYou: false },
          { name: "Asha Rao", role: "SECONDARY", isYou: true },
        ],
      },
    ]);
  });

  test("CUST67890 leads two, and CUST00001 is in none", async () => {
    expect((await mine("CUST67890")).map(({ groupId, role }) => [groupId, role])).toEqual([
      ["31072", "PRIMARY"],
      ["31100", "PRIMARY"],
    ]);
    expect(await mine("CUST00001")).toEqual([]);
  });
});

describe("without such a rewards system", () => {
  test("customers have no groups, without an error", async () => {
    const settings = ["REWARDS_URL", "INTOUCH_URL", "TILL", "PASSWORD", "ORG_ID", "BRAND", "PROGRAM_ID"];
    await gateway.restart(Object.fromEntries(settings.map((name) => [`CAPILLARY_${name}`, ""])));
    try {
      expect(await list(primary)).toEqual([]);
      expect(await lookUp(primary, { groupId: group.id })).toBeNull();
      expect(await lookUp(gateway.operator, { groupId: group.id })).toBeNull();
      const { errors } = await gateway.anonymous.send("{ groupWallet(by: { groupId: 1 }) { id } }");
      expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
    } finally {
      await gateway.restart();
    }
  });
});
