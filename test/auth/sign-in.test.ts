import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Pace } from "../../src/program/pace.ts";
import { HOUR, MINUTE, makeTestClock, SECOND } from "../support/clock.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { cookieHeader, post } from "../support/http.ts";
import { captureLog } from "../support/log.ts";
import {
  bearer,
  callsAbout,
  postVerifyOtp,
  requestOtp,
  sentOtp,
  verifyOtp,
  whoIs,
  wrongOtp,
} from "../support/sign-in.ts";
import { queriesAnswered } from "../support/sql-spy.ts";

const PER_ADDRESS = 12;
const clock = makeTestClock();
const written = await captureLog();
const pace: Partial<Pace> = {};
let gateway: InProcessGateway;
beforeAll(async () => {
  const env = { TRUST_PROXY: "127.0.0.1", OTP_PER_ADDRESS_HOUR: String(PER_ADDRESS) };
  gateway = await startTestGateway(env, { clock, log: written.log, pace });
});
afterAll(() => gateway[Symbol.asyncDispose]());
// A password in flight would meet the faults of the next test.
afterEach(() =>
  gateway.until(async () => {
    const sending = await gateway.sql("select id from otp_challenges where delivery = 'SENDING'");
    return sending.length === 0;
  }),
);

let addresses = 0;
/** An address without earlier requests. */
function newAddress(): string {
  addresses += 1;
  return `10.2.${addresses >> 8}.${addresses & 255}`;
}
/** A requester at a network address of their own, without cookies. */
function visitor(address: string = newAddress()) {
  const headers = { "x-forwarded-for": address };
  return {
    ask: (customerId: string) => requestOtp(gateway, customerId, headers),
  };
}

/** A browser, which keeps its cookies when its address changes. */
async function browser(address: string = newAddress()) {
  const headers = (at: string) => ({ "x-forwarded-for": at, origin: gateway.url });
  const { cookies } = await post(gateway.url, { query: "{ __typename }" }, headers(address));
  const cookie = cookieHeader(cookies);
  const from = (at: string) => ({ ...headers(at), cookie });
  return {
    cookies,
    ask: (customerId: string, at = address) => requestOtp(gateway, customerId, from(at)),
    async verify(challengeId: string | null, otp: string) {
      const { body } = await postVerifyOtp(gateway, { challengeId: challengeId ?? "none", otp }, from(address));
      return body.data?.verifyOtp;
    },
    async signIn(customerId: string) {
      const { challengeId } = await this.ask(customerId);
      const [{ count } = { count: 0 }] = await gateway.sql<{ count: number }>(
        "select count(*)::int as count from otp_challenges where customer_id = $1",
        [customerId],
      );
      expect(await this.verify(challengeId, await sentOtp(gateway, customerId, count))).toMatchObject({
        userErrors: [],
      });
    },
  };
}

function knownCustomer(): string {
  const customerId = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 500, mobile: "98XXXXXX45" });
  return customerId;
}
const unknownCustomer = () => `U-${randomUUID()}`;

/** A new challenge and its password. */
async function challengeOf(customerId: string) {
  const { challengeId } = await visitor().ask(customerId);
  return { challengeId, otp: await sentOtp(gateway, customerId) };
}

/** The digits in the script whose zero this is. */
const inScript = (digits: string, zero: number) =>
  digits.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

const inFuture = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
const operationsAbout = (customerId: string) => callsAbout(gateway, customerId).map((call) => call.operation);
const challengesOf = (customerId: string) =>
  gateway.sql<{ delivery: string; attempts: number }>(
    "select delivery, attempts from otp_challenges where customer_id = $1 order by created_at",
    [customerId],
  );
const sessionsOf = (customerId: string) => gateway.sql("select id from sessions where customer_id = $1", [customerId]);

