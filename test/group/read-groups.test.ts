import { describe, expect, test } from "vitest";
import type { Viewer } from "../../src/domain/viewer.ts";
import { groupLoaders } from "../../src/group/group.loaders.ts";
import { makeReadGroups } from "../../src/group/read-groups.ts";
import { makeTestClock } from "../support/clock.ts";
import {
  type Answer,
  clientOf,
  failureOf,
  startFakeCapillary,
  v2No,
  withStatus,
} from "../upstream/capillary/fake-capillary.ts";

const customer: Viewer = { kind: "customer", customerId: "C-1", sessionId: "s" };
const operator: Viewer = { kind: "operator", operatorId: "o", roles: ["admin"] };

const user = (userId: number, active: boolean, primaryMember = false) => ({ userId, active, primaryMember });
const group = {
  id: 5,
  externalId: "fam",
  groupName: "Family",
  groupStatus: "ACTIVE",
  fleetGroupUsers: [user(8, true, true), user(7, true), user(9, false)],
  pointsSummaries: [
    { programId: 1041, loyaltyPoints: 9_000 },
    { programId: 973, loyaltyPoints: "70" },
  ],
};

/** Loaders over a rewards system with these answers. The customer is number 7 there. */
async function loadersOver(says: { list?: Answer; group?: Answer; members?: Answer }, viewer = customer) {
  const capillary = await startFakeCapillary();
  const row = { user_id: "7", external_id: "C-1", item_status: { success: "true", code: "1000", message: "ok" } };
  const status = { success: "true", code: 200, message: "ok" };
  capillary.on("/customer/get", { response: { status, customers: { customer: [row] } } });
  capillary.on("/v2/customers/7", says.list ?? { id: 7 });
  capillary.on("/v2/userGroup2", says.group ?? group);
  capillary.on("/members", says.members ?? { data: [] });
  const groups = makeReadGroups({ capillary: clientOf(capillary.url), clock: makeTestClock() });
  const asked = () => capillary.seen.map(({ path }) => path.split("/").at(-1));
  return { asked, ...groupLoaders(groups, viewer, "r-1", { cache: true }) };
}
const listOf = (...groups: object[]): Answer => ({ id: 7, userGroups2: groups });

test("a customer's upstream id is cached for pages, and read anew for each order", async () => {
  const capillary = await startFakeCapillary();
  const row = { user_id: "7", external_id: "C-1", item_status: { success: "true", code: "1000", message: "ok" } };
  const status = { success: "true", code: 200, message: "ok" };
  capillary.on("/customer/get", { response: { status, customers: { customer: [row] } } });
  const groups = makeReadGroups({ capillary: clientOf(capillary.url), clock: makeTestClock(), keptMs: 60_000 });
  for (let time = 1; time <= 3; time += 1) expect(await groups.userIdOf("C-1")).toBe("7");
  expect(capillary.seen).toHaveLength(1);
  expect(await groups.userIdOf("C-1", { unshared: true })).toBe("7");
  expect(capillary.seen).toHaveLength(2);
});

test("the name of a customer is read with the id, and left out if Capillary has none or does not answer", async () => {
  const capillary = await startFakeCapillary();
  const row = { user_id: "7", external_id: "C-1", item_status: { success: "true", code: "1000", message: "ok" } };
  const says = (names: object) => {
    const status = { success: "true", code: 200, message: "ok" };
    capillary.on("/customer/get", { response: { status, customers: { customer: [{ ...row, ...names }] } } });
    const groups = makeReadGroups({ capillary: clientOf(capillary.url), clock: makeTestClock(), keptMs: 60_000 });
    return groupLoaders(groups, customer, "r-1", { cache: true });
  };
  const known = says({ firstname: " Asha ", lastname: "Rao" });
  expect(await known.customerName.load("C-1")).toBe("Asha Rao");
  expect(await known.capillaryUserId.load("C-1")).toBe("7");
  expect(capillary.seen).toHaveLength(1);
  expect(await says({ firstname: "Asha" }).customerName.load("C-1")).toBe("Asha");
  expect(await says({ firstname: "", lastname: " " }).customerName.load("C-1")).toBeNull();
  capillary.on("/customer/get", withStatus(503, {}));
  const away = makeReadGroups({ capillary: clientOf(capillary.url), clock: makeTestClock() });
  expect(await groupLoaders(away, customer, "r-1", { cache: true }).customerName.load("C-1")).toBeNull();
});

describe("an identifier that the list omits", () => {
  const list = listOf({ id: 5, groupName: "Family", groupStatus: "ACTIVE", active: true, primaryMember: false });
  test.each([{ primaryUserId: "8" }, { externalId: "fam" }])(
    "is read from the customer's own group: %j",
    async (by) => {
      const { group, asked } = await loadersOver({ list });
      expect(await group.load(by)).toMatchObject({ groupId: "5", role: "SECONDARY", ...by });
      expect(asked()).toEqual(["get", "7", "userGroup2"]);
    },
  );
  test.each([{ primaryUserId: "9" }, { primaryUserId: "7" }, { externalId: "other" }])(
    "finds no other group, and reads none: %j",
    async (by) => {
      const { group, asked } = await loadersOver({ list });
      expect(await group.load(by)).toBeNull();
      expect(asked()).toEqual(["get", "7", "userGroup2"]);
    },
  );
  test("is the customer's own id in a group that they lead", async () => {
    const led = listOf({ id: 5, groupName: "Family", groupStatus: "ACTIVE", active: true, primaryMember: true });
    const { group, asked } = await loadersOver({ list: led });
    expect(await group.load({ primaryUserId: "7" })).toMatchObject({ groupId: "5", role: "PRIMARY" });
    expect(asked()).toEqual(["get", "7"]);
  });
});

