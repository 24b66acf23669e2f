import { describe, expect, test } from "vitest";
import type { Capillary } from "../../src/upstream/capillary/capillary.ts";
import {
  type Answer,
  clientOf,
  failureOf,
  no,
  REWARDS,
  startFakeCapillary,
  v2No,
  withStatus,
  yes,
} from "./capillary/fake-capillary.ts";

/** Calls a fake with this answer to every call. */
async function asking<T>(answer: Answer, ask: (client: Capillary) => Promise<T>) {
  const capillary = await startFakeCapillary();
  capillary.on("", answer);
  const work = ask(clientOf(capillary.url));
  return { seen: capillary.seen, work };
}
const answered = async <T>(answer: Answer, ask: (client: Capillary) => Promise<T>): Promise<T> =>
  (await asking(answer, ask)).work;

const row = {
  id: 9001,
  name: "Tea",
  description: "A cup",
  imageUrl: "https://files.example.com/tea.png?Expires=1",
  thumbnailUrl: null,
  termAndConditionsUrl: "",
  tier: "",
  label: {},
  priority: "1",
  intouchPoints: 500,
  startTime: "2020-01-01 00:00:00",
  startDateTime: "2026-01-02T03:04:05Z",
  endTime: "2027-01-02 03:04:05",
  expired: false,
  started: false,
  categoryList: [{ id: 4, name: "drinks", enabled: true }],
  customFields: [],
  groups: [{ groupName: "Shelf A", groupRank: 1 }],
  redemptionType: "A_KIND_NOBODY_KNOWS",
  paymentConfigs: [
    { paymentMode: "CASH", id: 30, cash: 3 },
    { paymentMode: "POINTS", id: "31", points: "150" },
  ],
};
const tea = {
  id: "9001",
  externalId: null,
  name: "Tea",
  description: "A cup",
  imageUrl: "https://files.example.com/tea.png?Expires=1",
  thumbnailUrl: null,
  texts: [],
  termsUrl: null,
  termsText: null,
  type: null,
  redemptionType: "A_KIND_NOBODY_KNOWS",
  vendor: null,
  isEnabled: null,
  startsAt: new Date("2026-01-02T03:04:05Z"),
  endsAt: new Date("2027-01-02T03:04:05Z"),
  updatedAt: null,
  categories: ["drinks"],
  shelves: ["Shelf A"],
  points: 150,
  paymentConfigs: [
    { id: "30", mode: "CASH", points: null, cash: 3, conversionRatio: null },
    { id: "31", mode: "POINTS", points: 150, cash: null, conversionRatio: null },
  ],
  priority: 1,
  tier: null,
  label: null,
  customFields: {},
};

describe("the brand", () => {
  const brandList = [
    { id: 7, brand: "Another", enabled: true, orgId: 100_458 },
    { id: 8, brand: "The Brand", enabled: true, orgId: 1 },
    { id: "31", brand: "The Brand", enabled: "false", orgId: "100458" },
  ];
  test("is looked up by its name in its organisation", async () => {
    const { seen, work } = await asking({ status: { ...yes, code: 3001 }, brandList }, ({ catalogue }) =>
      catalogue.brand(),
    );
    expect(await work).toEqual({ id: "31", name: "The Brand", isEnabled: false });
    expect(seen).toMatchObject([{ method: "POST", path: `${REWARDS}/brand/getAll`, body: { orgIds: [100_458] } }]);
  });
  test("may not be there", async () => {
    expect(await answered({ status: yes, brandList: null }, ({ catalogue }) => catalogue.brand())).toBeNull();
    const failure = failureOf(answered(no(3004), ({ catalogue }) => catalogue.brand()));
    expect(await failure).toMatchObject({ outcome: "refused", reason: "unknown-brand" });
  });
});

