import { describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { allocation, asha, capillaryApi, family, ravi } from "./support/capillary-api.ts";
import { makeTestClock } from "./support/client-api.ts";

const ofFamily = { user_group2_id: String(family.id) };

describe("a check of redeemability", () => {
  test("confirms, in text and numbers", async () => {
    await using sandbox = await startSandbox();
    const { status, body } = await capillaryApi(sandbox).isRedeemable({ points: 1200 });
    expect({ status, ...body.response }).toEqual({
      status: { success: "true", code: 200, message: "SUCCESS" },
      points: {
        redeemable: {
          mobile: asha.mobile,
          points: 1200,
          is_redeemable: "true",
          points_redeem_value: 1200,
          points_redeem_local_value: 1200,
          points_currency_ratio: "1",
          item_status: { success: "true", code: 800, message: expect.any(String) },
        },
      },
    });
    expect(sandbox.capillary.balance(asha.id)).toBe(1200);
  });

  for (const selector of [
    { user_group2_id: 31059 },
    { user_group2_external_id: "famgroup11" },
    { user_group2_primary_user_id: asha.id },
    { user_group2_primary_user_identifier_type: "mobile", user_group2_primary_user_identifier_value: asha.mobile },
    { use_default_user_group2: "true" },
  ]) {
    test(`accepts a group by ${Object.keys(selector)}`, async () => {
      await using sandbox = await startSandbox();
      const asked = { id: "", mobile: ravi.mobile, points: 5000, ...selector };
      const { redeemable } = (await capillaryApi(sandbox).isRedeemable(asked)).body.response.points;
      expect(redeemable.is_redeemable).toBe("true");
    });
  }

  const no: [why: string, code: number, query: object][] = [
    ["the balance is too low", 818, { points: 1201 }],
    ["the group's is, promised points or another programme's aside", 818, { ...ofFamily, points: 5001 }],
    ["zero points", 801, { points: 0 }],
    ["four decimals", 878, { points: 0.1234 }],
    ["an unregistered customer", 816, { id: 5 }],
    ["no customer", 889, { id: "" }],
    ["the programme is unknown", 1101, { program_id: 12 }],
    ["no programme is named", 1101, { program_id: "" }],
    ["the group is unknown", 1632, { user_group2_id: 5 }],
    ["no default group", 1632, { id: "381798603", use_default_user_group2: "true" }],
    [
      "its primary member is unknown",
      1632,
      { user_group2_primary_user_identifier_type: "externalId", user_group2_primary_user_identifier_value: "CUST9" },
    ],
    ["the customer is not in the group", 1620, { id: "381798977", ...ofFamily }],
    ["the group has no rule", 828, { id: "381798602", user_group2_id: 31100 }],
    ["the customer is marked as fraud", 820, { id: "381798978" }],
  ];
  for (const [why, code, query] of no) {
    test(`refuses if ${why}: ${code}, in a call that succeeded`, async () => {
      await using sandbox = await startSandbox();
      const { status, body } = await capillaryApi(sandbox).isRedeemable(query);
      expect({ status, ...body.response }).toMatchObject({
        status: { success: "true", code: 200 },
        points: { redeemable: { is_redeemable: "false", item_status: { success: "false", code } } },
      });
    });
  }

  test("must request JSON, because the real API may answer XML", async () => {
    await using sandbox = await startSandbox();
    const answer = await capillaryApi(sandbox).isRedeemable({ format: "xml" });
    expect(answer).toMatchObject({ status: 400, body: { response: { status: { success: "false", code: 400 } } } });
  });
});

const pointsIn = (answer: { body: { response: { responses: { points: object } } } }) =>
  answer.body.response.responses.points as { redemption_id: string; item_status: { code: number } };

describe("redeeming points", () => {
  test("takes them once for a reference, and a repeat gets the earlier outcome", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const order = { points_redeemed: "10", external_reference_number: "x-1" };
    const first = pointsIn(await api.redeem(order));
    expect(first).toMatchObject({
      user_id: asha.id,
      redemption_id: expect.stringMatching(/^\w{6}$/),
      points_redeemed: "10",
      redeemed_value: 10,
      balance: 1190,
      item_status: { success: "true", code: 800 },
    });
    expect(pointsIn(await api.redeem(order)).redemption_id).toBe(first.redemption_id);
    expect(sandbox.capillary.balance(asha.id)).toBe(1190);
    const changed = pointsIn(await api.redeem({ ...order, points_redeemed: 11 }));
    expect(changed.item_status).toMatchObject({ success: "false", code: 10003 });
    expect(sandbox.capillary.balance(asha.id)).toBe(1190);
  });

  test("without a reference takes them each time", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.redeem();
    await api.redeem();
    expect(sandbox.capillary.balance(asha.id)).toBe(1180);
  });

  test("takes a group's, and names the group", async () => {
    await using sandbox = await startSandbox();
    const points = pointsIn(
      await capillaryApi(sandbox).redeem({ customer: { mobile: Number(ravi.mobile) } }, ofFamily),
    );
    expect(points).toMatchObject({ balance: 4990, is_group_redemption: true });
    expect(sandbox.capillary.groupBalance(family.id)).toBe(4990);
    expect(sandbox.capillary.balance(ravi.mobile)).toBe(10);
  });

  test("keeps three decimals exact", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    for (let n = 0; n < 3; n += 1) await api.redeem({ points_redeemed: 0.1 });
    expect(sandbox.capillary.balance(asha.id)).toBe(1199.7);
  });

  test("is refused without the validation code, or for more than one at a time", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    expect(pointsIn(await api.redeem({}, { skip_validation: "false" })).item_status.code).toBe(808);
    const one = { points_redeemed: 1, customer: { id: asha.id } };
    const two = await api.post("/v1.1/points/redeem?format=json", { root: { redeem: [one, one] } });
    expect(two).toMatchObject({ status: 400, body: { response: { status: { success: "false" } } } });
    expect(sandbox.capillary.balance(asha.id)).toBe(1200);
  });

  test("locks the customer: a simultaneous call is 521", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const fault = sandbox.faults.add({ upstream: "capillary", operation: "redeem", fault: "hold" });
    const first = api.redeem();
    await sandbox.faults.held(fault);
    expect((await api.redeem()).body.response.status).toMatchObject({ success: "false", code: 521 });
    expect((await api.issue()).body.status.code).toBe(10004);
    sandbox.faults.release();
    expect(pointsIn(await first).item_status.code).toBe(800);
    expect(sandbox.capillary.balance(asha.id)).toBe(1190);
  });
});