describe.each([
  ["a known customer", knownCustomer],
  ["an unknown customer", unknownCustomer],
])("a password for %s", (_, makeCustomer) => {
  test("is valid for five minutes, requested once upstream, and available again after 30 seconds", async () => {
    const customerId = makeCustomer();

    expect(await visitor().ask(customerId)).toEqual({
      challengeId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expiresAt: inFuture(5 * MINUTE),
      resendAfter: inFuture(30 * SECOND),
      userErrors: [],
    });
    await gateway.sandbox.calls.waitFor(() => callsAbout(gateway, customerId).at(0)?.outcome === "answered");
    expect(operationsAbout(customerId)).toEqual(["generate-otp"]);
  });

  test("that is wrong uses up a try, and the last one ends the challenge", async () => {
    const customerId = makeCustomer();
    const { challengeId } = await visitor().ask(customerId);
    await gateway.sandbox.calls.waitFor(() => callsAbout(gateway, customerId).at(0)?.outcome === "answered");
    const wrong = wrongOtp(gateway.sandbox.client.lastOtp(customerId)?.otp ?? "");

    const invalid = (attemptsLeft: number) => ({
      session: null,
      customer: null,
      userErrors: [
        {
          __typename: "OtpInvalid",
          code: "OTP_INVALID",
          message: attemptsLeft > 0 ? "That is not the password." : "That is not the password. Ask for a new one.",
          field: ["input", "otp"],
          attemptsLeft,
        },
      ],
    });
    expect(await verifyOtp(gateway, challengeId, wrong)).toEqual(invalid(2));
    expect(await verifyOtp(gateway, challengeId, wrong)).toEqual(invalid(1));
    expect(await verifyOtp(gateway, challengeId, wrong)).toEqual(invalid(0));
    expect(await verifyOtp(gateway, challengeId, wrong)).toEqual(expired);
    expect(operationsAbout(customerId)).toEqual(["generate-otp", "verify-otp", "verify-otp", "verify-otp"]);
  });

  test("may be requested again after a wait that doubles each time", async () => {
    const customerId = makeCustomer();
    const { ask } = visitor();
    for (const wait of [30 * SECOND, 1 * MINUTE, 2 * MINUTE, 4 * MINUTE]) {
      const { resendAfter } = await ask(customerId);
      expect(resendAfter).toBe(inFuture(wait));
      clock.advance(wait - 1);
      expect(await ask(customerId)).toMatchObject(throttledUntil(inFuture(1)));
      clock.advance(1);
    }
    expect(await ask(customerId)).toMatchObject({ userErrors: [] });
  });

  test("may be requested five times an hour by one requester", async () => {
    const customerId = makeCustomer();
    const { ask } = visitor();
    const freeAgain = inFuture(HOUR);
    for (let time = 1; time <= 5; time += 1) {
      const { resendAfter } = await ask(customerId);
      clock.advance(new Date(resendAfter ?? 0).getTime() - clock.now().getTime());
    }

    expect(await ask(customerId)).toMatchObject(throttledUntil(freeAgain));
    expect(await visitor().ask(customerId)).toMatchObject({ userErrors: [] });
    clock.advance(new Date(freeAgain).getTime() - clock.now().getTime() - 1);
    expect(await ask(customerId)).toMatchObject(throttledUntil(freeAgain));
    clock.advance(1);
    expect(await ask(customerId)).toMatchObject({ userErrors: [] });
    expect(operationsAbout(customerId)).toHaveLength(7);
  });

  test("may be requested a limited number of times an hour from one address, across customers", async () => {
    const { ask } = visitor();
    for (let time = 1; time <= PER_ADDRESS; time += 1)
      expect(await ask(makeCustomer())).toMatchObject({ userErrors: [] });

    const oneTooMany = makeCustomer();
    expect(await ask(oneTooMany)).toMatchObject(throttledUntil(inFuture(HOUR)));
    expect(operationsAbout(oneTooMany)).toEqual([]);
    expect(await visitor().ask(oneTooMany)).toMatchObject({ userErrors: [] });
  });
});

const throttledUntil = (retryAt: string) => ({
  challengeId: null,
  userErrors: [{ __typename: "OtpThrottled", code: "OTP_THROTTLED", retryAt }],
});
const expired = {
  session: null,
  customer: null,
  userErrors: [
    {
      __typename: "BasicUserError",
      code: "OTP_EXPIRED",
      message: "This password can no longer be used. Ask for a new one.",
      field: ["input", "challengeId"],
    },
  ],
};

