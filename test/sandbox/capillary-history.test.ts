import { describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { asha, capillaryApi, family, ravi } from "./support/capillary-api.ts";
import { makeTestClock } from "./support/client-api.ts";

/** Three of Asha's, oldest first: a coupon from the family's wallet, a failure, a voucher of her own; one of Ravi's. */
async function someHistory(sandbox: Sandbox) {
  const api = capillaryApi(sandbox);
  await api.issue({ transactionNumber: "ORD-1-1-1", requestId: "r-1", userGroup2Id: family.id });
  await api.issue({ transactionNumber: "ORD-2-1-1" }, 15483);
  await api.issue({ transactionNumber: "ORD-3-1-1", paymentConfig: { id: 33 } }, 15471);
  await api.issue({ mobile: ravi.mobile });
  return api;
}

const references = (rows: { rewardIssueRefId: string }[]) => rows.map((row) => row.rewardIssueRefId);

describe("a customer's issuals", () => {
  test("are every attempt, newest first, found by transaction number and not by requestId", async () => {
    await using sandbox = await startSandbox();
    const api = await someHistory(sandbox);
    const { body } = await api.issuals();
    expect(references(body.rewardIssueTransactions)).toEqual(["ORD-3-1-1", "ORD-2-1-1", "ORD-1-1-1"]);
    expect(body.rewardIssueTransactions[1]).toMatchObject({
      rewardTransactionId: "397002",
      rewardTransactionDate: expect.any(Number),
      status: { success: false, code: 8003 },
      rewardDetails: { rewardId: 15483, name: "Withdrawn umbrella" },
      pointsRedemptionRefIds: [],
      redemptionType: null,
    });
    expect(JSON.stringify(body)).not.toContain("r-1");
  });

  test("can be only the issued, or only the failed", async () => {
    await using sandbox = await startSandbox();
    const api = await someHistory(sandbox);
    const ofStatus = async (status: string) =>
      references((await api.issuals(asha.id, { status })).body.rewardIssueTransactions);
    expect(await ofStatus("true")).toEqual(["ORD-3-1-1", "ORD-1-1-1"]);
    expect(await ofStatus("false")).toEqual(["ORD-2-1-1"]);
  });

  test("have the points' references only in a request by them", async () => {
    await using sandbox = await startSandbox();
    const api = await someHistory(sandbox);
    const [redemption] = sandbox.capillary.redemptions(asha.id);
    const { body } = await api.issuals(asha.id, { pointsRefIds: `${redemption?.redemptionId},XXXXXX` });
    expect(references(body.rewardIssueTransactions)).toEqual(["ORD-1-1-1"]);
    expect(body.rewardIssueTransactions[0].pointsRedemptionRefIds).toEqual([redemption?.redemptionId]);
    const eleven = Array(11).fill("X").join(",");
    expect((await api.issuals(asha.id, { pointsRefIds: eleven })).status).toBe(400);
  });

  test("come in pages that count from 0", async () => {
    await using sandbox = await startSandbox();
    const api = await someHistory(sandbox);
    const last = (await api.issuals(asha.id, { page: 1, size: 2 })).body;
    expect(references(last.rewardIssueTransactions)).toEqual(["ORD-1-1-1"]);
    expect(last.pagingDto).toEqual({
      first: false,
      last: true,
      number: 1,
      size: 2,
      totalElements: 3,
      totalPages: 2,
      numberOfElements: 1,
    });
    const beyond = (await api.issuals(asha.id, { page: 9, size: 2 })).body;
    expect(beyond).toMatchObject({ rewardIssueTransactions: [], pagingDto: { last: true } });
    expect((await api.issuals()).body.pagingDto.size).toBe(100);
  });

  test("can be of one kind or one reward", async () => {
    await using sandbox = await startSandbox();
    const api = await someHistory(sandbox);
    const vendors = await api.issuals(asha.id, { redemptionType: "MILES,VENDOR_ONLY_REWARD" });
    expect(references(vendors.body.rewardIssueTransactions)).toEqual(["ORD-3-1-1"]);
    const popcorn = await api.issuals(asha.id, { rewardId: 15465 });
    expect(references(popcorn.body.rewardIssueTransactions)).toEqual(["ORD-1-1-1"]);
  });

  test("of an unknown customer are refused", async () => {
    await using sandbox = await startSandbox();
    expect((await capillaryApi(sandbox).issuals("5")).body.status).toMatchObject({ success: false, code: 1014 });
  });
});

describe("one transaction", () => {
  test("has the coupon, the payer and the points, under a status in a list", async () => {
    await using sandbox = await startSandbox({ clock: makeTestClock() }); // each second signs a picture's address anew
    const api = await someHistory(sandbox);
    const [redemption] = sandbox.capillary.redemptions(asha.id);
    const { body } = await api.transaction(397001);
    expect(body).toMatchObject({
      status: [{ success: true, code: 200 }],
      data: {
        rewardTransactionId: "397001",
        customerId: Number(asha.id),
        rewardIssueRefId: "ORD-1-1-1",
        status: { success: true, code: 200 },
        quantity: 1,
        requestedQuantity: 1,
        groupRedemption: true,
        pointsRedemption: {
          redeemedPoints: 1,
          pointsRedemptionRefId: redemption?.redemptionId,
          pointsRedemptionRefIds: [redemption?.redemptionId],
        },
        vouchers: [{ code: "4WF17B", codeExpiry: "2027-05-12 00:00:00" }],
        vendorRewards: { rewards: [] },
      },
    });
    expect((await api.issual(asha.id, 397001)).body).toEqual(body);
  });

  test("without a cost has a list of references that holds null", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const { transactionId } = (await api.issue({}, 15473)).body;
    const { pointsRedemption } = (await api.transaction(transactionId)).body.data;
    expect(pointsRedemption).toMatchObject({ redeemedPoints: 0, pointsRedemptionRefIds: [null] });
  });

  test("that failed has the reason and no coupon", async () => {
    await using sandbox = await startSandbox();
    const api = await someHistory(sandbox);
    const { data } = (await api.transaction(397002)).body;
    expect(data).toMatchObject({
      status: { success: false, code: 8003 },
      quantity: 0,
      pointsRedemption: {},
      vouchers: [],
    });
  });

  test("has the coupon in the requested case", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.changeReward({
      id: 15466,
      gives: { kind: "coupon", seriesId: 1, codes: ["aB3"], left: null, expiresAt: "2036-01-01T00:00:00.000Z" },
    });
    const api = capillaryApi(sandbox);
    const { transactionId } = (await api.issue({}, 15466)).body;
    const codeIn = async (couponCodeCase: string) =>
      (await api.transaction(transactionId, { couponCodeCase })).body.data.vouchers[0].code;
    expect([await codeIn("UPPER"), await codeIn("LOWER"), await codeIn("AS_IT_IS")]).toEqual(["AB3", "ab3", "aB3"]);
  });

  test("of another customer is not found for this one", async () => {
    await using sandbox = await startSandbox();
    const api = await someHistory(sandbox);
    expect((await api.issual(ravi.id, 397001)).body.status).toMatchObject({ success: false, code: 10007 });
    expect((await api.transaction(1)).body.status).toMatchObject({ success: false, code: 10007 });
  });
});

