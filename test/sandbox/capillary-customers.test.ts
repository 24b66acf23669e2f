import { describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { asha, capillaryApi, family, ravi, vikram } from "./support/capillary-api.ts";

describe("many customers at once", () => {
  test("come in the sandbox's own order, each with its status, unknown ones last", async () => {
    await using sandbox = await startSandbox();
    const { status, body } = await capillaryApi(sandbox).customers({
      id: `${vikram.id},5,${asha.id}`,
      user_id: "true",
    });
    expect({ http: status, ...body.response }).toMatchObject({
      http: 200,
      status: { success: "true", code: 200, total: "3", success_count: "2" },
      customers: {
        customer: [
          {
            user_id: asha.id,
            external_id: "CUST12345",
            loyalty_points: 1200,
            item_status: { success: "true", code: "1000" },
          },
          { user_id: vikram.id, external_id: "CUST67890" },
          { id: "5", item_status: { success: "false" } },
        ],
      },
    });
  });

  for (const [key, value] of Object.entries({
    mobile: asha.mobile,
    email: "asha@example.com",
    external_id: asha.externalId,
  })) {
    test(`are found by ${key}`, async () => {
      await using sandbox = await startSandbox();
      const { body } = await capillaryApi(sandbox).customers({ [key]: value });
      expect(body.response.customers.customer).toMatchObject([{ firstname: "Asha" }]);
    });
  }

  test("have their id, programmes and groups only on request", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const [plain] = (await api.customers({ id: vikram.id })).body.response.customers.customer;
    expect(plain).toMatchObject({ user_groups2: [] });
    expect(Object.keys(plain)).not.toEqual(expect.arrayContaining(["user_id"]));
    const asked = await api.customers({ id: vikram.id, user_id: "true", mlp: "true", user_group: "true" });
    expect(asked.body.response.customers.customer).toMatchObject([
      {
        user_id: vikram.id,
        points_summaries: {
          points_summary: [
            { program_id: "973", loyalty_points: "640" },
            { program_id: "1041", loyalty_points: "75" },
          ],
        },
        user_groups2: [
          { id: "31072", external_id: "team7", role: "PRIMARY" },
          { id: "31100", external_id: "famgroup12", role: "PRIMARY" },
        ],
      },
    ]);
  });

  test("omit deleted groups", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).customers({ id: ravi.id, user_group: "true" });
    expect(body.response.customers.customer[0].user_groups2).toMatchObject([{ id: "31059" }]);
    expect(body.response.customers.customer[0].user_groups2).toHaveLength(1);
  });

  test("are a failure if all are unknown, and a bad request if none is named", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const { status } = (await api.customers({ id: "5,6" })).body.response;
    expect(status).toMatchObject({ success: "false", total: "2", success_count: "0" });
    expect((await api.customers()).status).toBe(400);
  });
});

describe("one customer", () => {
  test("has its identity, and its groups only on request", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).customer();
    expect(body).toMatchObject({
      id: Number(asha.id),
      profiles: [
        { firstName: "Asha", identifiers: expect.arrayContaining([{ type: "externalId", value: "CUST12345" }]) },
      ],
      warnings: [],
    });
    expect(body).not.toHaveProperty("userGroups2");
  });

  const everyGroup = { includedAllUserGroup2: "true", includedUserGroup2LoyaltyDetails: "true" };

  test("has its groups with their balances, by id or by name", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const { body } = await api.customer(asha.id, everyGroup);
    expect(body.userGroups2).toMatchObject([
      { id: 31059, externalId: "famgroup11", primaryMember: true, defaultGroup: true, active: true },
      { id: 31072, externalId: "team7", primaryMember: false, primaryUserId: Number(vikram.id) },
    ]);
    expect(body.userGroups2[0].pointsSummaries).toMatchObject([
      { programId: 1041, loyaltyPoints: 90_000 },
      { programId: 973, loyaltyPoints: 5000, delayedPoints: 400, totalAvailablePoints: 5400 },
    ]);
    expect((await api.lookup(everyGroup)).body).toEqual(body);
    const [bare] = (await api.customer(asha.id, { includedAllUserGroup2: "true" })).body.userGroups2;
    expect(bare).not.toHaveProperty("pointsSummaries");
  });

  test("still sees a group that it has left, and a deleted one", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const left = (await api.customer("381798605", everyGroup)).body.userGroups2;
    expect(left).toMatchObject([{ id: 31059, active: false }]);
    const deleted = (await api.customer(ravi.id, everyGroup)).body.userGroups2;
    expect(deleted).toMatchObject([
      { id: 31059, active: true },
      { id: 31050, groupStatus: "DELETED" },
    ]);
  });

  test("returns one group, or a page of them", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const one = await api.customer(asha.id, { userGroup2Id: 31072 });
    expect(one.body.userGroups2).toMatchObject([{ id: 31072 }]);
    const page = await api.customer(asha.id, {
      ...everyGroup,
      ug2Limit: 1,
      ug2Offset: 1,
      ug2PaginationDetails: "true",
    });
    expect(page.body).toMatchObject({ userGroups2: [{ id: 31072 }], ug2Pagination: { limit: 1, offset: 1, total: 2 } });
  });

  test("lists its groups under the organisation's key", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setFlags({ groupListKey: "userGroup2Details" });
    const { body } = await capillaryApi(sandbox).customer(asha.id, everyGroup);
    expect(body.userGroup2Details).toHaveLength(2);
  });

  test("must be known and requested with a source", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    expect(await api.customer("5")).toMatchObject({ status: 400, body: { errors: [{ code: 8015 }] } });
    expect((await api.lookup({ identifierName: "shoe" })).body.errors[0].code).toBe(8015);
    expect((await api.customer(asha.id, { source: "" })).status).toBe(400);
  });
});