describe("the catalogue", () => {
  const page = (client: Capillary) => client.catalogue.cataloguePage({ brandId: "31", page: 2, size: 2 });

  test("is read by pages", async () => {
    const { seen, work } = await asking(
      { status: { ...yes, code: "6101" }, rewardList: [row, { ...row, id: 2 }] },
      page,
    );
    expect(await work).toEqual({ rows: [tea, { ...tea, id: "2" }], unreadable: 0, isLast: false });
    expect(seen).toMatchObject([
      { method: "GET", path: `${REWARDS}/reward/list/brand/31`, query: { page: "2", size: "2", username: "till.one" } },
    ]);
  });
  test.each([
    ["a short page, whatever the totals say", [row], { totalElements: 0, last: false }],
    ["an empty page", [], { last: false }],
    ["no page", null, {}],
    ["more than was asked for: paging is not heeded", [row, row, row], { last: false }],
  ])("ends with %s", async (_, rewardList, pagingDto) => {
    expect(await answered({ status: yes, rewardList, pagingDto }, page)).toMatchObject({ isLast: true });
  });
  test("reports the number of unreadable rows", async () => {
    const read = await answered({ status: yes, rewardList: [row, { name: "without an id" }] }, page);
    expect(read).toMatchObject({ rows: [{ id: "9001" }], unreadable: 1, isLast: false });
  });
  test("has a price without a config for points, or none", async () => {
    const price = async (change: object) =>
      (await answered({ status: yes, rewardList: [{ ...row, ...change }] }, page)).rows[0]?.points;
    expect(await price({ paymentConfigs: null })).toBe(500);
    expect(await price({ paymentConfigs: [{ paymentMode: "FREE", id: 1 }] })).toBe(500);
    expect(await price({ paymentConfigs: [], intouchPoints: "12.5" })).toBe(12.5);
    expect(await price({ paymentConfigs: {}, intouchPoints: "" })).toBeNull();
  });

  test("has definitions, with texts in languages and another spelling of the terms", async () => {
    const reward = {
      id: "9001",
      enabled: "true",
      languageSpecificInfo: [
        {
          languageCode: "en",
          rewardName: "Tea",
          description: "A cup",
          termNConditionsUrl: "https://t.example.com",
          termNConditions: "One each",
        },
      ],
      categories: ["drinks"],
      lastUpdatedOn: 1_767_323_045_000,
    };
    const definition = ({ catalogue }: Capillary) => catalogue.reward({ brandId: "31", rewardId: "9001" });
    expect(await answered({ status: yes, reward }, definition)).toMatchObject({
      id: "9001",
      name: "Tea",
      description: "A cup",
      termsUrl: "https://t.example.com",
      termsText: "One each",
      isEnabled: true,
      categories: ["drinks"],
      updatedAt: new Date("2026-01-02T03:04:05Z"),
    });
    expect(await answered({ status: yes, reward: null }, definition)).toBeNull();
    expect(await failureOf(answered({ status: yes, reward: { name: "Tea" } }, definition))).toMatchObject({
      outcome: "transient",
    });
  });
});

describe("rewards for a customer", () => {
  const limit = {
    kpi: "POINTS",
    frequencyType: "MONTHLY",
    constraintLimitValue: "5000",
    consumed: 400,
    isActive: true,
    isValid: "true",
  };
  const orgLevelRestrictions = { isValid: true, customerLevel: [{ ...limit, constraintLevel: "CUSTOMER" }] };
  const rewardRestrictions = {
    isValid: "false",
    rewardLevel: [
      { kpi: "QUANTITY", limit: 1, isValid: false },
      { ...limit, isActive: false },
    ],
  };
  const one = ({ catalogue }: Capillary) => catalogue.customerReward({ customerId: "381", rewardId: "9001" });
  const limits = [
    { scope: "REWARD", kpi: "QUANTITY", frequency: null, limit: 1, consumed: null, remaining: null, isExhausted: true },
    {
      scope: "CUSTOMER",
      kpi: "POINTS",
      frequency: "MONTHLY",
      limit: 5_000,
      consumed: 400,
      remaining: 4_600,
      isExhausted: false,
    },
  ];

  test("come with limits, of their own and of the organisation", async () => {
    const { seen, work } = await asking(
      { status: yes, reward: { ...row, rewardRestrictions, orgLevelRestrictions } },
      one,
    );
    expect(await work).toEqual({ ...tea, isWithinLimits: false, limits });
    expect(seen).toMatchObject([{ path: `${REWARDS}/user/reward/9001/brand/The%20Brand`, query: { userId: "381" } }]);
  });
  test("may have a list of one limit, with the organisation's beside it", async () => {
    const answer = { status: yes, rewardList: [{ ...row, rewardRestrictions }], orgLevelRestrictions };
    expect(await answered(answer, one)).toEqual({ ...tea, isWithinLimits: false, limits });
    expect(await answered({ status: yes, rewardList: [] }, one)).toBeNull();
  });
  test("come by pages", async () => {
    const answer = { status: yes, rewardList: [row], orgLevelRestrictions };
    const { seen, work } = await asking(answer, ({ catalogue }) =>
      catalogue.customerRewards({ customerId: "381", page: 1 }),
    );
    expect(await work).toMatchObject({ rows: [{ ...tea, isWithinLimits: true, limits: [limits[1]] }], isLast: true });
    expect(seen[0]).toMatchObject({
      path: `${REWARDS}/user/reward/brand/The%20Brand`,
      query: { userId: "381", page: "1", size: "100" },
    });
  });
  test("may have no limits", async () => {
    expect(await answered({ status: yes, reward: row }, one)).toMatchObject({ isWithinLimits: null, limits: [] });
  });
});

