import { describe, expect, test } from "vitest";
import type { Capillary } from "../../src/upstream/capillary/capillary.ts";
import type { CapillaryReason } from "../../src/upstream/capillary/capillary-error.ts";
import type { Allocation } from "../../src/upstream/capillary/points.ts";
import {
  type Answer,
  clientOf,
  failureOf,
  no,
  startFakeCapillary,
  v1,
  v2No,
  withStatus,
} from "./capillary/fake-capillary.ts";

async function asking<T>(answer: Answer, ask: (client: Capillary) => Promise<T>) {
  const capillary = await startFakeCapillary();
  capillary.on("", answer);
  const work = ask(clientOf(capillary.url));
  return { seen: capillary.seen, work };
}
const answered = async <T>(answer: Answer, ask: (client: Capillary) => Promise<T>): Promise<T> =>
  (await asking(answer, ask)).work;
const customer = { externalId: "CUST12345" };

describe("whether points can be redeemed", () => {
  const check = ({ points }: Capillary) => points.isRedeemable({ customer, points: 10 });
  const redeemable = { points: 10, is_redeemable: "true", points_redeem_value: "10" };

  test.each([
    [{ groupId: "31059" }, { user_group2_id: "31059" }],
    [{ externalId: "famgroup11" }, { user_group2_external_id: "famgroup11" }],
    [{ primaryUserId: "381" }, { user_group2_primary_user_id: "381" }],
    [undefined, {}],
  ])("is asked of the wallet of %j, in snake case", async (group, selector) => {
    const { seen, work } = await asking(v1("points", { redeemable: {} }), ({ points }) =>
      points.isRedeemable({ customer: { mobile: "91" }, points: 10, group }),
    );
    await failureOf(work);
    expect(seen[0]).toMatchObject({ method: "GET", path: "/v1.1/points/isredeemable" });
    expect(seen[0]?.query).toEqual({ mobile: "91", points: "10", program_id: "973", format: "json", ...selector });
  });

  test.each<[string, object]>([
    [
      "as it is",
      {
        response: {
          status: { success: "true" },
          points: { redeemable: { ...redeemable, item_status: { success: "true", code: 800 } } },
        },
      },
    ],
    [
      "deeper, and all in text",
      {
        response: {
          responses: [{ points: { redeemable: { ...redeemable, item_status: { success: "true", code: "800" } } } }],
        },
      },
    ],
    [
      "with real booleans",
      { response: { points: { redeemable: { ...redeemable, is_redeemable: true, item_status: { success: true } } } } },
    ],
  ])("is read %s", async (_, answer) => {
    expect(await answered(answer, check)).toEqual({ isRedeemable: true, value: 10 });
  });

  test.each<[number | string, CapillaryReason]>([
    [818, "insufficient-points"],
    ["804", "insufficient-points"],
    [828, "redemption-not-configured"],
    [1632, "unknown-group"],
    [1620, "not-a-member"],
    [816, "unknown-customer"],
    [820, "customer-blocked"],
    [1101, "not-configured"],
    [807, "amount-rule"],
    [801, "bad-amount"],
    [12345, "other"],
  ])("is no with %s, also where the call as a whole says yes", async (code, reason) => {
    const item = { redeemable: { is_redeemable: "false", item_status: { success: "false", code, message: "no" } } };
    const answer = { response: { status: { success: "true", code: 200 }, points: item } };
    const expected = { isRedeemable: false, reason, code: String(code), message: "no" };
    expect(await answered(answer, check)).toEqual(expected);
    expect(await answered({ response: { status: { success: "false", code, message: "no" } } }, check)).toEqual(
      expected,
    );
  });
  test("may be no with a status of yes", async () => {
    expect(await answered(v1("points", { is_redeemable: "false" }), check)).toMatchObject({
      isRedeemable: false,
      reason: "points-not-redeemable",
    });
  });
  test.each([815, 889, 898])("is not known with %i, which passes", async (code) => {
    const error = failureOf(answered(v1("points", { is_redeemable: "false" }, code, "false"), check));
    expect(await error).toMatchObject({ outcome: "transient", reason: "try-later", isForNow: true });
  });
});