describe("a customer's vouchers", () => {
  test("are one row each, newest first, with points as a number and the vendor as JSON inside JSON", async () => {
    await using sandbox = await startSandbox();
    const api = await someHistory(sandbox);
    const { body } = await api.owned();
    expect(body).toMatchObject({ intouchUserId: asha.id, pagingDto: { totalElements: 2, size: 100 } });
    const [voucher, coupon] = body.rewards;
    expect(coupon).toMatchObject({
      typeOfReward: "INTOUCH_VOUCHER",
      pointsRedeemed: 1,
      rewardId: 15465,
      transactionId: 397001,
      issueRewardRefId: "ORD-1-1-1",
      code: "4WF17B",
      seriesId: 7001,
      vendor: null,
      userRewardExpiry: "2027-05-12 00:00:00",
      userRewardExpiryDateTime: "2027-05-12T00:00:00Z",
      rewardIssueDateTime: expect.stringMatching(/\+05:30$/),
      issueDateTime: expect.stringMatching(/Z$/),
      userRewardDetails: { rewardId: 15465 },
    });
    expect(voucher).toMatchObject({
      typeOfReward: "VENDOR",
      pointsRedeemed: 500,
      code: null,
      paymentDetails: { id: 33 },
    });
    expect(JSON.parse(voucher.vendor)).toEqual({ voucher: expect.any(String), pointsRedeemed: "500" });
  });

  test("can be filtered by a period, including its beginning", async () => {
    const clock = makeTestClock("2026-06-03T10:00:00.900Z");
    await using sandbox = await startSandbox({ clock });
    const api = capillaryApi(sandbox);
    await api.issue({ transactionNumber: "first" });
    clock.advance(3600);
    const hourLater = clock.now().getTime();
    await api.issue({ transactionNumber: "second" });
    const within = async (from: number, to: number) => {
      const { body } = await api.owned({ fromPurchaseDate: from, toPurchaseDate: to, orderBy: "asc" });
      return body.rewards.map((row: { issueRewardRefId: string }) => row.issueRewardRefId);
    };
    expect(await within(0, hourLater - 1)).toEqual(["first"]);
    expect(await within(hourLater, hourLater)).toEqual(["second"]);
    expect(await within(0, hourLater)).toEqual(["first", "second"]);
    expect((await api.owned({ fromPurchaseDate: 0 })).status).toBe(400);
  });

  test("have times in whole seconds", async () => {
    await using sandbox = await startSandbox({ clock: makeTestClock("2026-06-03T10:00:00.900Z") });
    const api = capillaryApi(sandbox);
    await api.issue();
    expect((await api.owned()).body.rewards[0].rewardIssueDate).toBe(Date.parse("2026-06-03T10:00:00Z"));
  });

  test("require a named, known customer", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    expect((await api.owned({ externalId: "" })).body.status.code).toBe(15006);
    expect((await api.owned({ externalId: "CUST9" })).body.status.code).toBe(1014);
    expect((await api.owned({ username: "" })).status).toBe(400);
  });
});
