import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { type Refused, refusal, refused } from "../refusal.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import { untilNextTick } from "./even-timing.ts";
import type { OtpChallengeStore } from "./otp-challenge.store.ts";
import { readOtp } from "./read-otp.ts";
import type { LiveSession, SessionStore } from "./session.store.ts";

const REFERENCE_POLL_MS = 50;

export interface SignedIn {
  session: LiveSession;
  refreshToken: string;
}

export interface VerifyOtpDeps {
  challenges: OtpChallengeStore;
  sessions: SessionStore;
  client: ClientPoints;
  clock: Clock;
  log: Logger;
  gridMs: number;
  /** How long the delivery of a password may still be under way. */
  deliveryMs: number;
}

export type VerifyOtp = (input: { challengeId: string; otp: string; requestId: string }) => Promise<SignedIn | Refused>;

/** Checks the password with the Client and opens a session. A decoy challenge goes the same way, and the Client refuses it. */
export function makeVerifyOtp(deps: VerifyOtpDeps): VerifyOtp {
  const { challenges, sessions, client, clock, log, gridMs, deliveryMs } = deps;
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

  /** The reference, waiting for it while the password is still on its way; undefined when it was not sent. */
  async function reference(challengeId: string): Promise<string | undefined> {
    for (let waited = 0; waited <= deliveryMs; waited += REFERENCE_POLL_MS) {
      const found = await challenges.referenceOf(challengeId);
      if (found !== null) return found;
      await delay(REFERENCE_POLL_MS);
    }
    return undefined;
  }

  async function verify({ challengeId, otp: typed, requestId }: Parameters<VerifyOtp>[0]): Promise<SignedIn | Refused> {
    if (!z.uuid().safeParse(challengeId).success) return expired();
    const otp = readOtp(typed);
    if (otp === null) {
      const triesLeft = await challenges.triesLeft(challengeId, clock.now());
      return triesLeft === null ? expired() : notSixDigits(triesLeft);
    }
    const taken = await challenges.takeTry(challengeId, clock.now());
    if (!taken) return expired();
    const { customerId, triesLeft } = taken;

    const referenceId = await reference(challengeId);
    if (referenceId === undefined) return expired();
    try {
      const customer = await client.verifyOtp({ customerId, otp, referenceId, requestId });
      if (!(await challenges.use(challengeId, clock.now()))) return expired();
      return await sessions.open({
        customerId,
        maskedMobile: customer.maskedMobile,
        clientToken: customer.token,
        clientTokenExpiresAt: customer.tokenExpiresAt,
      });
    } catch (error) {
      if (hasOutcome(error, "refused")) {
        log.warn({ requestId, customerId, triesLeft }, "A one-time password was refused");
        return invalid(triesLeft);
      }
      if (!hasOutcome(error, "transient", "unknown")) throw error;
      log.warn({ err: error, requestId }, "A one-time password could not be verified");
      // It never got there, so it was no try.
      if (error.outcome === "transient") {
        await challenges.giveTryBack(challengeId);
        return refused(
          refusal("UPSTREAM_UNAVAILABLE", "The password cannot be checked right now. Try again in a moment."),
        );
      }
      // It may have been right, and used up.
      const message = "No answer came, so the password may be used up. Ask for a new one.";
      return refused(refusal("UPSTREAM_UNAVAILABLE", message, ["input", "otp"]));
    }
  }

  return async (input) => {
    const startedAt = performance.now();
    const answer = await verify(input);
    await untilNextTick(startedAt, gridMs);
    return answer;
  };
}
