import { describe, expect, test } from "vitest";
import type { CapillaryReason } from "../../src/upstream/capillary/capillary-error.ts";
import type { IssueInput } from "../../src/upstream/capillary/issuing.ts";
import { makeTestTimeouts } from "../support/test-timeouts.ts";
import {
  type Answer,
  BASIC,
  clientOf,
  failureOf,
  no,
  REWARDS,
  startFakeCapillary,
  v2No,
  withStatus,
  yes,
} from "./capillary/fake-capillary.ts";
import byExternalId from "./capillary/issued-by-external-id.json" with { type: "json" };
import byGroupId from "./capillary/issued-by-group-id.json" with { type: "json" };
import byPrimaryUser from "./capillary/issued-by-primary-user.json" with { type: "json" };
import notAMember from "./capillary/refused-not-a-member.json" with { type: "json" };
import notConfigured from "./capillary/refused-not-configured.json" with { type: "json" };
import unknownGroup from "./capillary/refused-unknown-group.json" with { type: "json" };

const keys = { requestId: "ORD-1-1-1", transactionNumber: "123456789" };
const input: IssueInput = {
  ...keys,
  rewardId: "15465",
  customer: { mobile: "919712709262" },
  group: { groupId: "31059" },
};
const at = new Date("2026-06-03T10:00:00.000Z");
const expiresAt = new Date("2027-05-12T00:00:00.000Z");

describe("the published requests", () => {
  test.each([
    ["a group's id", { groupId: "31059" }, '"userGroup2Id":31059', byGroupId, "4WF17B"],
    [
      "a group's external id",
      { externalId: "famgroup11" },
      '"userGroup2ExternalId":"famgroup11"',
      byExternalId,
      "0LP85Y",
    ],
    [
      "its primary user",
      { primaryUserId: "381798579" },
      '"userGroup2PrimaryUserId":"381798579"',
      byPrimaryUser,
      "7QX20C",
    ],
  ])("by %s are sent with one identifier, in the body", async (_, group, identifier, answer, code) => {
    const capillary = await startFakeCapillary();
    capillary.on("/user/reward/15465/issue", answer);
    const issued = await clientOf(capillary.url).issuing.issue({ ...input, group, notes: "xyz" });
    expect(issued).toEqual({
      transactionId: null,
      points: 1,
      vouchers: [{ code, expiresAt }],
      vendorDetails: {},
      promotion: null,
    });
    const [call] = capillary.seen;
    expect(call).toMatchObject({
      method: "POST",
      path: `${REWARDS}/user/reward/15465/issue`,
      query: { username: "till.one" },
    });
    expect(call?.text).toBe(
      `{"brand":"The Brand","transactionNumber":"123456789","requestId":"ORD-1-1-1","mobile":919712709262,${identifier},"notes":"xyz"}`,
    );
  });

  test.each([
    ["828", notConfigured, "redemption-not-configured"],
    ["1632", unknownGroup, "unknown-group"],
    ["1620", notAMember, "not-a-member"],
  ])("are refused with %s, with a known reason", async (code, answer, reason) => {
    const capillary = await startFakeCapillary();
    capillary.on("/issue", answer);
    expect(await failureOf(clientOf(capillary.url).issuing.issue(input))).toMatchObject({
      service: "capillary",
      operation: "issue",
      outcome: "refused",
      httpStatus: 200,
      reason,
      codes: ["8004", code],
      upstreamMessage: `${answer.status.message}; ${answer.status.partnerError.messages[0]}`,
      isRetryable: false,
    });
  });
});

test("a customer's own wallet pays without a group, by the configured form", async () => {
  const capillary = await startFakeCapillary();
  capillary.on("/issue", byGroupId);
  const { issuing } = clientOf(capillary.url);
  await issuing.issue({ ...keys, rewardId: "7", customer: { externalId: "CUST12345" }, paymentConfigId: "31" });
  await issuing.issue({ ...keys, rewardId: "7", customer: { email: "asha@example.com" } });
  expect(capillary.seen.map(({ body }) => body)).toEqual([
    { brand: "The Brand", ...keys, externalId: "CUST12345", paymentConfig: { id: 31 } },
    { brand: "The Brand", ...keys, email: "asha@example.com" },
  ]);
});