describe("a list without the state of the membership", () => {
  test("is completed from the group itself", async () => {
    const { groupsOf, asked } = await loadersOver({ list: listOf({ id: 5 }) });
    expect(await groupsOf.load("C-1")).toMatchObject([
      { groupId: "5", name: "Family", role: "SECONDARY", balance: 70 },
    ]);
    expect(asked()).toEqual(["get", "7", "userGroup2"]);
  });
  test.each([
    ["lists the customer as a former member", { ...group, fleetGroupUsers: [user(8, true, true), user(7, false)] }],
    ["does not know them", { ...group, fleetGroupUsers: [user(8, true, true)] }],
    ["is none", v2No(1632)],
  ])("is empty if the group %s", async (_, said) => {
    const { groupsOf, group } = await loadersOver({ list: listOf({ id: 5, externalId: "fam" }), group: said });
    expect(await groupsOf.load("C-1")).toEqual([]);
    expect(await group.load({ externalId: "fam" })).toBeNull();
  });
  test("is an error while the group cannot be read", async () => {
    const { groupsOf } = await loadersOver({ list: listOf({ id: 5 }), group: withStatus(500, "") });
    expect(await failureOf(groupsOf.load("C-1"))).toMatchObject({ operation: "group", outcome: "transient" });
  });
});

describe("a list with members but without balances", () => {
  const list = listOf({ id: 5, groupName: "Family", groupStatus: "active", active: "true", primaryUserId: 7 });
  test("is sufficient, with the leader's role", async () => {
    const { groupsOf, asked } = await loadersOver({ list, group: withStatus(500, "") });
    expect(await groupsOf.load("C-1")).toMatchObject([{ status: "ACTIVE", role: "PRIMARY", balance: null }]);
    expect(asked()).toEqual(["get", "7"]);
  });
  test("leaves the balance to another call, for the paying programme", async () => {
    const { groupBalance } = await loadersOver({ list });
    expect(await groupBalance.load("5")).toBe(70);
  });
});

test("a list with several groups is read once for any lookup", async () => {
  const all = [5, 6].map((id) => ({ ...group, id, externalId: `fam-${id}`, primaryMember: false, active: true }));
  const loaders = await loadersOver({ list: listOf(...all) });
  const [byId, byName, none] = await Promise.all([
    loaders.group.load({ groupId: "5" }),
    loaders.group.load({ externalId: "fam-6" }),
    loaders.group.load({ groupId: "77" }),
  ]);
  expect([byId?.groupId, byName?.groupId, none]).toEqual(["5", "6", null]);
  expect(loaders.asked()).toEqual(["get", "7"]);
});

test("a list that reports a former membership is trusted", async () => {
  const { groupsOf, asked } = await loadersOver({ list: listOf({ id: 5, active: false }) });
  expect(await groupsOf.load("C-1")).toEqual([]);
  expect(asked()).toEqual(["get", "7"]);
});

test.each([{ groupId: "" }, { externalId: " " }, { primaryUserId: "" }])(
  "a lookup by %j sends no call, because it names no group",
  async (by) => {
    const { group: find, asked } = await loadersOver({}, operator);
    expect(await find.load(by)).toBeNull();
    expect(asked()).toEqual([]);
  },
);

test("a customer unknown to the list has no groups", async () => {
  const { groupsOf } = await loadersOver({ list: v2No(8015) });
  expect(await groupsOf.load("C-1")).toEqual([]);
});

test("an unknown status is null", async () => {
  const { group: find } = await loadersOver({ group: { ...group, groupStatus: "ON_HOLD" } }, operator);
  expect(await find.load({ groupId: "5" })).toMatchObject({ status: null, balance: 70, role: null });
});

describe("the members", () => {
  test("have no name if the rewards system provides none", async () => {
    const members = { data: [{ fleetUserId: 7, firstName: "", lastName: null }] };
    const { groupMembers } = await loadersOver({ members });
    expect(await groupMembers.load("5")).toEqual([
      { name: null, role: "PRIMARY", isYou: false },
      { name: null, role: "SECONDARY", isYou: true },
    ]);
  });
  test("are hidden from a customer who is not one of them", async () => {
    const fleetGroupUsers = [user(8, true, true), user(7, false)];
    const said = { group: { ...group, fleetGroupUsers } };
    expect(await (await loadersOver(said)).groupMembers.load("5")).toBeNull();
    expect(await (await loadersOver(said, operator)).groupMembers.load("5")).toHaveLength(1);
  });
  test("are at most 100, including the primary member and the viewer", async () => {
    const crowd = Array.from({ length: 300 }, (_, index) => user(1_000 + index, true));
    const fleetGroupUsers = [...crowd, user(7, true), user(8, true, true)];
    const { groupMembers } = await loadersOver({ group: { ...group, fleetGroupUsers } });
    const members = await groupMembers.load("5");
    expect(members).toHaveLength(100);
    expect(members?.slice(0, 3)).toMatchObject([
      { role: "PRIMARY", isYou: false },
      { role: "SECONDARY", isYou: true },
      { role: "SECONDARY", isYou: false },
    ]);
  });
});