describe("strangers who request a customer's passwords", () => {
  /** Each from an address of its own, as often as the limits allow. */
  async function storm(customerId: string) {
    const answers: Awaited<ReturnType<typeof requestOtp>>[] = [];
    for (let time = 1; time <= 12; time += 1) answers.push(await visitor().ask(customerId));
    return answers.filter(({ challengeId }) => challengeId !== null).length;
  }

  test("do not invalidate the customer's newest password", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    expect(await storm(customerId)).toBe(2); // three are open at a time
    expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({ customer: { customerId } });
  });

  test("do not prevent the customer's next password", async () => {
    const customerId = knownCustomer();
    const [own, stranger] = [visitor(), visitor()];
    await stranger.ask(customerId);
    expect(await own.ask(customerId)).toMatchObject({ resendAfter: inFuture(30 * SECOND), userErrors: [] });
    expect(await stranger.ask(customerId)).toMatchObject({ userErrors: [{ code: "OTP_THROTTLED" }] });
  });

  test("use up six an hour and twelve a day, and nothing of the share of the customer's known browser", async () => {
    const customerId = knownCustomer();
    const own = await browser();
    await own.signIn(customerId);
    clock.advance(24 * HOUR);
    let asked = 0;
    for (let hour = 1; hour <= 3; hour += 1) {
      for (let part = 1; part <= 4; part += 1) {
        asked += await storm(customerId);
        clock.advance(5 * MINUTE);
      }
      expect(asked).toBe(Math.min(hour * 6, 12));
      const { challengeId, userErrors } = await own.ask(customerId, newAddress());
      expect(userErrors).toEqual([]);
      expect(challengeId).not.toBeNull();
      clock.advance(40 * MINUTE);
    }
  });

  test("cannot verify a password that was requested by another browser", async () => {
    const customerId = knownCustomer();
    const own = await browser();
    const { challengeId } = await own.ask(customerId);
    const otp = await sentOtp(gateway, customerId);
    expect(await verifyOtp(gateway, challengeId, otp)).toEqual(expired);
    expect(await (await browser()).verify(challengeId, otp)).toEqual(expired);
    expect(await challengesOf(customerId)).toMatchObject([{ attempts: 0 }]);
    expect(await own.verify(challengeId, otp)).toMatchObject({ customer: { customerId } });
  });

  test("at the customer's own address do not lock out the customer's known browser", async () => {
    const address = newAddress();
    const [customerId, own] = [knownCustomer(), await browser(address)];
    await own.signIn(customerId);
    const { ask } = visitor(address);
    while ((await ask(unknownCustomer())).challengeId !== null);
    clock.advance(MINUTE);
    expect(await own.ask(customerId)).toMatchObject({ userErrors: [] });
  });

  test("use up the minute's budget with an error in the log, and a known browser is not refused", async () => {
    const captured = await captureLog();
    await using small = await startTestGateway(
      { OTP_PER_MINUTE: "3", TRUST_PROXY: "127.0.0.1" },
      { clock, log: captured.log },
    );
    const device = { cookie: `tessera-device=${"d".repeat(22)}` };
    small.sandbox.client.addCustomer({ customer_id: "C-budget", balance: 1, mobile: "98XXXXXX45" });
    const first = await requestOtp(small, "C-budget", device);
    const input = { challengeId: first.challengeId ?? "", otp: await sentOtp(small, "C-budget") };
    expect((await postVerifyOtp(small, input, device)).body).toMatchObject({ data: { verifyOtp: { userErrors: [] } } });
    clock.advance(30 * SECOND);
    for (let time = 1; time <= 2; time += 1) expect((await requestOtp(small, `U-${time}`)).userErrors).toEqual([]);
    expect(await requestOtp(small, "U-3")).toMatchObject(throttledUntil(inFuture(MINUTE)));
    expect(await requestOtp(small, "U-4")).toMatchObject(throttledUntil(inFuture(MINUTE)));
    expect(captured.text().match(/OTP_PER_MINUTE/g)).toHaveLength(1);
    expect((await requestOtp(small, "C-budget", device)).userErrors).toEqual([]);
  });
});