test("an id of 64 bits is sent unchanged, and a non-numeric id as text", async () => {
  const capillary = await startFakeCapillary();
  capillary.on("/issue", byGroupId);
  const { issuing } = clientOf(capillary.url);
  await issuing.issue({ ...input, group: { groupId: "9223372036854775807" } });
  await issuing.issue({ ...input, group: { groupId: "031059" } });
  expect(capillary.seen[0]?.text).toContain('"userGroup2Id":9223372036854775807}');
  expect(capillary.seen[1]?.text).toContain('"userGroup2Id":"031059"');
});

describe("an issue is parsed", () => {
  const issued = async (answer: Answer) => {
    const capillary = await startFakeCapillary();
    capillary.on("/issue", answer);
    return clientOf(capillary.url).issuing.issue(input);
  };
  const nothing = { transactionId: null, points: null, vouchers: [], vendorDetails: {}, promotion: null };

  test("with every field of the newer answer", async () => {
    const intouch = {
      pointsRedeemed: "1.5E1",
      couponCode: "AB12",
      codeExpiry: "2020-01-01 00:00:00",
      codeExpiryDateTime: "2027-05-12T05:30:00+05:30",
    };
    const answer = {
      status: yes,
      intouch,
      promotion: {},
      vendor: "",
      transactionId: 397000,
      requestId: keys.requestId,
      more: 1,
    };
    expect(await issued(answer)).toEqual({
      ...nothing,
      transactionId: "397000",
      points: 15,
      vouchers: [{ code: "AB12", expiresAt }],
    });
  });
  test.each([
    ["an object", { voucher: "V-1", pointsRedeemed: "500", pin: 1234 }],
    ["JSON in a text", '{"voucher":"V-1","pointsRedeemed":"500","pin":"1234"}'],
    ["a list", [{ voucher: "V-1", pointsRedeemed: 500, pin: "1234" }]],
  ])("from a partner whose answer is %s", async (_, vendor) => {
    expect(await issued({ status: yes, intouch: null, promotion: null, vendor })).toEqual({
      ...nothing,
      points: 500,
      vouchers: [{ code: "V-1", expiresAt: null }],
      vendorDetails: { voucher: "V-1", pointsRedeemed: "500", pin: "1234" },
    });
  });
  test("as a cart promotion", async () => {
    const promotion = { earnedPromotionId: "p-1" };
    expect(await issued({ status: yes, promotion })).toEqual({ ...nothing, promotion });
    expect(await issued({ status: yes, intouch: [], promotions: [promotion], vendor: [] })).toEqual({
      ...nothing,
      promotion,
    });
  });
  test("with a status in a list, in words, and with an id too long for a number", async () => {
    const text = '{"status":[{"success":"TRUE","code":"200"}],"transactionId":9223372036854775807,"intouch":[]}';
    expect(await issued(text)).toEqual({ ...nothing, transactionId: "9223372036854775807" });
  });
  test("with HTTP 400, which says nothing", async () => {
    expect((await issued(withStatus(400, byGroupId))).vouchers).toEqual([{ code: "4WF17B", expiresAt }]);
  });
});

describe("a refusal has a reason", () => {
  test.each<[string, object, CapillaryReason, string, boolean]>([
    ["a used key", no(400), "duplicate-request", "unknown", false],
    ["a key with something else", no(10003), "changed-payload", "unknown", false],
    ["a part of it", no(8010), "partly-issued", "unknown", false],
    ["a disabled reward", no(8003), "not-on-offer", "refused", false],
    ["a limit", no("12005"), "limit-reached", "refused", false],
    ["a segment", no(12034), "not-in-segment", "refused", false],
    ["no card", no(12050), "no-active-card", "refused", false],
    ["a payment that must be chosen", no(12035), "payment-config-missing", "refused", false],
    ["a payment that is not mapped", no(12016), "payment-config-missing", "refused", false],
    ["another brand", no(3004), "unknown-brand", "refused", false],
    ["another reward", no(6080), "unknown-reward", "refused", false],
    ["an empty wallet", no(8004, "818"), "insufficient-points", "refused", false],
    ["points that are locked at the partner", no(8004, "898"), "try-later", "refused", true],
    ["no reason", no(8004), "points-not-redeemable", "refused", false],
    ["a partner's number nobody knows", no(8004, "99999"), "points-not-redeemable", "refused", false],
    ["a known number behind one nobody knows", no(99999, "4", "1620"), "not-a-member", "refused", false],
    ["a used key, whatever the partner says", no(400, "818"), "duplicate-request", "unknown", false],
    ["a partner's 400, which is no used key", no(8004, "400"), "points-not-redeemable", "refused", false],
    ["a number nobody knows", no(77777), "other", "refused", false],
    ["no number", { status: { success: "false" } }, "other", "refused", false],
  ])("when it names %s", async (_, answer, reason, outcome, isRetryable) => {
    for (const status of [200, 400]) {
      const capillary = await startFakeCapillary();
      capillary.on("/issue", withStatus(status, answer));
      const error = await failureOf(clientOf(capillary.url).issuing.issue(input));
      expect(error).toMatchObject({ reason, outcome, isRetryable, httpStatus: status });
      expect(capillary.seen).toHaveLength(1);
    }
  });
});

