import { describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { asha, capillaryApi, family, ravi, rewardsRoot, vikram } from "./support/capillary-api.ts";
import { makeTestClock } from "./support/client-api.ts";

const fromFamily = { userGroup2Id: family.id };
const nothingIssued = { intouch: null, promotion: null, vendor: null };

/** By default, Ravi spends the family's points. */
const byRavi = { mobile: ravi.mobile, ...fromFamily };

describe("the wallet", () => {
  test("is the customer's own when no group is named", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).issue();
    expect(body).toMatchObject({ status: { success: true, code: 200 }, intouch: { pointsRedeemed: "1" } });
    expect(sandbox.capillary.balance("CUST12345")).toBe(1199);
    expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
  });

  const groupNames: [what: string, name: object][] = [
    ["id as a number", { userGroup2Id: 31059 }],
    ["id as text", { userGroup2Id: "31059" }],
    ["external id", { userGroup2ExternalId: "famgroup11" }],
    ["primary user", { userGroup2PrimaryUserId: "381798579" }],
    ["id, the others null", { userGroup2Id: 31059, userGroup2ExternalId: null, userGroup2PrimaryUserId: null }],
    [
      "all three, when they agree",
      { userGroup2Id: 31059, userGroup2ExternalId: "famgroup11", userGroup2PrimaryUserId: 381798579 },
    ],
  ];
  for (const [what, name] of groupNames) {
    test(`is the group's when it is named by ${what}`, async () => {
      await using sandbox = await startSandbox();
      const { body } = await capillaryApi(sandbox).issue(name);
      expect(body.status.success).toBe(true);
      expect(sandbox.capillary.balance("CUST12345")).toBe(1200);
      expect(sandbox.capillary.groupBalance(family.id)).toBe(4999);
      expect(sandbox.capillary.issuals("CUST12345")).toMatchObject([{ isGroupRedemption: true }]);
    });
  }

  test("is the default group's when the primary user heads several", async () => {
    await using sandbox = await startSandbox();
    const { capillary } = sandbox;
    capillary.changeGroup(31100, { redemptionConfigured: true });
    capillary.changeMember(31072, vikram.id, { isDefaultGroup: false });
    capillary.changeMember(31100, vikram.id, { isDefaultGroup: true });
    await capillaryApi(sandbox).issue({ externalId: vikram.externalId, userGroup2PrimaryUserId: vikram.id });
    expect([capillary.groupBalance(31072), capillary.groupBalance(31100)]).toEqual([120, 2999]);
  });

  test("is the customer's own when every group name is null", async () => {
    await using sandbox = await startSandbox();
    await capillaryApi(sandbox).issue({
      userGroup2Id: null,
      userGroup2ExternalId: null,
      userGroup2PrimaryUserId: null,
    });
    expect(sandbox.capillary.balance("CUST12345")).toBe(1199);
  });

  test("is refused if the names of groups disagree", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).issue({ userGroup2Id: 31059, userGroup2ExternalId: "team7" });
    expect(body.status.partnerError.codes).toEqual(["1632"]);
    expect(sandbox.capillary.groupBalance("team7")).toBe(120);
  });

  test("counts the redemption programme only: another programme's points pay when it is named", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const team = { userGroup2ExternalId: "team7", paymentConfig: { id: 35 } };
    const tooDear = await api.issue(team, 15472);
    expect(tooDear.body.status).toMatchObject({ code: 8004, partnerError: { codes: ["818"] } });
    const { body } = await api.issue({ ...team, programId: 1041 }, 15472);
    expect(body.status.success).toBe(true);
    expect(sandbox.capillary.groupBalance("team7", 1041)).toBe(550);
    expect(sandbox.capillary.groupBalance("team7")).toBe(120);
  });

  test("promised points cannot be spent", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setBalance({ group: family.id, points: 0, delayed: 400 });
    const { body } = await capillaryApi(sandbox).issue(fromFamily);
    expect(body.status.partnerError.codes).toEqual(["818"]);
  });

  test("can be spent down to nothing, and no further", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setBalance({ group: family.id, points: 1 });
    const api = capillaryApi(sandbox);
    expect((await api.issue(fromFamily)).body.status.success).toBe(true);
    expect((await api.issue(fromFamily)).body.status.partnerError.codes).toEqual(["818"]);
    expect(sandbox.capillary.groupBalance(family.id)).toBe(0);
  });
});

