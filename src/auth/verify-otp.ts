import { z } from "zod";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import { untilNextTick } from "./even-timing.ts";
import type { OtpChallengeStore } from "./otp-challenge.store.ts";
import { readOtp } from "./read-otp.ts";
import type { Requesters } from "./requester.ts";
import type { LiveSession, SessionStore } from "./session.store.ts";

const REFERENCE_POLL_MS = 50;
/** The margin for reporting a wrong password, on top of the longest delivery. */
const SETTLE_MARGIN_MS = 1_000;

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export interface SignedIn {
  session: LiveSession;
  refreshToken: string;
}

export interface VerifyOtpDeps {
  challenges: OtpChallengeStore;
  sessions: SessionStore;
  requesters: Requesters;
  client: ClientPoints;
  clock: Clock;
  log: Logger;
  gridMs: number;
  /** The longest time for which the delivery of a password may be in flight. */
  deliveryMs: number;
  /** The age of a challenge at which its delivery has certainly ended. A test shortens it. */
  settledMs?: number | undefined;
}

export type VerifyOtp = (input: {
  challengeId: string;
  otp: string;
  requestId: string;
  /** The device cookie of the request. */
  deviceId?: string | undefined;
  /** The new device cookie, which makes the browser known. */
  nextDeviceId?: string | undefined;
  userAgent?: string | undefined;
}) => Promise<SignedIn | Refused>;

/**
 * Verifies the password with the points provider and opens a session. A decoy challenge takes the same path, and the
 * provider refuses it.
 *
 * Only a real challenge waits for a delivery. To hide the wait, a refusal is sent only when the challenge is so old
 * that every delivery has ended; a successful sign-in is answered at once.
 */
export function makeVerifyOtp(deps: VerifyOtpDeps): VerifyOtp {
  const { challenges, sessions, requesters, client, clock, log, gridMs, deliveryMs } = deps;
  const settledMs = deps.settledMs ?? deliveryMs + SETTLE_MARGIN_MS;
  const expired = () =>
    refused(
      refusal("OTP_EXPIRED", "This password can no longer be used. Ask for a new one.", ["input", "challengeId"]),
    );
  const notSixDigits = (attemptsLeft: number) =>
    refused({
      __typename: "OtpInvalid",
      code: "OTP_INVALID",
      message: "A one-time password has six digits. This was not counted as a try.",
      field: ["input", "otp"],
      attemptsLeft,
    });
  const invalid = (attemptsLeft: number) =>
    refused({
      __typename: "OtpInvalid",
      code: "OTP_INVALID",
      message: attemptsLeft > 0 ? "That is not the password." : "That is not the password. Ask for a new one.",
      field: ["input", "otp"],
      attemptsLeft,
    });

  /** The reference, after a wait for a delivery in flight; undefined if the password was not sent. */
  async function reference(challengeId: string): Promise<string | undefined> {
    for (let waited = 0; waited <= deliveryMs; waited += REFERENCE_POLL_MS) {
      const found = await challenges.referenceOf(challengeId);
      if (found !== null) return found;
      await delay(REFERENCE_POLL_MS);
    }
    return undefined;
  }

  /** @returns the answer, and the earliest time to send it */
  async function verify(input: Parameters<VerifyOtp>[0]): Promise<{ answer: SignedIn | Refused; notBefore?: Date }> {
    const { challengeId, deviceId } = input;
    if (!z.uuid().safeParse(challengeId).success) return { answer: expired() };
    const deviceHashes = deviceId === undefined ? null : requesters.deviceHashes(deviceId);
    const otp = readOtp(input.otp);
    if (otp === null) {
      const triesLeft = await challenges.triesLeft(challengeId, deviceHashes, clock.now());
      return { answer: triesLeft === null ? expired() : notSixDigits(triesLeft) };
    }
    const taken = await challenges.takeTry(challengeId, deviceHashes, clock.now());
    if (!taken) return { answer: expired() };
    const answer = await check({ ...input, otp }, taken);
    return isRefused(answer) ? { answer, notBefore: new Date(taken.createdAt.getTime() + settledMs) } : { answer };
  }

  async function check(
    { challengeId, otp, requestId, nextDeviceId, userAgent }: Parameters<VerifyOtp>[0],
    { customerId, triesLeft }: { customerId: string; triesLeft: number },
  ): Promise<SignedIn | Refused> {
    const referenceId = await reference(challengeId);
    // Without a sent password the challenge behaves like a decoy: it cannot be verified.
    if (referenceId === undefined) return invalid(triesLeft);
    try {
      const customer = await client.verifyOtp({ customerId, otp, referenceId, requestId });
      if (!(await challenges.use(challengeId, clock.now()))) return expired();
      const opened = await sessions.open({
        customerId,
        maskedMobile: customer.maskedMobile,
        clientToken: customer.token,
        clientTokenExpiresAt: customer.tokenExpiresAt,
        userAgent,
      });
      if (!isRefused(opened) && nextDeviceId !== undefined) {
        await challenges.knowDevice(customerId, requesters.deviceHashes(nextDeviceId), clock.now());
      }
      return opened;
    } catch (error) {
      if (hasOutcome(error, "refused")) {
        log.warn({ requestId, customerId, triesLeft }, "A one-time password was refused");
        return invalid(triesLeft);
      }
      if (!hasOutcome(error, "transient", "unknown")) throw error;
      log.warn({ err: error, requestId }, "A one-time password could not be verified");
      // The call was not sent, so the try does not count.
      if (error.outcome === "transient") {
        await challenges.returnTry(challengeId);
        return refused(
          refusal("UPSTREAM_UNAVAILABLE", "The password cannot be checked right now. Try again in a moment."),
        );
      }
      // The password may have been right, and is then used up.
      const message = "No answer came, so the password may be used up. Ask for a new one.";
      return refused(refusal("UPSTREAM_UNAVAILABLE", message, ["input", "otp"]));
    }
  }

  return async (input) => {
    const startedAt = performance.now();
    const { answer, notBefore } = await verify(input);
    const delayMs = notBefore ? notBefore.getTime() - clock.now().getTime() : 0;
    // A second grid that starts at this request would turn a difference of a millisecond into a whole step.
    await (delayMs > 0 ? delay(delayMs) : untilNextTick(startedAt, gridMs));
    return answer;
  };
}