/** Takes ten of the family's points in Asha's name. */
async function taken(sandbox: Sandbox): Promise<string> {
  return pointsIn(await capillaryApi(sandbox).redeem({ external_reference_number: "x-1" }, ofFamily)).redemption_id;
}

describe("reversing points", () => {
  test("returns all to the original wallet", async () => {
    await using sandbox = await startSandbox();
    const redemptionId = await taken(sandbox);
    const { status, body } = await capillaryApi(sandbox).reverse({ redemptionId });
    expect({ status, ...body }).toMatchObject({
      status: 200,
      customerId: Number(asha.id),
      redemptionId,
      pointsReversed: 10,
      pointsReversedDetails: { available: 10, expired: 0 },
      warnings: [],
    });
    expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
  });

  test("returns a part, then no more than the rest", async () => {
    await using sandbox = await startSandbox();
    const redemptionId = await taken(sandbox);
    const api = capillaryApi(sandbox);
    expect((await api.reverse({ redemptionId, pointsToBeReversed: 4 })).body.pointsReversed).toBe(4);
    expect((await api.reverse({ redemptionId, pointsToBeReversed: 7 })).body.errors[0].code).toBe(904);
    expect((await api.reverse({ redemptionId })).body.pointsReversed).toBe(6);
    expect((await api.reverse({ redemptionId })).body.errors[0].code).toBe(3802);
    expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
  });

  test("finds a redemption by its reference, and a customer by any name", async () => {
    await using sandbox = await startSandbox();
    await taken(sandbox);
    const identifier = { type: "PHONE", value: Number(asha.mobile) };
    const { body } = await capillaryApi(sandbox).reverse({ externalReferenceNumber: "x-1", identifier });
    expect(body.pointsReversed).toBe(10);
  });

  test("returns an issue's points, and leaves the coupon valid", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.issue({ userGroup2Id: family.id });
    const [redemption] = sandbox.capillary.redemptions();
    await api.reverse({ redemptionId: redemption?.redemptionId });
    expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
    expect(sandbox.capillary.issuals()).toMatchObject([{ state: "ISSUED" }]);
  });

  const refused: [why: string, code: number, change: object][] = [
    ["of a redemption nobody knows", 901, { redemptionId: "XXXXXX" }],
    ["for another customer", 903, { identifier: { type: "id", value: ravi.id } }],
    ["of nothing", 904, { pointsToBeReversed: 0 }],
    ["by two names", 400, { externalReferenceNumber: "x-1" }],
    ["by no name", 400, { redemptionId: null }],
    ["for a kind of name nobody knows", 400, { identifier: { type: "shoe", value: 44 } }],
  ];
  for (const [why, code, change] of refused) {
    test(`is refused ${why}: ${code}`, async () => {
      await using sandbox = await startSandbox();
      const redemptionId = await taken(sandbox);
      const { status, body } = await capillaryApi(sandbox).reverse({ redemptionId, ...change });
      expect({ status, ...body }).toMatchObject({ status: 400, errors: [{ status: false, code }], warnings: [] });
      expect(sandbox.capillary.groupBalance(family.id)).toBe(4990);
    });
  }

  test("is refused to an organisation without the permission", async () => {
    await using sandbox = await startSandbox();
    const redemptionId = await taken(sandbox);
    sandbox.capillary.setFlags({ Allow_points_redemption_reversal: false });
    expect((await capillaryApi(sandbox).reverse({ redemptionId })).body.errors[0].code).toBe(905);
  });
});