describe("customers", () => {
  const status = { success: "true", code: "1000", message: "found" };
  const asha = {
    user_id: "381798579",
    external_id: "CUST12345",
    mobile: "919812345645",
    email: "",
    firstname: "Asha",
    lastname: null,
    loyalty_points: "5.6E3",
    current_slab: "Gold",
    user_groups2: [],
    item_status: status,
  };
  const customers = (...customer: object[]) => ({
    response: { status: { success: "true", code: 200 }, customers: { customer } },
  });

  test("requested at the same moment share one call, each with its own row", async () => {
    const capillary = await startFakeCapillary();
    const failing = { ...asha, user_id: "3", item_status: { success: "false", code: 889, message: "busy" } };
    const gone = { id: 4, item_status: { success: false, code: "816", message: "no customer" } };
    capillary.on("/v1.1/customer/get", customers(gone, failing, { ...asha, user_id: 2, loyalty_points: 7 }, asha));
    const client = clientOf(capillary.url);
    const [one, again, two, three, four, five] = await Promise.allSettled(
      ["381798579", "381798579", "2", "3", "4", "5"].map((id) => client.customers.customer({ id })),
    );
    expect(one).toEqual({
      status: "fulfilled",
      value: {
        id: "381798579",
        externalId: "CUST12345",
        mobile: "919812345645",
        email: null,
        firstName: "Asha",
        lastName: null,
        points: 5_600,
        slab: "Gold",
        groups: [],
      },
    });
    expect(again).toEqual(one);
    expect(two).toMatchObject({ value: { id: "2", points: 7 } });
    expect(three).toMatchObject({ reason: { outcome: "transient", reason: "try-later", codes: ["889"] } });
    expect(four).toEqual({ status: "fulfilled", value: null });
    expect(five).toMatchObject({
      reason: { outcome: "transient", message: expect.stringContaining("nothing was said of id 5") },
    });
    expect(capillary.seen).toMatchObject([
      { query: { format: "json", id: "381798579,2,3,4,5", user_id: "true", mlp: "true", user_group: "true" } },
    ]);
  });

  test("are requested separately by kind of key, and at most fifty at once", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/customer/get", ({ query }) => {
      const [[name = "", keys = ""] = []] = Object.entries(query).filter(([key]) =>
        ["id", "external_id", "mobile"].includes(key),
      );
      return customers(
        ...keys.split(",").map((key) => ({ ...asha, user_id: `u${key}`, [name === "id" ? "user_id" : name]: key })),
      );
    });
    const { customers: of } = clientOf(capillary.url);
    const ids = Array.from({ length: 51 }, (_, nth) => `${nth + 1}`);
    const all = await Promise.all([
      ...ids.map((id) => of.customer({ id })),
      of.customer({ externalId: "CUST12345" }),
      of.customer({ mobile: "+91 98123 45645" }),
    ]);
    expect(all.map((customer) => customer?.id)).toEqual([...ids, "uCUST12345", "u919812345645"]);
    expect(
      capillary.seen.map(({ query }) => query["id"]?.split(",").length ?? query["external_id"] ?? query["mobile"]),
    ).toEqual(expect.arrayContaining([50, 1, "CUST12345", "919812345645"]));
    expect(capillary.seen).toHaveLength(4);
  });

  test("that do not exist are null, even if the answer names no customer", async () => {
    const nobody = { item_status: { success: "false", code: 1012, message: "no customer" } };
    const outer = { success: "false", code: 500, message: "all failed" };
    const answer = { response: { status: outer, customers: { customer: nobody } } };
    expect(await answered(answer, ({ customers: of }) => of.customer({ externalId: "X" }))).toBeNull();
  });
  test("requested together are not matched by an answer that names no customer", async () => {
    const answer = customers({ item_status: { success: "false", code: 816, message: "" } });
    const { work } = await asking(answer, ({ customers: of }) =>
      Promise.allSettled([of.customer({ externalId: "X" }), of.customer({ externalId: "Y" })]),
    );
    expect((await work).map(({ status: how }) => how)).toEqual(["rejected", "rejected"]);
  });
  test("cannot be injected with another customer's key", async () => {
    const { seen, work } = await asking(customers(asha), ({ customers: of }) =>
      of.customer({ externalId: "CUST1,CUST12345" }),
    );
    expect(await work).toBeNull();
    expect(seen).toEqual([]);
  });
  test("are missing in a row without an id, and are matched by mobile in any format", async () => {
    const { user_id, ...nameless } = asha;
    const byMobile = ({ customers: of }: Capillary) => of.customer({ mobile: "919812345645" });
    const error = await failureOf(answered(customers(nameless), byMobile));
    expect(error).toMatchObject({ outcome: "transient", message: expect.stringContaining("nothing was said") });
    const answer = customers({ ...nameless, mobile: "+91 9812345645", id: user_id });
    expect(await answered(answer, byMobile)).toMatchObject({ id: "381798579", mobile: "919812345645" });
  });
  test("fail together if the call fails", async () => {
    const { seen, work } = await asking(withStatus(500, "{}"), ({ customers: of }) =>
      Promise.allSettled([of.customer({ id: "1" }), of.customer({ id: "2" })]),
    );
    for (const settled of await work)
      expect(settled).toMatchObject({ reason: { outcome: "transient", httpStatus: 500 } });
    expect(seen).toHaveLength(1);
  });
  test("have only the points of the paying programme", async () => {
    const points = async (points_summary: object[]) =>
      (
        await answered(customers({ ...asha, points_summaries: { points_summary } }), ({ customers: of }) =>
          of.customer({ id: "381798579" }),
        )
      )?.points;
    expect(
      await points([
        { program_id: "1", loyalty_points: "9" },
        { program_id: 973, loyalty_points: "12" },
      ]),
    ).toBe(12);
    expect(await points([{ programId: 973, loyaltyPoints: 13 }])).toBe(13);
    expect(await points([{ program_id: "1", loyalty_points: "9" }])).toBeNull();
  });
  test("include groups, in v1.1's spelling", async () => {
    const user_groups2 = [{ id: "31059", external_id: "famgroup11", name: "Rao", role: "PRIMARY" }];
    const customer = await answered(customers({ ...asha, user_groups2 }), ({ customers: of }) =>
      of.customer({ id: "381798579" }),
    );
    expect(customer?.groups).toMatchObject([{ id: "31059", externalId: "famgroup11", name: "Rao", isPrimary: true }]);
  });
});