describe("a device cookie", () => {
  test("is set on a page's first request, and kept", async () => {
    const headers = { origin: gateway.url };
    const { cookies, cookieAttributes } = await post(gateway.url, { query: "{ __typename }" }, headers);
    expect(cookies.get("tessera-device")).toMatch(/^[\w-]{22}$/);
    expect(cookieAttributes.get("tessera-device")).toEqual(
      expect.arrayContaining(["httponly", "samesite=lax", "path=/", "max-age=34560000"]),
    );
    const again = await post(gateway.url, { query: "{ __typename }" }, { ...headers, cookie: cookieHeader(cookies) });
    expect([...again.cookies]).toEqual([]);
  });
  test("that the gateway did not issue is replaced, and programs get none", async () => {
    const forged = await post(
      gateway.url,
      { query: "{ __typename }" },
      { origin: gateway.url, cookie: "tessera-device=x" },
    );
    expect(forged.cookies.get("tessera-device")).toMatch(/^[\w-]{22}$/);
    expect([...(await post(gateway.url, { query: "{ __typename }" })).cookies]).toEqual([]);
  });
});

describe("requesting a password", () => {
  test("from changing addresses of one IPv6 network has one limit", async () => {
    const network = "2001:db8:1:2";
    for (let time = 1; time <= PER_ADDRESS; time += 1) await visitor(`${network}::${time}`).ask(unknownCustomer());
    expect(await visitor(`${network}:a:b:c:d`).ask(unknownCustomer())).toMatchObject(throttledUntil(inFuture(HOUR)));
    expect(await visitor("2001:db8:1:3::1").ask(unknownCustomer())).toMatchObject({ userErrors: [] });
  });

  test.each(["", " ", "C 1", "C\n1", "Ç-1", "'; drop table orders; --", "C".repeat(65)])(
    "for %j, which cannot be a customer id, is refused without an upstream call",
    async (customerId) => {
      expect(await visitor().ask(customerId)).toMatchObject({
        challengeId: null,
        userErrors: [{ code: "INVALID_INPUT", field: ["input", "customerId"] }],
      });
      expect(operationsAbout(customerId)).toEqual([]);
    },
  );

  test("too soon leaves the earlier password valid", async () => {
    const customerId = knownCustomer();
    const { ask } = visitor();
    const { challengeId } = await ask(customerId);
    const otp = await sentOtp(gateway, customerId);
    expect(await ask(customerId)).toMatchObject({ userErrors: [{ code: "OTP_THROTTLED" }] });
    expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({ customer: { customerId }, userErrors: [] });
  });

  test("twenty times at once opens one challenge", async () => {
    const customerId = knownCustomer();
    const { ask } = visitor();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(customerId)));
    expect(answers.filter((answer) => answer.challengeId !== null)).toHaveLength(1);
    expect(answers.filter((answer) => answer.userErrors[0]?.code === "OTP_THROTTLED")).toHaveLength(19);
    expect(await challengesOf(customerId)).toHaveLength(1);
  });

  test("is answered before a slow points provider, and the late password is valid", async () => {
    const customerId = knownCustomer();
    const call = gateway.fault("generate-otp", { fault: "hold" });

    const { challengeId } = await visitor().ask(customerId);
    expect(await challengesOf(customerId)).toEqual([{ delivery: "SENDING", attempts: 0 }]);

    await gateway.sandbox.faults.held(call);
    gateway.sandbox.faults.release({ id: call.id });
    expect(await verifyOtp(gateway, challengeId, await sentOtp(gateway, customerId))).toMatchObject({
      customer: { customerId },
    });
  });

  test("may be followed by a verification while the password is in flight", async () => {
    const customerId = knownCustomer();
    const call = gateway.fault("generate-otp", { fault: "hold" });
    const { challengeId } = await visitor().ask(customerId);
    await gateway.sandbox.faults.held(call);

    const verifying = verifyOtp(gateway, challengeId, "000000");
    await gateway.until(async () => (await challengesOf(customerId))[0]?.attempts === 1);
    expect(operationsAbout(customerId)).toEqual(["generate-otp"]);
    gateway.sandbox.faults.release({ id: call.id });
    expect(await verifying).toMatchObject({ userErrors: [{ attemptsLeft: 2 }] });
    expect(operationsAbout(customerId)).toEqual(["generate-otp", "verify-otp"]);
  });

  test.each([
    ["breaks off", { fault: "drop-before" }],
    ["fails", { fault: "http-500" }],
    ["answers nonsense", { fault: "malformed" }],
    ["does not answer in time", { fault: "hold" }],
  ] as const)("answers as usual when the points provider %s, and does not count", async (_, fault) => {
    const customerId = knownCustomer();
    const { ask } = visitor();
    const call = gateway.fault("generate-otp", fault);

    const { challengeId, ...rest } = await ask(customerId);
    if (fault.fault === "hold") {
      await gateway.sandbox.faults.held(call);
      gateway.endTimeouts("generate-otp");
    }
    expect(rest).toEqual({ expiresAt: inFuture(5 * MINUTE), resendAfter: inFuture(30 * SECOND), userErrors: [] });
    expect(await verifyOtp(gateway, challengeId, "000000")).toMatchObject({ userErrors: [{ attemptsLeft: 2 }] });
    expect(await challengesOf(customerId)).toMatchObject([{ delivery: "FAILED" }]);
    gateway.sandbox.faults.release({ id: call.id });

    expect(await ask(customerId)).toMatchObject({ resendAfter: inFuture(30 * SECOND), userErrors: [] });
  });
});