describe("a customer's redemptions", () => {
  test("are found by reference, newest first, with their reversals", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const redemptionId = await taken(sandbox);
    await api.reverse({ redemptionId, pointsToBeReversed: 4 });
    await api.issue({ transactionNumber: "ORD-1-1-1" });
    const { customer } = (await api.redemptions()).body.response;
    expect(customer.redemptions.points.point).toMatchObject([
      { transaction_number: "ORD-1-1-1", points_redeemed: "1", redeemed_till: "sandbox.till", reversals: [] },
      {
        redemption_id: redemptionId,
        program_id: "973",
        points_redeemed: "10",
        external_reference_number: "x-1",
        reversals: [{ points_reversed: "4" }],
      },
    ]);
    expect(customer.redemptions.coupons.coupon).toEqual([]);
  });

  test("come ten at a time, from an offset, between dates, of one type", async () => {
    const clock = makeTestClock("2026-06-01T10:00:00.000Z");
    await using sandbox = await startSandbox({ clock });
    const api = capillaryApi(sandbox);
    for (let day = 1; day <= 12; day += 1) {
      await api.redeem({ points_redeemed: day });
      clock.advance(86_400);
    }
    const points = async (query = {}) => {
      const { redemptions } = (await api.redemptions(query)).body.response.customer;
      return redemptions.points?.point.map((row: { points_redeemed: string }) => Number(row.points_redeemed));
    };
    expect(await points()).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(await points({ points_limit: 3, points_offset: 10 })).toEqual([2, 1]);
    expect(await points({ start_date: "2026-06-03", end_date: "2026-06-04" })).toEqual([4, 3]);
    expect(await points({ type: "COUPONS" })).toBeUndefined();
  });

  test("include used coupons, not those only issued", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const { transactionId } = (await api.issue()).body;
    const coupons = async () => (await api.redemptions({ type: "COUPONS" })).body.response.customer.redemptions.coupons;
    expect(await coupons()).toEqual({ coupon: [] });
    sandbox.capillary.useCoupon(transactionId);
    expect(await coupons()).toMatchObject({ coupon: [{ code: "4WF17B", series_id: "7001" }] });
  });

  test("of several customers are a list", async () => {
    await using sandbox = await startSandbox();
    const { customer } = (await capillaryApi(sandbox).redemptions({ id: `${asha.id},5` })).body.response;
    expect(customer).toMatchObject([{ user_id: asha.id }, { id: "5", item_status: { success: "false" } }]);
  });
});