describe("a balance", () => {
  test("has the spendable points, the promised points, and their sum", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const { body } = await api.balance();
    expect(body).toMatchObject({
      entityId: Number(asha.id),
      entityType: "CUSTOMER",
      mainPoints: 1200,
      promisedPoints: 50,
      totalPoints: 1250,
    });
    expect((await api.lookupBalance()).body).toEqual(body);
  });

  test("of the fleet is the default group's; of all programmes, their sum", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const fleet = await api.balance(asha.id, { entityType: "FLEET" });
    expect(fleet.body).toMatchObject({ entityId: 31059, entityType: "FLEET", mainPoints: 5000 });
    const all = await api.balance(asha.id, { entityType: "FLEET", fetchDataForAllPrograms: "true" });
    expect(all.body.mainPoints).toBe(95_000);
    const partner = await api.balance(vikram.id, { programId: 1041 });
    expect(partner.body.mainPoints).toBe(75);
  });

  const refused: [why: string, code: number, id: string, query: object][] = [
    ["without a customer", 8015, "5", {}],
    ["of an unknown kind", 1212, asha.id, { entityType: "STORE" }],
    ["of a fleet for a customer without one", 1632, "381798603", { entityType: "FLEET" }],
    ["in an unknown programme", 1101, asha.id, { programId: 5 }],
  ];
  for (const [why, code, id, query] of refused) {
    test(`is refused ${why}: ${code}`, async () => {
      await using sandbox = await startSandbox();
      expect((await capillaryApi(sandbox).balance(id, query)).body.errors[0].code).toBe(code);
    });
  }
});

describe("a group", () => {
  for (const name of [{ id: 31059 }, { id: "", externalId: "famgroup11" }, { id: "", primaryUserId: asha.id }]) {
    test(`is found by ${JSON.stringify(name)}`, async () => {
      await using sandbox = await startSandbox();
      const { body } = await capillaryApi(sandbox).group(name);
      expect(body).toMatchObject({ id: 31059, externalId: "famgroup11", groupStatus: "ACTIVE" });
    });
  }

  test("has its members, including former ones, and its points only on request", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const { body } = await api.group();
    expect(body).toMatchObject({ totalActiveMembers: 4, totalExitedMembers: 1, warnings: [{ code: 1656 }] });
    expect(body.fleetGroupUsers).toContainEqual({
      userId: 381798605,
      groupId: 31059,
      primaryMember: false,
      defaultGroup: false,
      active: false,
    });
    expect(body).not.toHaveProperty("pointsSummaries");
    const full = (await api.group({ programDetails: "true", expirySchedules: "true" })).body;
    expect(full.pointsSummaries).toHaveLength(2);
    expect(full.expirySchedules).toContainEqual({ points: 5000, expiryDate: "2036-12-31", programId: 973 });
  });

  test("decreases with its members' spending", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.issue({ userGroup2Id: family.id, paymentConfig: { id: 31 } }, 15470);
    const { pointsSummaries } = (await api.group({ programDetails: "true" })).body;
    expect(pointsSummaries[1]).toMatchObject({ loyaltyPoints: 4700, redeemed: 300, lifetimePoints: 5400 });
  });

  test("is shown with its status after its end; an unknown one is refused", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    expect((await api.group({ id: 31050 })).body.groupStatus).toBe("DELETED");
    expect(await api.group({ id: 5 })).toMatchObject({
      status: 400,
      body: { errors: [{ status: false, code: 1632 }] },
    });
    expect((await api.group({ id: "" })).body.errors[0].code).toBe(1632);
  });

  test("lists its members with their rights, and inActive inverted", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).members({ sortBy: "IS_PRIMARY", paginationDetails: "true" });
    expect(body).toMatchObject({ errors: [], warnings: [], pagination: { total: 5 } });
    expect(body.data[0]).toMatchObject({
      fleetUserId: Number(asha.id),
      role: "PRIMARY",
      primaryMember: true,
      permissions: "allow_points_accrual,allow_points_redemption",
      joinedOn: "2026-01-01",
      inActive: true,
    });
    const byId = new Map(body.data.map((each: { fleetUserId: number }) => [each.fleetUserId, each]));
    expect(byId.get(381798604)).toMatchObject({
      permissions: "allow_points_accrual,block_points_redemption",
      email: null,
    });
    expect(byId.get(381798605)).toMatchObject({ inActive: false });
  });

  test("lists its members by page, optionally with the primary last, or by their time of joining", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const page = (await api.members({ sortBy: "IS_PRIMARY", sortOrder: "ASC", limit: 2, offset: 4 })).body.data;
    expect(page).toMatchObject([{ primaryMember: true }]);
    expect((await api.members({ fromDate: "2026-01-02 00:00:00" })).body.data).toEqual([]);
    expect((await api.members({ toDate: "2026-01-01 23:59:59" })).body.data).toHaveLength(5);
    expect((await api.members({ identifierName: "externalId" })).status).toBe(400);
  });

  test("is found by its own identifiers or its primary member's, never by another member's", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    for (const q of ["31059", "famgroup11", "RAO FAMILY", asha.mobile, "asha@example.com"]) {
      expect((await api.searchGroups(q)).body.data).toMatchObject([
        { groupId: 31059, primaryMemberId: Number(asha.id) },
      ]);
    }
    expect((await api.searchGroups(ravi.mobile)).body.data).toMatchObject([{ groupId: 31050 }]);
    expect((await api.searchGroups("")).body.errors[0].code).toBe(91052);
  });
});