describe("redeeming", () => {
  const redeem = ({ points }: Capillary) =>
    points.redeem({
      customer,
      points: 10,
      transactionNumber: "T1",
      externalReference: "X1",
      group: { groupId: "31059" },
    });
  const redeemed = {
    user_id: "564",
    redemption_id: "r0njPT",
    points_redeemed: "10",
    redeemed_value: 10,
    balance: 2_906,
    side_effects: {},
  };

  test("takes points, under a key", async () => {
    const { seen, work } = await asking(v1("responses", { ...redeemed, is_group_redemption: true }), redeem);
    expect(await work).toEqual({ redemptionId: "r0njPT", points: 10, balance: 2_906, isGroupRedemption: true });
    expect(seen[0]).toMatchObject({
      method: "POST",
      path: "/v1.1/points/redeem",
      query: { format: "json", program_id: "973", user_group2_id: "31059" },
      body: {
        root: {
          redeem: [
            {
              points_redeemed: 10,
              customer: { external_id: "CUST12345" },
              transaction_number: "T1",
              external_reference_number: "X1",
            },
          ],
        },
      },
    });
  });
  test("of another number than asked for is not known", async () => {
    const error = failureOf(answered(v1("responses", { ...redeemed, points_redeemed: 9 }), redeem));
    expect(await error).toMatchObject({ outcome: "unknown" });
  });
  test.each<[number, CapillaryReason, boolean]>([
    [818, "insufficient-points", false],
    [828, "redemption-not-configured", false],
    [878, "bad-amount", false],
    [3316, "not-configured", false],
    [815, "try-later", true],
  ])("is refused with %i", async (code, reason, isForNow) => {
    const error = failureOf(answered(v1("responses", {}, code, "false"), redeem));
    expect(await error).toMatchObject({ operation: "redeem", outcome: "refused", reason, isForNow });
  });
  test("waits for a lock", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/redeem", (_, nth) => v1("responses", redeemed, nth < 3 ? "521" : 800, nth < 3 ? "false" : "true"));
    expect(await redeem(clientOf(capillary.url))).toMatchObject({ redemptionId: "r0njPT" });
    expect(capillary.seen).toHaveLength(3);
  });
});

describe("reversing", () => {
  const reverse = ({ points }: Capillary) =>
    points.reverse({ redemption: { externalReference: "X1" }, customer, points: 4 });

  test("gives points back, less those that have expired", async () => {
    const answer = {
      redemptionId: "r0njPT",
      reversalId: 77,
      pointsReversed: "4.0",
      pointsReversedDetails: { available: 3, expired: "1" },
      warnings: [],
      errors: [],
    };
    const { seen, work } = await asking(answer, reverse);
    expect(await work).toEqual({ reversalId: "77", points: 4, credited: 3, expired: 1 });
    expect(seen[0]).toMatchObject({
      method: "POST",
      path: "/v2/points/reverse",
      body: {
        externalReferenceNumber: "X1",
        pointsToBeReversed: 4,
        identifier: { type: "externalId", value: "CUST12345" },
      },
    });
  });
  test("all of a redemption names no number", async () => {
    const { seen, work } = await asking({ pointsReversed: 10 }, ({ points }) =>
      points.reverse({ redemption: { redemptionId: "r0njPT" }, customer: { id: "381" } }),
    );
    expect(await work).toEqual({ reversalId: null, points: 10, credited: null, expired: null });
    expect(seen[0]?.body).toEqual({ redemptionId: "r0njPT", identifier: { type: "id", value: "381" } });
  });
  test.each<[number, CapillaryReason, string]>([
    [902, "already-reversed", "unknown"],
    [3802, "already-reversed", "unknown"],
    [905, "reversal-not-enabled", "refused"],
    [816, "unknown-customer", "refused"],
    [818, "other", "refused"],
    [817, "other", "refused"],
    [901, "other", "refused"],
  ])("is answered with %i, which means something of its own here", async (code, reason, outcome) => {
    for (const status of [200, 400]) {
      const error = failureOf(answered(withStatus(status, v2No(code)), reverse));
      expect(await error).toMatchObject({ operation: "reverse", reason, outcome, codes: [String(code)] });
    }
  });
});

describe("the history of redemptions", () => {
  const read = ({ points }: Capillary) =>
    points.redemptions({ customer, from: new Date("2026-06-03T10:00:00Z"), until: new Date("2026-06-03T11:00:00Z") });
  const point = {
    id: 5,
    redemption_id: "r0njPT",
    program_id: "973",
    points_redeemed: "10",
    transaction_number: "T1",
    external_reference_number: "X1",
    redeemed_time: "2026-06-03 10:00:01",
    reversals: [{ id: 7, points_reversed: "4", reversed_time: "2026-06-03 10:30:00" }],
  };
  const redemption = {
    redemptionId: "r0njPT",
    points: 10,
    programId: "973",
    transactionNumber: "T1",
    externalReference: "X1",
    at: new Date("2026-06-03T10:00:01Z"),
    reversals: [{ reversalId: "7", points: 4, at: new Date("2026-06-03T10:30:00Z") }],
  };

  test("shows what was taken and given back, over days enough", async () => {
    const { seen, work } = await asking(v1("customer", { redemptions: { points: { point: [point] } } }, "1000"), read);
    expect(await work).toEqual({ redemptions: [redemption], isLast: true });
    expect(seen[0]).toMatchObject({
      path: "/v1.1/customer/redemptions",
      query: {
        external_id: "CUST12345",
        type: "POINTS",
        start_date: "2026-06-02",
        end_date: "2026-06-04",
        points_limit: "500",
        points_offset: "0",
      },
    });
  });
  test("is read where the customer has no status of their own, and where there is only one row or none", async () => {
    const bare = (points: unknown) => ({
      response: { status: { success: "true" }, customer: { redemptions: { points } } },
    });
    expect(await answered(bare({ point }), read)).toMatchObject({ redemptions: [redemption] });
    for (const none of [null, [], "", { point: null }])
      expect(await answered(bare(none), read)).toEqual({ redemptions: [], isLast: true });
  });
  test("is no evidence with a row that cannot be read", async () => {
    const answer = v1("customer", { redemptions: { points: { point: [point, { points_redeemed: 5 }] } } }, "1000");
    expect(await failureOf(answered(answer, read))).toMatchObject({ outcome: "transient" });
  });
});