describe("verifying a password", () => {
  test("signs the customer in for the rest of the same operation", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    const { body } = await post(gateway.url, {
      query: `mutation ($input: VerifyOtpInput!) {
        verifyOtp(input: $input) {
          session { accessToken refreshToken expiresAt }
          customer { customerId maskedMobile wallet { balance } }
          userErrors { code } } }`,
      variables: { input: { challengeId, otp } },
    });
    expect(body).toEqual({
      data: {
        verifyOtp: {
          session: {
            accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
            refreshToken: expect.stringMatching(/^[\w-]{43}$/),
            expiresAt: inFuture(15 * MINUTE),
          },
          customer: { customerId, maskedMobile: "98XXXXXX45", wallet: { balance: 500 } },
          userErrors: [],
        },
      },
    });
  });

  test("is in the audit log, and a refusal in the log", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    await verifyOtp(gateway, challengeId, wrongOtp(otp));
    expect(written.text()).toContain("A one-time password was refused");
    await verifyOtp(gateway, challengeId, otp);
    const audited = await gateway.sql("select action, actor from audit_log where subject = $1", [customerId]);
    expect(audited).toEqual([{ action: "session.open", actor: customerId }]);
    expect(written.text()).not.toContain(otp);
  });

  test("works once", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    const { session } = await verifyOtp(gateway, challengeId, otp);
    expect(await verifyOtp(gateway, challengeId, otp)).toEqual(expired);
    expect(await whoIs(gateway, bearer(session?.accessToken ?? ""))).toBe(customerId);
  });

  test("works with the third try", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    await verifyOtp(gateway, challengeId, wrongOtp(otp));
    await verifyOtp(gateway, challengeId, wrongOtp(otp));
    expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({ customer: { customerId } });
  });

  test("works for the newest challenge of a requester alone", async () => {
    const customerId = knownCustomer();
    const { ask } = visitor();
    const older = await ask(customerId);
    await sentOtp(gateway, customerId);
    clock.advance(30 * SECOND);
    const { challengeId } = await ask(customerId);
    const otp = await sentOtp(gateway, customerId, 2);

    expect(await verifyOtp(gateway, older.challengeId, otp)).toEqual(expired);
    expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({ customer: { customerId } });
  });

  test("works until just before the fifth minute ends", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    clock.advance(5 * MINUTE - 1);
    expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({ customer: { customerId } });
  });

  test("fails after five minutes", async () => {
    const { challengeId, otp } = await challengeOf(knownCustomer());
    clock.advance(5 * MINUTE);
    expect(await verifyOtp(gateway, challengeId, otp)).toEqual(expired);
  });

  test("of one customer does not work for another", async () => {
    const [mine, theirs] = [await challengeOf(knownCustomer()), await challengeOf(knownCustomer())];
    expect(await verifyOtp(gateway, theirs.challengeId, mine.otp)).toMatchObject({
      userErrors: [{ code: "OTP_INVALID" }],
    });
  });

  test.each(["", "none", "1", randomUUID(), "00000000-0000-0000-0000-000000000000", "'; drop table sessions; --"])(
    "of the challenge %j, which does not exist, is answered like an expired one",
    async (challengeId) => {
      expect(await verifyOtp(gateway, challengeId, "000000")).toEqual(expired);
    },
  );

  test("twenty times at once uses three tries and opens one session", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    const answers = await Promise.all(Array.from({ length: 20 }, () => verifyOtp(gateway, challengeId, otp)));
    expect(answers.filter((answer) => answer.session !== null)).toHaveLength(1);
    expect(await sessionsOf(customerId)).toHaveLength(1);
    expect(operationsAbout(customerId).filter((operation) => operation === "verify-otp").length).toBeLessThanOrEqual(3);
  });

  test("twenty wrong ones at once are three tries", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    const answers = await Promise.all(Array.from({ length: 20 }, () => verifyOtp(gateway, challengeId, wrongOtp(otp))));
    const attemptsLeft = answers.flatMap((answer) => answer.userErrors[0]?.attemptsLeft ?? []);
    expect(attemptsLeft.sort()).toEqual([0, 1, 2]);
    expect(operationsAbout(customerId)).toEqual(["generate-otp", "verify-otp", "verify-otp", "verify-otp"]);
    expect(await verifyOtp(gateway, challengeId, otp)).toEqual(expired);
  });

  test.each<[string, (digits: string) => string]>([
    ["blanks and a hyphen", (digits) => ` ${digits.slice(0, 3)} ${digits.slice(3, 5)}-${digits.slice(5)}\n`],
    ["marks that were pasted", (digits) => `\u200e${digits}\u200b\ufeff`],
    ["no-break spaces and long hyphens", (digits) => `${digits.slice(0, 3)}\u00a0–\u2011${digits.slice(3)}`],
    ["full-width digits", (digits) => inScript(digits, 0xff10)],
    ["Arabic digits", (digits) => inScript(digits, 0x0660)],
    ["Persian digits", (digits) => inScript(digits, 0x06f0)],
    ["Devanagari digits", (digits) => inScript(digits, 0x0966)],
    ["Bengali digits", (digits) => inScript(digits, 0x09e6)],
    ["mathematical digits", (digits) => inScript(digits, 0x1d7ce)],
  ])("is accepted as customers type it: with %s", async (_, typed) => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    expect(await verifyOtp(gateway, challengeId, typed(otp))).toMatchObject({ customer: { customerId } });
  });

  test.each(["", "12345", "1234567", "12345x", "½23456", "１２３４５"])(
    "of %j, which cannot be a password, is no try",
    async (typed) => {
      const customerId = knownCustomer();
      const { challengeId, otp } = await challengeOf(customerId);
      for (let time = 1; time <= 4; time++) {
        expect((await verifyOtp(gateway, challengeId, typed)).userErrors).toMatchObject([
          { code: "OTP_INVALID", attemptsLeft: 3, message: expect.stringContaining("six digits") },
        ]);
      }
      expect(operationsAbout(customerId)).toEqual(["generate-otp"]);
      expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({ customer: { customerId } });
      expect((await verifyOtp(gateway, challengeId, typed)).userErrors).toMatchObject([{ code: "OTP_EXPIRED" }]);
    },
  );

  test("whose answer was lost advises to request a new password", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    gateway.sandbox.faults.add({ upstream: "client", operation: "verify-otp", fault: "commit-then-drop" });
    const answer = await verifyOtp(gateway, challengeId, otp);
    expect(answer.userErrors).toMatchObject([
      { code: "UPSTREAM_UNAVAILABLE", field: ["input", "otp"], message: expect.stringContaining("Ask for a new one") },
    ]);
  });

  test("counts as a try when the points provider breaks off, because its outcome is unknown", async () => {
    const customerId = knownCustomer();
    const { challengeId, otp } = await challengeOf(customerId);
    gateway.sandbox.faults.add({ upstream: "client", operation: "verify-otp", fault: "drop-before" });
    expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({
      session: null,
      userErrors: [{ __typename: "BasicUserError", code: "UPSTREAM_UNAVAILABLE" }],
    });
    expect(await challengesOf(customerId)).toMatchObject([{ attempts: 1 }]);
    expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({ customer: { customerId } });
  });
});