describe("a group's wallet is closed to", () => {
  const closed: [who: string, code: string, request: object, prepare?: (sandbox: Sandbox) => void][] = [
    ["a member whose permission blocks redemption", "828", { mobile: "919712709263", ...fromFamily }],
    ["a former member", "1620", { mobile: "919712709264", ...fromFamily }],
    ["a customer marked as fraud", "820", { mobile: "917122001240", ...fromFamily }],
    ["the members of a deleted group", "1632", { mobile: ravi.mobile, userGroup2ExternalId: "famgroup10" }],
    [
      "a member the group has just removed",
      "1620",
      byRavi,
      ({ capillary }) => capillary.changeMember(family.id, ravi.mobile, { active: false }),
    ],
    [
      "everybody once its rule is gone",
      "828",
      byRavi,
      ({ capillary }) => capillary.changeGroup(family.id, { redemptionConfigured: false }),
    ],
    ["an unknown programme", "1101", { ...byRavi, programId: 12 }],
  ];
  for (const [who, code, request, prepare] of closed) {
    test(who, async () => {
      await using sandbox = await startSandbox();
      prepare?.(sandbox);
      const before = sandbox.capillary.groupBalance(family.id);
      const { status, body } = await capillaryApi(sandbox).issue(request);
      expect({ status, ...body }).toMatchObject({
        status: { code: 8004, partnerError: { codes: [code] } },
        ...nothingIssued,
      });
      expect(sandbox.capillary.groupBalance(family.id)).toBe(before);
    });
  }
});

describe("an issued reward", () => {
  test("is a coupon: code, expiry twice, and the points as text", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).issue({ requestId: "r-1", eventLogId: "e-1", ...fromFamily }, 15466);
    expect(body).toEqual({
      status: { success: true, code: 200, message: "Reward issued successfully" },
      intouch: {
        pointsRedeemed: "1",
        couponCode: expect.stringMatching(/^[A-Z0-9]{6}$/),
        codeExpiry: "2036-05-12 00:00:00",
        codeExpiryDateTime: "2036-05-12T00:00:00Z",
      },
      promotion: null,
      vendor: null,
      transactionId: 397001,
      paymentConfig: null,
      redemptionDetails: null,
      fulfillmentDetails: null,
      customFields: null,
      eventLogId: "e-1",
      requestId: "r-1",
      eventDateTime: expect.stringMatching(/Z$/),
    });
  });

  test("is a promotion for a cart", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).issue(byRavi, 15472);
    expect(body).toMatchObject({
      intouch: null,
      promotion: { promotionId: 8801, pointsRedeemed: "150" },
      vendor: null,
    });
    expect(body.status.message).toBe("Promotion issued successfully");
  });

  test("is a partner's voucher", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).issue({ ...byRavi, paymentConfig: { id: 33 } }, 15471);
    const vendor = { voucher: expect.stringMatching(/^\w{12}$/), pointsRedeemed: "500" };
    expect(body).toMatchObject({ intouch: null, promotion: null, vendor });
  });

  test("goes to the requesting member, not to the group", async () => {
    await using sandbox = await startSandbox();
    await capillaryApi(sandbox).issue(byRavi);
    expect(sandbox.capillary.issuals(ravi.mobile)).toHaveLength(1);
    expect(sandbox.capillary.issuals("CUST12345")).toEqual([]);
  });

  test("is one, for any requested quantity", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).issue({ ...byRavi, quantity: 5 });
    expect(body.intouch.pointsRedeemed).toBe("1");
    expect(sandbox.capillary.issuals()).toHaveLength(1);
  });

  test("is never the same code twice", async () => {
    await using sandbox = await startSandbox();
    const codes: string[] = [];
    for (let n = 0; n < 5; n += 1) codes.push((await capillaryApi(sandbox).issue(byRavi)).body.intouch.couponCode);
    expect(new Set(codes).size).toBe(5);
  });

  test("is for the customer named by mobile, e-mail, either spelling of it, or external id", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const names = [
      { mobile: Number(asha.mobile) },
      { mobile: `+${asha.mobile}` },
      { mobile: null, email: "Asha@example.com" },
      { mobile: null, emailId: "asha@example.com" },
      { externalId: asha.externalId },
    ];
    for (const name of names) expect((await api.issue(name)).body.status.success).toBe(true);
    expect(sandbox.capillary.issuals(asha.id)).toHaveLength(names.length);
  });
});

