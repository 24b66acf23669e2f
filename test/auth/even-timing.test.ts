import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { untilNextTick } from "../../src/auth/even-timing.ts";
import type { OtpChallengeStore } from "../../src/auth/otp-challenge.store.ts";
import { makeRequestOtp } from "../../src/auth/request-otp.ts";
import { makeRequesters } from "../../src/auth/requester.ts";
import type { SessionStore } from "../../src/auth/session.store.ts";
import { makeVerifyOtp } from "../../src/auth/verify-otp.ts";
import { makeCipher } from "../../src/platform/cipher.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import type { ClientPoints } from "../../src/upstream/client-points/client-points.ts";
import { UpstreamError, type UpstreamOutcome } from "../../src/upstream/upstream-error.ts";
import { makeTestClock } from "../support/clock.ts";

const log = await makeLogger({ level: "silent", pretty: false });
const clock = makeTestClock();
const requesters = makeRequesters(makeCipher("secret", "address"));
/** The fake clock controls the time that the points provider takes, which is the subject of these tests. */
const later = <T>(ms: number, answer: () => T) =>
  new Promise<T>((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(answer());
      } catch (error) {
        reject(error);
      }
    }, ms);
  });
const fails = (outcome: UpstreamOutcome) => () => {
  throw new UpstreamError({ service: "client-points", operation: "otp", outcome }, "for the test");
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @returns the result of `work`, and its duration on the fake clock in milliseconds */
async function timed<T>(work: () => Promise<T>): Promise<{ answer: T; ms: number }> {
  const startedAt = performance.now();
  const done = work().then((answer) => ({ answer, ms: performance.now() - startedAt }));
  await vi.runAllTimersAsync();
  return done;
}

test.each([
  [0, 250],
  [1, 250],
  [249, 250],
  [250, 250],
  [251, 500],
  [749, 750],
])("a result after %i ms is answered after %i ms", async (took, left) => {
  const { ms } = await timed(async () => {
    const startedAt = performance.now();
    await later(took, () => {});
    await untilNextTick(startedAt, 250);
  });
  expect(ms).toBe(left);
});

describe("requesting a password", () => {
  const challenge = { id: "c-1", customerId: "C-1", expiresAt: clock.now(), resendAfter: clock.now() };
  const challenges = {
    open: async () => challenge,
    delivered: async () => {},
    notDelivered: async () => {},
  } as unknown as OtpChallengeStore;

  const ask = (generateOtp: ClientPoints["generateOtp"]) =>
    makeRequestOtp({
      challenges,
      client: { generateOtp } as ClientPoints,
      requesters,
      clock,
      log,
      gridMs: 250,
      untilTick: untilNextTick,
    })({ customerId: "C-1", address: "127.0.0.1", deviceId: undefined, requestId: "r-1" });

  test.each([
    ["sends it at once", 0, () => "REF1"],
    ["sends it within the grid", 100, () => "REF1"],
    ["takes longer than the grid", 300, () => "REF1"],
    ["never finishes", 600_000, () => "REF1"],
    ["does not know the customer", 20, fails("refused")],
    ["breaks off", 20, fails("unknown")],
    ["fails late because the provider is unreachable", 300, fails("transient")],
  ])("answers the same when the points provider %s", async (_, ms, answer) => {
    expect(await timed(() => ask(() => later(ms, answer)))).toEqual({ answer: challenge, ms: 250 });
  });

  test("reports only that the points provider cannot be reached, after the same time", async () => {
    expect(await timed(() => ask(() => later(20, fails("transient"))))).toMatchObject({
      answer: { refusals: [{ code: "UPSTREAM_UNAVAILABLE" }] },
      ms: 250,
    });
  });
});

describe("verifying a password", () => {
  const challengeId = "9f4f8f0e-6c53-4a49-9a3f-0c4b6a3f4d5e";
  const verify = (store: Partial<OtpChallengeStore>, verifyOtp?: ClientPoints["verifyOtp"]) =>
    makeVerifyOtp({
      challenges: store as OtpChallengeStore,
      sessions: { open: async () => ({ session: {}, refreshToken: "r" }) } as unknown as SessionStore,
      requesters,
      client: { verifyOtp } as ClientPoints,
      clock: { now: () => new Date() }, // the fake one of these tests
      log,
      gridMs: 250,
      deliveryMs: 1_000,
    })({ challengeId, otp: "000000", requestId: "r-1" });
  const taken = (customerId: string, ageMs: number) => async () => ({
    customerId,
    triesLeft: 2,
    createdAt: new Date(Date.now() - ageMs),
  });
  const settled = 60_000;

  test("answers an unknown challenge, a wrong password and a decoy after the same time", async () => {
    const known = { takeTry: taken("C-1", settled), referenceOf: async () => "REF1" };
    const unknown = await timed(() => verify({ takeTry: async () => null }));
    const wrong = await timed(() => verify(known, () => later(10, fails("refused"))));
    const decoy = await timed(() => verify(known, () => later(200, fails("refused"))));
    expect([unknown.ms, wrong.ms, decoy.ms]).toEqual([250, 250, 250]);
    expect(decoy.answer).toEqual(wrong.answer);
  });

  /** A points provider that takes `ms` to send a password, and rejects unknown ids at once. */
  const deliveredAfter = (ms: number, outcome: "sent" | "failed"): Partial<OtpChallengeStore> => {
    const end = Date.now() + ms;
    return {
      takeTry: taken("C-1", 100),
      referenceOf: async () => (Date.now() < end ? null : outcome === "failed" ? undefined : "REF1"),
    };
  };
  const decoy = () => deliveredAfter(0, "sent");

  test.each([
    ["takes 400 ms to send", 400, "sent"],
    ["takes a whole second to send", 1_000, "sent"],
    ["fails late without sending", 1_000, "failed"],
  ] as const)("right after the request leaks no timing when the points provider %s", async (_, ms, outcome) => {
    const refuse = () => later(20, fails("refused"));
    const unknownId = await timed(() => verify(decoy(), refuse));
    const knownId = await timed(() => verify(deliveredAfter(ms, outcome), refuse));
    expect(knownId).toEqual(unknownId);
    expect(unknownId.ms).toBe(1_900);
  });

  test("that is correct signs in without a delay", async () => {
    const customer = { maskedMobile: null, token: "t", tokenExpiresAt: null };
    const store = { ...deliveredAfter(100, "sent"), use: async () => true };
    const { ms } = await timed(() => verify(store, () => later(20, () => customer) as never));
    expect(ms).toBe(250);
  });
});