const group = {
  id: 31_059,
  externalId: "famgroup11",
  groupName: "Rao",
  groupStatus: "ACTIVE",
  fleetGroupUsers: [
    { userId: 381, groupId: 31_059, primaryMember: true, defaultGroup: true, active: true },
    { userId: "382", primaryMember: "false", active: false },
    { userId: "383", primaryMember: false },
  ],
  pointsSummaries: [
    { programId: 1_041, loyaltyPoints: 7_000, totalAvailablePoints: 7_000 },
    { programId: "973", loyaltyPoints: "500.0", totalAvailablePoints: 900, delayedPoints: 400 },
  ],
  warnings: [{ status: false, code: 1_656, message: "no hierarchy" }],
};
const rao = {
  id: "31059",
  externalId: "famgroup11",
  name: "Rao",
  status: "ACTIVE",
  primaryUserId: "381",
  points: 500,
  expiring: null,
};

describe("a group", () => {
  const read = ({ groups }: Capillary) => groups.group({ groupId: "31059" });

  test("has members, and what it can spend in the programme that pays", async () => {
    const users = [
      { userId: "381", isPrimary: true, isDefault: true, isActive: true },
      { userId: "382", isPrimary: false, isDefault: false, isActive: false },
      { userId: "383", isPrimary: false, isDefault: false, isActive: false },
    ];
    expect(await answered(group, read)).toEqual({ ...rao, users });
    expect(await answered({ entity: group, warnings: [], errors: [], success: true }, read)).toEqual({ ...rao, users });
    expect(await answered({ data: [group], errors: null }, read)).toEqual({ ...rao, users });
    expect(await answered({ ...group, pointsSummaries: null }, read)).toMatchObject({ points: null });
    expect(await answered({ ...group, pointsSummaries: [{ programId: 1, loyaltyPoints: 9 }] }, read)).toMatchObject({
      points: null,
    });
  });

  test("has expiries in the programme that pays, without rows that cannot be read", async () => {
    const expirySchedules = [
      { programId: "973", points: "120", expiryDate: "2027-03-31T23:59:59Z" },
      { programId: 1_041, points: 900, expiryDate: "2027-01-31" },
      { programId: 973, points: 5, expiryDate: "soon" },
    ];
    expect(await answered({ ...group, expirySchedules }, read)).toMatchObject({
      expiring: [{ points: 120, date: "2027-03-31" }],
    });
    expect(await answered({ ...group, expirySchedules: [] }, read)).toMatchObject({ expiring: [] });
  });

  test.each([
    [{ groupId: "31059" }, { id: "31059" }],
    [{ externalId: "famgroup11" }, { externalId: "famgroup11" }],
    [{ primaryUserId: "381" }, { primaryUserId: "381" }],
  ])("is requested by %j", async (by, query) => {
    const { seen, work } = await asking(group, ({ groups }) => groups.group(by, { requestId: "request-7" }));
    expect(await work).toMatchObject(rao);
    expect(seen).toMatchObject([
      {
        method: "GET",
        path: "/v2/userGroup2",
        query: { ...query, programDetails: "true" },
        headers: { "x-request-id": "request-7" },
      },
    ]);
    expect(seen[0]?.query).not.toHaveProperty("username");
  });

  test.each([{ groupId: "1" }, { externalId: "other" }, { primaryUserId: "382" }])(
    "is not any other group than %j",
    async (by) => {
      const error = await failureOf(answered(group, ({ groups }) => groups.group(by)));
      expect(error).toMatchObject({ outcome: "transient", message: expect.stringContaining("another group") });
    },
  );

  test.each([200, 400, 404])("may not be there, with HTTP %i", async (status) => {
    expect(await failureOf(answered(withStatus(status, v2No(1632)), read))).toMatchObject({
      outcome: "refused",
      reason: "unknown-group",
      codes: ["1632"],
      httpStatus: status,
    });
  });

  test.each<[string, Answer]>([
    ["an error without an error", withStatus(404, { message: "Not Found", id: 31_059 })],
    ["another shape", { users: [] }],
    ["a refusal without details", { success: "false", id: 31_059, errors: [] }],
    ["HTML", "<html>"],
    ["a closed connection", (response) => response.destroy()],
    ["500", withStatus(500, v2No(1632))],
  ])("answered with %s is unknown, or not visible", async (name, answer) => {
    const { seen, work } = await asking(answer, read);
    const outcome = name === "a refusal without details" ? "refused" : "transient";
    expect(await failureOf(work)).toMatchObject({ outcome });
    expect(seen).toHaveLength(1);
  });

  test("lists its members, page by page", async () => {
    const capillary = await startFakeCapillary();
    const member = {
      fleetUserId: 381,
      firstName: "Asha",
      joinedOn: "2026-01-02",
      role: "PRIMARY",
      permissions: "a, b,",
      pointsContributed: "7",
      inActive: true,
    };
    capillary.play("/v2/userGroup2/members", ({ query }) => {
      const offset = Number(query["offset"]);
      return {
        data: Array.from({ length: offset < 200 ? 100 : 1 }, (_, nth) => ({
          ...member,
          fleetUserId: offset + nth + 1,
        })),
        warnings: [],
      };
    });
    const members = await clientOf(capillary.url).groups.members("31059");
    expect(members).toHaveLength(201);
    expect(members[200]).toEqual({
      userId: "201",
      firstName: "Asha",
      lastName: null,
      isPrimary: true,
      permissions: ["a", "b"],
      joinedAt: new Date("2026-01-02T00:00:00Z"),
      pointsContributed: 7,
    });
    expect(capillary.seen[2]?.query).toMatchObject({
      identifierName: "id",
      identifierValue: "31059",
      limit: "100",
      offset: "200",
    });
  });
  test("with too many members is read only up to the limit", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/members", ({ query }) => ({
      data: Array.from({ length: 100 }, (_, index) => ({ fleetUserId: Number(query["offset"]) + index })),
    }));
    expect(await clientOf(capillary.url).groups.members("31059", { atMost: 150 })).toHaveLength(200);
    expect(capillary.seen).toHaveLength(2);
  });
  test("with endless pages of members is given up", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/members", ({ query }) => ({
      data: Array.from({ length: 100 }, (_, nth) => ({ fleetUserId: Number(query["offset"]) + nth + 1 })),
    }));
    const error = await failureOf(clientOf(capillary.url).groups.members("31059"));
    expect(error).toMatchObject({ operation: "group-members", outcome: "transient" });
    expect(capillary.seen).toHaveLength(50);
  });
  test("whose pages are all the same has the members of one", async () => {
    const data = Array.from({ length: 100 }, (_, nth) => ({ fleetUserId: nth + 1, primaryMember: false }));
    const { seen, work } = await asking({ data }, ({ groups }) => groups.members("31059"));
    expect(await work).toHaveLength(100);
    expect(seen).toHaveLength(2);
  });
});