describe("two one-time passwords in one request", () => {
  const ask = (customerId: string) => `requestOtp(input: { customerId: "${customerId}" }) { challengeId }`;
  const verify = `verifyOtp(input: { challengeId: "${randomUUID()}", otp: "000000" }) { userErrors { code } }`;

  test.each<[how: string, document: (customerId: string) => string]>([
    ["under two names", (id) => `mutation { a: ${ask(id)} b: ${ask(id)} }`],
    ["a request and a verification of a password", (id) => `mutation { ${ask(id)} ${verify} }`],
    ["in a fragment", (id) => `mutation { a: ${ask(id)} ...B } fragment B on Mutation { b: ${ask(id)} }`],
    ["in an inline fragment", (id) => `mutation { a: ${ask(id)} ... on Mutation { b: ${ask(id)} } }`],
    ["in two operations", (id) => `mutation A { ${ask(id)} } mutation B { ${ask(id)} }`],
    ["though one is skipped", (id) => `mutation { a: ${ask(id)} b: ${ask(id).replace(") {", ") @skip(if: true) {")} }`],
  ])("%s are refused, and neither is carried out", async (_, document) => {
    const customerId = knownCustomer();
    const response = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: document(customerId),
        operationName: document("").includes("mutation A") ? "A" : null,
      }),
    });
    const { data, errors } = (await response.json()) as { data?: unknown; errors: { extensions: { code: string } }[] };
    expect(errors.map((error) => error.extensions.code)).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
    expect(data).toBeUndefined();
    expect(await challengesOf(customerId)).toEqual([]);
    expect(operationsAbout(customerId)).toEqual([]);
  });

  test("in a batch are refused", async () => {
    const customerId = knownCustomer();
    const one = { query: `mutation { ${ask(customerId)} }` };
    const response = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([one, one]),
    });
    expect(response.status).toBe(400);
    expect(await challengesOf(customerId)).toEqual([]);
  });
});