describe("the price", () => {
  test("of a FREE config is nothing, from no wallet", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).issue({ paymentConfig: { id: 32 } }, 15470);
    expect(body).toMatchObject({
      intouch: { pointsRedeemed: "0" },
      paymentConfig: { id: 32, paymentMode: "FREE" },
    });
    expect(sandbox.capillary.balance("CUST12345")).toBe(1200);
    expect(sandbox.capillary.redemptions()).toEqual([]);
  });

  test("of a FREE config takes nothing from a group either, but the group must be valid", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const free = { mobile: vikram.mobile, paymentConfig: { id: 32 } };
    expect((await api.issue({ ...free, userGroup2Id: 31100 }, 15470)).body.status.success).toBe(true);
    expect(sandbox.capillary.groupBalance(31100)).toBe(3000);
    expect((await api.issue({ ...free, ...fromFamily }, 15470)).body.status.partnerError.codes).toEqual(["1620"]);
  });

  test("is the config's, not the stale one beside it", async () => {
    await using sandbox = await startSandbox();
    await capillaryApi(sandbox).issue(byRavi, 15472);
    expect(sandbox.capillary.groupBalance(family.id)).toBe(4850);
  });

  test("of a reward without configs and without points is nothing", async () => {
    await using sandbox = await startSandbox();
    const { body } = await capillaryApi(sandbox).issue({ externalId: "CUST00001" }, 15477);
    expect(body.intouch.pointsRedeemed).toBe("0");
  });

  test("by ratio is the value divided by it, in whole points", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const byValue = await api.issue({ ...byRavi, paymentConfig: { id: 37, redemptionValue: 101 } }, 15474);
    expect(byValue.body.vendor.pointsRedeemed).toBe("40");
    const byQuantity = await api.issue({ ...byRavi, quantity: 50 }, 15474);
    expect(byQuantity.body.vendor.pointsRedeemed).toBe("20");
    expect(sandbox.capillary.groupBalance(family.id)).toBe(4940);
  });

  test("in cash is paid by a tender, and the points beside it by the wallet", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const tender = { totalAmount: 250, tenders: [{ methodOfPayment: "card", amount: "250" }] };
    const order = { ...byRavi, paymentConfig: { id: 40 } };
    expect((await api.issue(order, 15476)).body.status.code).toBe(400);
    expect((await api.issue({ ...order, tender }, 15476)).body.intouch.pointsRedeemed).toBe("400");
    expect((await api.issue({ ...byRavi, tender }, 15475)).body.status.code).toBe(400);
  });

  const unclear: [what: string, rewardId: number, code: number, request: object][] = [
    ["several configs and no choice", 15470, 12035, {}],
    ["a config of another reward", 15470, 12016, { paymentConfig: { id: 33 } }],
    ["a config for a reward that has none", 15465, 12016, { paymentConfig: { id: 31 } }],
    ["a config without an id", 15470, 400, { paymentConfig: { redemptionValue: 5 } }],
    ["a conversion ratio of zero", 15474, 400, {}],
  ];
  for (const [what, rewardId, code, request] of unclear) {
    test(`is not guessed: ${what} is ${code}`, async () => {
      await using sandbox = await startSandbox();
      const { status, body } = await capillaryApi(sandbox).issue({ ...byRavi, ...request }, rewardId);
      expect({ status, code: body.status.code }).toEqual({ status: 400, code });
      expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
    });
  }
});