describe("the groups of a customer", () => {
  const read = ({ groups }: Capillary) => groups.customerGroups("381");
  const membership = { ...group, primaryMember: true, defaultGroup: true, active: true };
  const mine = { ...rao, isPrimary: true, isDefault: true, isActive: true };

  test("are requested", async () => {
    const { seen, work } = await asking({ id: 381, userGroups2: [membership] }, read);
    expect(await work).toEqual([mine]);
    expect(seen).toMatchObject([
      {
        path: "/v2/customers/381",
        query: { source: "INSTORE", includedAllUserGroup2: "true", includedUserGroup2LoyaltyDetails: "true" },
      },
    ]);
  });
  test.each<[string, object]>([
    ["userGroup2", { userGroup2: [membership] }],
    ["allUserGroup2", { allUserGroup2: [membership] }],
    ["userGroup2List", { userGroup2List: [membership] }],
    ["fleetGroups", { fleetGroups: [membership] }],
    ["a name nobody knows", { circlesOfFriends: [membership] }],
    ["a name, deep within", { entity: { loyaltyInfo: { userGroups2: { data: [membership] } } } }],
    ["a name, as the only one", { userGroup2: membership }],
  ])("are found under %s", async (_, answer) => {
    expect(await answered({ id: "381", ...answer }, read)).toEqual([mine]);
  });
  test("are found by their name with few fields", async () => {
    const found = await answered(
      { id: 381, user_groups2: [{ id: 31_059 }, { group_id: "2", group_name: "Two" }] },
      read,
    );
    expect(found).toMatchObject([
      { id: "31059", points: null, isActive: null },
      { id: "2", name: "Two" },
    ]);
  });
  test.each([null, [], {}, "", undefined])("may be none: %j", async (userGroups2) => {
    const groups = [{ groupName: "Shelf A", groupRank: 1 }];
    expect(
      await answered(
        { id: 381, userGroups2, profiles: [{ userId: 381, identifiers: [{ type: "id", value: "381" }] }], groups },
        read,
      ),
    ).toEqual([]);
  });
  test("are an error if they cannot be read", async () => {
    expect(await failureOf(answered({ id: 381, userGroups2: [{ title: "Rao" }] }, read))).toMatchObject({
      outcome: "transient",
    });
  });
  test("are not those of another customer or of no customer", async () => {
    for (const whose of [{ id: 382 }, {}])
      expect(await failureOf(answered({ ...whose, userGroups2: [membership] }, read))).toMatchObject({
        outcome: "transient",
        message: expect.stringContaining("another customer"),
      });
    expect(await failureOf(answered(v2No(8015), read))).toMatchObject({
      reason: "unknown-customer",
      outcome: "refused",
    });
  });
});