/** Every call that changes something, with good arguments. */
const writes = {
  issue: (url: string, options = {}) => clientOf(url, { ...BASIC, ...options }).issuing.issue(input),
  revoke: (url: string, options = {}) =>
    clientOf(url, { ...BASIC, ...options }).issuing.revoke({
      transactionId: "9223372036854775807",
      customer: { mobile: "1" },
      by: "tessera",
      reason: "R",
      at,
    }),
  manualCurrencyAllocate: (url: string, options = {}) =>
    clientOf(url, { ...BASIC, ...options }).points.allocate([
      {
        customer: { identifierType: "mobile", identifierValue: "1" },
        amount: 5,
        awardStrategyId: "501",
        expiryStrategyId: "601",
        uniqueId: "U",
        reference: "R",
      },
    ]),
};
type Write = keyof typeof writes;

describe.each(Object.keys(writes) as Write[])("%s", (name) => {
  test.each<[string, Answer, number | undefined]>([
    ["answers 500", withStatus(500, no(8004)), 500],
    ["answers 429", withStatus(429, no(8004)), 429],
    ["answers HTML with 200", "<html>maintenance</html>", 200],
    ["answers with half a success", '{"status":{"success":true', 200],
    [
      "breaks off in the middle of its answer",
      (response) => response.writeHead(200, { "content-length": 99 }).write("{") && response.destroy(),
      undefined,
    ],
    ["closes the connection", (response) => response.destroy(), undefined],
    [
      "is redirected",
      (response) => response.writeHead(307, { location: "/elsewhere" }).end(JSON.stringify(byGroupId)),
      307,
    ],
    ["is not found by a gateway before it", withStatus(404, { timestamp: 1, status: 404, error: "Not Found" }), 404],
    ["answers with a list of nothing known", "[1]", 200],
    ["answers null", "null", 200],
    ["answers with an unknown value of success", '{"status":{"success":"maybe"}}', 200],
    ["failed within, and cannot say how far it came", { ...no(500), ...v2No(500), response: no(500) }, 200],
  ])("that %s is one call with an unknown outcome", async (_, answer, httpStatus) => {
    const capillary = await startFakeCapillary();
    capillary.on(`/${name}`, answer);
    const error = await failureOf(writes[name](capillary.url));
    expect(error).toMatchObject({ service: "capillary", outcome: "unknown" });
    if (httpStatus) expect(error.httpStatus).toBe(httpStatus);
    expect(capillary.seen).toHaveLength(1);
  });

  test("that answers too late is one call with an unknown outcome", async () => {
    const capillary = await startFakeCapillary();
    capillary.on(`/${name}`, () => {});
    const timeoutSignal = makeTestTimeouts();
    const failed = failureOf(writes[name](capillary.url, { timeoutSignal: timeoutSignal.wait }));
    await capillary.arrivals(1);
    timeoutSignal.end(name === "manualCurrencyAllocate" ? "allocate" : name);
    expect(await failed).toMatchObject({ outcome: "unknown" });
    expect(capillary.seen).toHaveLength(1);
  });

  test("with credentials that are not accepted changed nothing", async () => {
    const capillary = await startFakeCapillary();
    capillary.on(`/${name}`, withStatus(401, "{}"));
    expect(await failureOf(writes[name](capillary.url))).toMatchObject({ outcome: "transient", httpStatus: 401 });
  });

  test("without a listener was never sent", async () => {
    expect(await failureOf(writes[name]("http://127.0.0.1:1"))).toMatchObject({ outcome: "transient" });
  });
});

