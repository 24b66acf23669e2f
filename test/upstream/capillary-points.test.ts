import { describe, expect, test } from "vitest";
import type { Capillary } from "../../src/upstream/capillary/capillary.ts";
import type { CapillaryReason } from "../../src/upstream/capillary/capillary-error.ts";
import type { Allocation } from "../../src/upstream/capillary/points.ts";
import { type Answer, clientOf, failureOf, no, startFakeCapillary, v1, v2No } from "./capillary/fake-capillary.ts";

async function asking<T>(answer: Answer, ask: (client: Capillary) => Promise<T>) {
  const capillary = await startFakeCapillary();
  capillary.on("", answer);
  const work = ask(clientOf(capillary.url));
  return { seen: capillary.seen, work };
}
const answered = async <T>(answer: Answer, ask: (client: Capillary) => Promise<T>): Promise<T> =>
  (await asking(answer, ask)).work;
const customer = { externalId: "CUST12345" };

describe("a check of redeemability", () => {
  const check = ({ points }: Capillary) => points.isRedeemable({ customer, points: 10 });
  const redeemable = { points: 10, is_redeemable: "true", points_redeem_value: "10" };

  test.each([
    [{ groupId: "31059" }, { user_group2_id: "31059" }],
    [{ externalId: "famgroup11" }, { user_group2_external_id: "famgroup11" }],
    [{ primaryUserId: "381" }, { user_group2_primary_user_id: "381" }],
    [undefined, {}],
  ])("is sent for the wallet of %j, in snake case", async (group, selector) => {
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
  ])("is parsed %s", async (_, answer) => {
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
  ])("is a refusal with %s, even if the call as a whole succeeds", async (code, reason) => {
    const item = { redeemable: { is_redeemable: "false", item_status: { success: "false", code, message: "no" } } };
    const answer = { response: { status: { success: "true", code: 200 }, points: item } };
    const expected = { isRedeemable: false, reason, code: String(code), message: "no" };
    expect(await answered(answer, check)).toEqual(expected);
    expect(await answered({ response: { status: { success: "false", code, message: "no" } } }, check)).toEqual(
      expected,
    );
  });
  test("may be a refusal with a status of success", async () => {
    expect(await answered(v1("points", { is_redeemable: "false" }), check)).toMatchObject({
      isRedeemable: false,
      reason: "points-not-redeemable",
    });
  });
  test.each([815, 889, 898])("is unknown with %i, which is temporary", async (code) => {
    const error = failureOf(answered(v1("points", { is_redeemable: "false" }, code, "false"), check));
    expect(await error).toMatchObject({ outcome: "transient", reason: "try-later", isRetryable: true });
  });
});

describe("allocating points", () => {
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
  test("twice to one customer is matched by key, not by the customer", async () => {
    const answer = [{ identifierValue: "A", success: true }];
    expect(await outcomes(answer, [allocation("A", "u-1"), allocation("A", "u-2")])).toEqual(["unknown", "unknown"]);
  });
  test("is refused as a whole", async () => {
    expect(await failureOf(outcomes(v2No(8136)))).toMatchObject({ outcome: "refused", codes: ["8136"] });
    expect(await failureOf(outcomes(no(1)))).toMatchObject({ outcome: "unknown" });
  });
  test("to more than ten at once is a programming error", async () => {
    const { seen, work } = await asking([], ({ points }) =>
      points.allocate(Array.from({ length: 11 }, (_, nth) => allocation("A", `u-${nth}`))),
    );
    await expect(work).rejects.toThrow(RangeError);
    expect(seen).toEqual([]);
  });
});