describe("the issuals of a customer", () => {
  const lost = {
    customerId: "381",
    rewardId: "9001",
    requestId: "r-1",
    transactionNumber: "t-1",
    since: new Date("2026-06-03T10:00:00Z"),
  };
  const look = ({ issuing }: Capillary) => issuing.searchIssue(lost);
  const attempt = {
    rewardTransactionId: "397000",
    rewardIssueRefId: "t-1",
    rewardTransactionDate: Date.parse("2026-06-03T10:00:05Z"),
    status: { success: true, code: 200, message: "" },
    rewardDetails: { rewardId: 9001, rewardName: "Tea" },
    pointsRedemptionRefIds: [null],
  };
  const found = {
    transactionId: "397000",
    reference: "t-1",
    requestId: null,
    rewardId: "9001",
    state: "issued",
    at: new Date("2026-06-03T10:00:05Z"),
  };
  const issuals = (...rewardIssueTransactions: object[]) => ({
    status: yes,
    rewardIssueTransactions,
    pagingDto: { totalElements: 0 },
  });

  test("show a lost issue by its transaction number", async () => {
    const { seen, work } = await asking(
      issuals({ ...attempt, rewardIssueRefId: "t-2", rewardTransactionId: 1 }, attempt),
      look,
    );
    expect(await work).toEqual({ attempt: found, unclear: [] });
    expect(seen).toMatchObject([
      { path: `${REWARDS}/management/customer/381/issuals`, query: { rewardId: "9001", page: "0", size: "100" } },
    ]);
    expect(seen[0]?.query).not.toHaveProperty("status");
  });
  test("show it by its request, if they have it", async () => {
    expect(await answered(issuals({ ...attempt, rewardIssueRefId: "", requestId: "r-1" }), look)).toMatchObject({
      attempt: { transactionId: "397000", requestId: "r-1" },
    });
  });
  test("show a success before a failure of the same number", async () => {
    const failed = { ...attempt, rewardTransactionId: "1", status: [{ success: "false", code: 8004 }] };
    expect(await answered(issuals(failed, attempt), look)).toMatchObject({
      attempt: { transactionId: "397000", state: "issued" },
    });
    expect(await answered(issuals(failed), look)).toMatchObject({ attempt: { transactionId: "1", state: "failed" } });
    const unsaid = { ...attempt, status: null };
    expect(await answered(issuals(unsaid), look)).toMatchObject({ attempt: { state: "unknown" } });
  });
  test("leave the outcome unknown if an attempt of that time has no request", async () => {
    const nameless = { ...attempt, rewardIssueRefId: null };
    const early = { ...nameless, rewardTransactionId: "2", rewardTransactionDate: Date.parse("2026-06-03T09:59:59Z") };
    const undated = { ...nameless, rewardTransactionId: "3", rewardTransactionDate: null };
    const failed = { ...nameless, rewardTransactionId: "4", status: { success: false } };
    const another = { ...nameless, rewardTransactionId: "5", rewardDetails: { rewardId: 7 } };
    const { attempt: none, unclear } = await answered(issuals(nameless, early, undated, failed, another), look);
    expect(none).toBeNull();
    expect(unclear.map(({ transactionId }) => transactionId)).toEqual(["397000", "3"]);
  });
  test("are read to the end, beyond a full page", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/issuals", ({ query }) =>
      query["page"] === "0"
        ? issuals(
            ...Array.from({ length: 100 }, (_, nth) => ({
              ...attempt,
              rewardTransactionId: nth + 1,
              rewardIssueRefId: "x",
            })),
          )
        : issuals(attempt),
    );
    expect(await look(clientOf(capillary.url))).toEqual({ attempt: found, unclear: [] });
    expect(capillary.seen).toHaveLength(2);
  });
  test("with endless pages are given up, and not treated as empty", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/issuals", ({ query }) => {
      const firstId = Number(query["page"]) * 100 + 1;
      return issuals(
        ...Array.from({ length: 100 }, (_, nth) => ({
          ...attempt,
          rewardTransactionId: firstId + nth,
          rewardIssueRefId: "x",
        })),
      );
    });
    expect(await failureOf(look(clientOf(capillary.url)))).toMatchObject({
      operation: "issuals",
      outcome: "transient",
    });
    expect(capillary.seen).toHaveLength(50);
  });
  test("are read again for a lookup, even during another read", async () => {
    const capillary = await startFakeCapillary();
    capillary.on("/issuals", issuals(attempt));
    const client = clientOf(capillary.url);
    await Promise.all([
      client.issuing.issuals({ customerId: "381", page: 0, rewardId: "9001" }),
      look(client),
      look(client),
    ]);
    expect(capillary.seen).toHaveLength(3);
  });
  test("are read once if every page is the same", async () => {
    const page = Array.from({ length: 100 }, (_, nth) => ({
      ...attempt,
      rewardTransactionId: nth + 1,
      rewardIssueRefId: "x",
    }));
    const { seen, work } = await asking(issuals(...page), look);
    expect(await work).toEqual({ attempt: null, unclear: [] });
    expect(seen).toHaveLength(2);
  });
  test.each<[string, object]>([
    ["with an empty list", issuals()],
    ["with no list, but pages", { status: yes, transactions: null, pagingDto: {} }],
  ])("are empty %s", async (_, answer) => {
    expect(await answered(answer, look)).toEqual({ attempt: null, unclear: [] });
  });
  test.each<[string, object]>([
    ["a success without data", { status: yes }],
    ["a row without an id", issuals(attempt, { rewardIssueRefId: "t-1" })],
    ["rows of something else", { status: yes, rewards: [{ id: 1 }] }],
  ])("are an error with %s", async (_, answer) => {
    expect(await failureOf(answered(answer, look))).toMatchObject({ outcome: "transient" });
  });
  test("are read by pages", async () => {
    const { seen, work } = await asking(issuals(attempt), ({ issuing }) =>
      issuing.issuals({ customerId: "381", page: 3 }),
    );
    expect(await work).toEqual({ attempts: [found], isLast: true });
    expect(seen[0]?.query).toEqual({ page: "3", size: "100", username: "till.one" });
  });

  test("have an attempt in full, with its vouchers", async () => {
    const full = {
      customerId: 381,
      quantity: 1,
      groupRedemption: "true",
      pointsRedemption: { redeemedPoints: "15", pointsRedemptionRefIds: [null] },
      vouchers: [{ code: "AB12", codeExpiry: "2027-05-12 00:00:00" }],
    };
    const inFull = {
      state: "issued",
      customerId: "381",
      quantity: 1,
      isGroupRedemption: true,
      points: 15,
      vouchers: [{ code: "AB12", expiresAt: new Date("2027-05-12T00:00:00Z") }],
    };
    const read = ({ issuing }: Capillary) => issuing.transaction("397000");
    expect(await answered({ status: [yes], ...full }, read)).toEqual(inFull);
    expect(await answered({ status: [yes], data: full }, read)).toEqual(inFull);
    const vendorRewards = { rewards: [{ json: '{"voucher":"V-1"}' }] };
    expect(await answered({ status: [yes], data: { ...full, vouchers: [], vendorRewards } }, read)).toMatchObject({
      vouchers: [{ code: "V-1", expiresAt: null }],
    });
    expect(
      await answered({ status: [{ success: false, code: 8004 }], ...full, quantity: 0, vouchers: null }, read),
    ).toMatchObject({
      state: "failed",
      vouchers: [],
    });
    expect(await failureOf(answered({ status: [{ success: false, code: 10007 }] }, read))).toMatchObject({
      outcome: "refused",
      reason: "unknown-transaction",
    });
  });
});
