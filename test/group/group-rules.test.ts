import { describe, expect, test } from "vitest";
import { type GroupWallet, maskedName, membersSeen, pick, spendable } from "../../src/group/group.ts";

describe("a masked name", () => {
  test.each([
    ["Asha Kumar", "A••• K•••"],
    ["Asha", "A•••"],
    ["Al", "A•••"],
    ["A", "A•••"],
    ["  Anna   Maria  Rao ", "A••• M••• R•••"],
    ["E\u0301mile Zola", "E\u0301••• Z•••"],
    ["नमिता राव", "न••• रा•••"],
    ["👩‍👩‍👧 Rao", "👩‍👩‍👧••• R•••"],
  ])("of %s is %s", (name, masked) => expect(maskedName(name)).toBe(masked));
  test.each([null, "", "   "])("of %j is none", (name) => expect(maskedName(name)).toBeNull());
  test("does not reveal the length of the name", () => expect(maskedName("Bo")).toBe(maskedName("Bartholomew")));
});

test.each([
  [null, null],
  [0, 0],
  [12, 12],
  [12.99, 12],
  [-5, 0],
])("with %j points has %j to spend", (points, whole) => expect(spendable(points)).toBe(whole));

describe("the customer's own group is selected", () => {
  const group = (groupId: string, more: Partial<GroupWallet> = {}): GroupWallet => ({
    groupId,
    externalId: null,
    name: null,
    status: "ACTIVE",
    primaryUserId: null,
    balance: 0,
    expiring: null,
    role: "SECONDARY",
    asOf: new Date(0),
    ...more,
  });
  const groups = [
    group("1", { externalId: "2" }),
    group("2", { externalId: "fam", primaryUserId: "7", status: "INACTIVE" }),
    group("3", { primaryUserId: "7" }),
    group("4", { primaryUserId: "8", status: "DELETED" }),
  ];
  test.each([
    [{ groupId: "2" }, "2"],
    [{ externalId: "2" }, "1"],
    [{ externalId: "fam" }, "2"],
    [{ externalId: "FAM" }, undefined],
    [{ primaryUserId: "7" }, "3"],
    [{ primaryUserId: "8" }, "4"],
    [{ primaryUserId: "2" }, undefined],
    [{ groupId: "fam" }, undefined],
  ])("by %j the one numbered %s", (by, groupId) => expect(pick(groups, by)?.groupId).toBe(groupId));
});

test("members' names are masked for a viewer who is not a member", () => {
  const memberships = [{ userId: "1", role: "PRIMARY" as const }];
  expect(membersSeen(memberships, () => "Asha Rao", null)).toEqual([
    { name: "A••• R•••", role: "PRIMARY", isYou: false },
  ]);
});