describe("allocating points", () => {
  test("allocates each by its strategy, despite one failure", async () => {
    await using sandbox = await startSandbox();
    const { status, body } = await capillaryApi(sandbox).allocate(
      { sourceValue: 100 },
      { programId: 12 },
      { sourceValue: 25, awardStrategyId: 502, pointsRoundingStrategy: "FLOOR" },
    );
    expect({ http: status, ...body }).toMatchObject({ http: 200, total: 3, success: 2, failures: 1 });
    expect(body.data).toMatchObject([
      { status: "SUCCESS", entityId: Number(asha.id), sideEffects: [{ awardedPoints: 100, type: "points" }] },
      { status: "FAILED", errors: [{ code: 8136 }] },
      { status: "SUCCESS", sideEffects: [{ awardedPoints: 12 }] },
    ]);
    expect(sandbox.capillary.balance(asha.id)).toBe(1312);
  });

  test("allocates to a group, and promised points", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const toGroup = { lookupParams: { identifierType: "id", identifierValue: "31059", entityType: "FLEET" } };
    await api.allocate(toGroup, { ...toGroup, currencyType: "PROMISED" });
    const [, rewards] = (await api.group({ programDetails: "true" })).body.pointsSummaries;
    expect(rewards).toMatchObject({ programId: 973, loyaltyPoints: 5100, delayedPoints: 500, lifetimePoints: 5600 });
  });

  test("allocates once under a uniqueId", async () => {
    await using sandbox = await startSandbox();
    const { data } = (await capillaryApi(sandbox).allocate({ uniqueId: "u-1" }, { uniqueId: "u-1" })).body;
    expect(data.map((each: { status: string }) => each.status)).toEqual(["SUCCESS", "FAILED"]);
    expect(sandbox.capillary.balance(asha.id)).toBe(1300);
  });

  const refused: [why: string, code: number, change: object][] = [
    ["by a strategy nobody knows", 8136, { awardStrategyId: 1 }],
    ["with an expiry nobody knows", 8136, { expiryStrategyId: 1 }],
    ["for an event that earns nothing", 8136, { eventName: "Birthday" }],
    ["to an unknown customer", 8015, { lookupParams: { ...allocation.lookupParams, identifierValue: "CUST9" } }],
  ];
  for (const [why, code, change] of refused) {
    test(`allocates nothing ${why}: ${code}`, async () => {
      await using sandbox = await startSandbox();
      const { body } = await capillaryApi(sandbox).allocate(change);
      expect(body).toMatchObject({ failures: 1, data: [{ status: "FAILED", errors: [{ code }] }] });
      expect(sandbox.capillary.balance(asha.id)).toBe(1200);
    });
  }

  test("accepts one to ten requests", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    expect((await api.allocate(...Array(11).fill({}))).status).toBe(400);
    expect((await api.allocate()).status).toBe(400);
    expect((await api.allocate({ sourceValue: -1 })).status).toBe(400);
    expect(sandbox.capillary.balance(asha.id)).toBe(1200);
  });
});