describe("giving points", () => {
  const allocation = (identifierValue: string, uniqueId: string): Allocation => ({
    customer: { identifierType: "externalId", identifierValue },
    amount: 5,
    awardStrategyId: "501",
    expiryStrategyId: "601",
    uniqueId,
    reference: "ORD-1",
  });
  const two = [allocation("A", "u-1"), allocation("B", "u-2")];
  const outcomes = async (answer: Answer, allocations = two) =>
    (await answered(answer, ({ points }) => points.allocate(allocations))).map(({ outcome }) => outcome);
  const bad = [{ status: false, code: 8136, message: "no" }];

  test("names each, with its key", async () => {
    const { seen, work } = await asking([{ success: true, points: 5 }], ({ points }) =>
      points.allocate([allocation("A", "u-1")]),
    );
    expect(await work).toEqual([{ outcome: "done", codes: [], message: "", details: { points: "5" } }]);
    expect(seen[0]).toMatchObject({ method: "POST", path: "/v2/customers/bulk/manualCurrencyAllocate" });
    expect(seen[0]?.body).toEqual([
      {
        orgId: 100_458,
        programId: 973,
        awardStrategyId: 501,
        expiryStrategyId: 601,
        sourceValue: 5,
        eventName: "GenericEvent",
        eventSourceId: "ORD-1",
        currencyType: "REGULAR",
        uniqueId: "u-1",
        lookupParams: { identifierType: "externalId", identifierValue: "A", entityType: "CUSTOMER", source: "INSTORE" },
      },
    ]);
  });
  test.each<[string, Answer, string[]]>([
    ["by position, where nothing else is said", [{ success: true }, { errors: bad }], ["done", "refused"]],
    [
      "by key, in whatever order",
      { response: [{ uniqueId: "u-2", success: false }, { entity: { uniqueId: "u-1" } }] },
      ["done", "refused"],
    ],
    [
      "by customer",
      {
        data: [
          { identifierValue: "B", errors: bad },
          { lookupParams: { identifierValue: "A" }, status: "SUCCESS" },
        ],
      },
      ["done", "refused"],
    ],
    ["not at all, where one is missing", [{ success: true }], ["unknown", "unknown"]],
    [
      "not by position, where another is named",
      [{ success: true, uniqueId: "u-2" }, { success: false }],
      ["unknown", "done"],
    ],
    ["as unknown, where it says neither", [{ points: 5 }, { status: "QUEUED" }], ["unknown", "unknown"]],
    [
      "one by one, beside an error of the whole",
      { data: [{ success: true }, { success: false }], errors: bad },
      ["done", "refused"],
    ],
  ])("answers %s", async (_, answer, expected) => {
    expect(await outcomes(answer)).toEqual(expected);
  });
  test("twice to one customer is not told apart by the customer", async () => {
    const answer = [{ identifierValue: "A", success: true }];
    expect(await outcomes(answer, [allocation("A", "u-1"), allocation("A", "u-2")])).toEqual(["unknown", "unknown"]);
  });
  test("is refused as a whole", async () => {
    expect(await failureOf(outcomes(v2No(8136)))).toMatchObject({ outcome: "refused", codes: ["8136"] });
    expect(await failureOf(outcomes(no(1)))).toMatchObject({ outcome: "unknown" });
  });
  test("to more than ten at once is a mistake of ours", async () => {
    const { seen, work } = await asking([], ({ points }) =>
      points.allocate(Array.from({ length: 11 }, (_, nth) => allocation("A", `u-${nth}`))),
    );
    await expect(work).rejects.toThrow(RangeError);
    expect(seen).toEqual([]);
  });
});