describe("while the points provider cannot be reached", () => {
  const { ask } = visitor();
  const unknown = unknownCustomer();
  let [known, waiting] = ["", ""];
  let sent: { challengeId: string | null; otp: string };
  let asked: Awaited<ReturnType<typeof ask>>[];
  let tried: Awaited<ReturnType<typeof verifyOtp>>[];
  beforeAll(async () => {
    [known, waiting] = [knownCustomer(), knownCustomer()];
    sent = await challengeOf(waiting);
    await verifyOtp(gateway, sent.challengeId, wrongOtp(sent.otp));

    // The answer follows the record that the points provider was not reached.
    pace.untilOtpTick = () => queriesAnswered(1, /UPDATE.*otp_challenges/);
    await gateway.restart({ CLIENT_API_URL: "http://127.0.0.1:9" }); // a port without a listener
    asked = [await ask(known), await ask(known), await ask(known), await ask(unknown)];
    tried = [
      await verifyOtp(gateway, sent.challengeId, sent.otp),
      await verifyOtp(gateway, sent.challengeId, sent.otp),
    ];
    delete pace.untilOtpTick;
    await gateway.restart();
  });

  test("no password can be requested, and the request does not count against the limits", async () => {
    for (const answer of asked) {
      expect(answer).toEqual({
        challengeId: null,
        expiresAt: null,
        resendAfter: null,
        userErrors: [
          {
            __typename: "BasicUserError",
            code: "UPSTREAM_UNAVAILABLE",
            message: "Passwords cannot be sent right now. Try again in a moment.",
            field: null,
          },
        ],
      });
    }
    expect(await ask(known)).toMatchObject({ resendAfter: inFuture(30 * SECOND), userErrors: [] });
  });

  test("a password cannot be verified, and the attempt is no try", async () => {
    expect(tried.map((answer) => answer.userErrors[0]?.code)).toEqual(["UPSTREAM_UNAVAILABLE", "UPSTREAM_UNAVAILABLE"]);
    const { challengeId, otp } = sent;
    expect(await verifyOtp(gateway, challengeId, wrongOtp(otp))).toMatchObject({ userErrors: [{ attemptsLeft: 1 }] });
    expect(await verifyOtp(gateway, challengeId, otp)).toMatchObject({ customer: { customerId: waiting } });
  });
});