describe("a reward is refused", () => {
  const refused: [why: string, rewardId: number, code: number, request?: object][] = [
    ["before it starts", 15481, 8003],
    ["after it ended", 15482, 8003],
    ["when disabled", 15483, 8003],
    ["for an unknown reward", 99999, 8003],
    ["outside its segment", 15480, 12034],
    ["without the card it is for", 15484, 12050],
    ["when its coupons are gone", 15485, 8004],
    ["to an unknown customer", 15465, 1014, { mobile: "910000000000" }],
    ["under another brand", 15465, 3004, { brand: "marveltest" }],
  ];
  for (const [why, rewardId, code, request] of refused) {
    test(`${why}: ${code}`, async () => {
      await using sandbox = await startSandbox();
      const { status, body } = await capillaryApi(sandbox).issue({ ...byRavi, ...request }, rewardId);
      expect({ status, code: body.status.code, success: body.status.success }).toEqual({
        status: 400,
        code,
        success: false,
      });
      expect(body).toMatchObject(nothingIssued);
      expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
    });
  }

  test("never for an eligible customer", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    expect((await api.issue({}, 15480)).body.status.success).toBe(true);
    expect((await api.issue({ externalId: "CUST67890" }, 15484)).body.status.success).toBe(true);
  });

  test("on HTTP 200 by a brand that answers so", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setFlags({ failureStatus: 200 });
    expect(await capillaryApi(sandbox).issue({}, 15483)).toMatchObject({
      status: 200,
      body: { status: { code: 8003 } },
    });
  });

  test("when the request cannot be read, naming the field", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    for (const [body, named] of [
      [{ brand: 7 }, "brand"],
      [{ quantity: "many" }, "quantity"],
      [{ paymentConfig: 31 }, "paymentConfig"],
    ] as const) {
      const answer = await api.issue(body);
      expect(answer).toMatchObject({
        status: 400,
        body: { status: { code: 400, message: expect.stringContaining(named) } },
      });
    }
    const broken = await api.post(`${rewardsRoot}/user/reward/15465/issue`, '{"brand":');
    expect(broken).toMatchObject({ status: 400, body: { status: { code: 400 }, ...nothingIssued } });
  });
});

describe("limits", () => {
  test("for each customer count the rewards issued to that customer", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const spa = { paymentConfig: { id: 42 } };
    expect((await api.issue(spa, 15478)).body.status.code).toBe(200);
    expect((await api.issue(spa, 15478)).body.status.code).toBe(12005);
    expect((await api.issue({ ...spa, externalId: "CUST67890" }, 15478)).body.status.code).toBe(200);
  });

  test("of a reward count all customers, and reset the next day", async () => {
    const clock = makeTestClock();
    await using sandbox = await startSandbox({ clock });
    const api = capillaryApi(sandbox);
    const codes: number[] = [];
    for (const externalId of ["CUST12345", "CUST67890", "CUST12345", "CUST67890"]) {
      codes.push((await api.issue({ externalId }, 15479)).body.status.code);
    }
    clock.advance(86_400);
    codes.push((await api.issue({}, 15479)).body.status.code);
    expect(codes).toEqual([200, 200, 200, 12005, 200]);
  });

  test("in points count points, by the month", async () => {
    const clock = makeTestClock("2026-06-30T10:00:00.000Z");
    await using sandbox = await startSandbox({ clock });
    const api = capillaryApi(sandbox);
    for (let n = 0; n < 4; n += 1) expect((await api.issue(byRavi, 15489)).body.status.code).toBe(200);
    expect((await api.issue(byRavi, 15489)).body.status.code).toBe(12005);
    clock.advance(86_400);
    expect((await api.issue(byRavi, 15489)).body.status.code).toBe(200);
  });

  test("of the brand count all rewards, but nothing that is free", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setFlags({ customerMonthlyPoints: 2 });
    const api = capillaryApi(sandbox);
    const given = [await api.issue(byRavi, 15465), await api.issue(byRavi, 15466), await api.issue(byRavi, 15465)];
    expect(given.map(({ body }) => body.status.code)).toEqual([200, 200, 12005]);
    sandbox.capillary.setFlags({ customerMonthlyPoints: 1 });
    expect((await api.issue(byRavi, 15473)).body.status.code).toBe(200);
  });

  test("do not count revoked rewards", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
    const api = capillaryApi(sandbox);
    const { body } = await api.issue({ paymentConfig: { id: 42 } }, 15478);
    await api.revoke(body.transactionId);
    expect((await api.issue({ paymentConfig: { id: 42 } }, 15478)).body.status.code).toBe(200);
  });
});