test("a write has three times the timeout of a read", async () => {
  const capillary = await startFakeCapillary();
  capillary.on("/issue", byGroupId);
  capillary.on("/brand/31", { status: yes, reward: { id: 7 } });
  const waits: Record<string, number> = {};
  const timeoutSignal = (timeoutMs: number, operation: string) => {
    waits[operation] = timeoutMs;
    return AbortSignal.timeout(timeoutMs);
  };
  const { issuing, catalogue } = clientOf(capillary.url, { ...BASIC, timeoutMs: 10_000, timeoutSignal });
  expect(await issuing.issue(input)).toMatchObject({ points: 1 });
  expect(await catalogue.reward({ brandId: "31", rewardId: "7" })).toMatchObject({ id: "7" });
  expect(waits).toEqual({ issue: 30_000, reward: 10_000 });
});

describe("a customer who is locked", () => {
  test("is retried with the same keys until the lock is released", async () => {
    const capillary = await startFakeCapillary();
    capillary.play(
      "/issue",
      (_, nth) => [no(10004), no(8004, "521"), withStatus(400, no("10004"))][nth - 1] ?? byGroupId,
    );
    expect(await clientOf(capillary.url).issuing.issue(input)).toMatchObject({ points: 1 });
    expect(capillary.seen).toHaveLength(4);
    expect(new Set(capillary.seen.map(({ text }) => text)).size).toBe(1);
  });

  test("is retried with new keys each time, if there are any", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/issue", ({ body }, nth) =>
      nth < 3 ? no(10004) : { ...byGroupId, requestId: (body as { requestId: string }).requestId },
    );
    let next = 1;
    const keysAfterLock = async () => {
      next += 1;
      return { requestId: `r-${next}`, transactionNumber: `t-${next}` };
    };
    await clientOf(capillary.url).issuing.issue({
      ...input,
      requestId: "r-1",
      transactionNumber: "t-1",
      keysAfterLock,
    });
    expect(capillary.seen.map(({ body }) => body)).toMatchObject(
      [1, 2, 3].map((nth) => ({ requestId: `r-${nth}`, transactionNumber: `t-${nth}`, userGroup2Id: 31059 })),
    );
  });

  test("is given up after five tries with a retryable refusal", async () => {
    const capillary = await startFakeCapillary();
    capillary.on("/issue", no(10004));
    const error = await failureOf(clientOf(capillary.url).issuing.issue(input));
    expect(error).toMatchObject({ reason: "locked", outcome: "refused", isRetryable: true });
    expect(capillary.seen).toHaveLength(5);
  });

  test("is not retried after a lost answer", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/issue", (_, nth) => (nth === 1 ? no(10004) : (response) => response.destroy()));
    expect(await failureOf(clientOf(capillary.url).issuing.issue(input))).toMatchObject({ outcome: "unknown" });
    expect(capillary.seen).toHaveLength(2);
  });
});

test("an answer to another request is not accepted", async () => {
  const capillary = await startFakeCapillary();
  capillary.on("/issue", { ...byGroupId, requestId: "ORD-2-1-1" });
  expect(await failureOf(clientOf(capillary.url).issuing.issue(input))).toMatchObject({ outcome: "unknown" });
});

describe("revoking", () => {
  const revoke = async (answer: Answer) => {
    const capillary = await startFakeCapillary();
    capillary.on("/user/reward/revoke", answer);
    return { capillary, work: writes.revoke(capillary.url) };
  };
  test("names the transaction with every digit", async () => {
    const { capillary, work } = await revoke({ status: yes, txnId: 1, state: "CANCELLED", userRewardCount: "2" });
    expect(await work).toEqual({ state: "CANCELLED", rewards: 2 });
    expect(capillary.seen[0]?.text).toBe(
      '{"txnId":9223372036854775807,"revokedBy":"tessera","revokeReason":"R","revokedEventDateTime":"2026-06-03T10:00:00.000Z"}',
    );
  });
  test.each<[number, CapillaryReason, string, boolean]>([
    [13005, "revoke-not-enabled", "refused", false],
    [1018, "try-later", "refused", true],
    [13003, "not-revocable", "unknown", false],
    [10007, "unknown-transaction", "refused", false],
    [10008, "unknown-transaction", "refused", false],
    [400, "other", "refused", false],
  ])("refused with %i", async (code, reason, outcome, isRetryable) => {
    const { work } = await revoke(no(code));
    expect(await failureOf(work)).toMatchObject({ operation: "revoke", reason, outcome, isRetryable });
  });
});
