import { CUSTOMER_ID_RULE, readCustomerId } from "../domain/customer-id.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Clock } from "../platform/clock.ts";
import { Busy } from "../platform/lanes.ts";
import type { Logger } from "../platform/logger.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import type { untilNextTick } from "./even-timing.ts";
import type { Challenge, OtpChallengeStore } from "./otp-challenge.store.ts";
import type { Requesters, RequestFrom } from "./requester.ts";

export interface RequestOtpDeps {
  challenges: OtpChallengeStore;
  client: ClientPoints;
  requesters: Requesters;
  clock: Clock;
  log: Logger;
  gridMs: number;
  /** `untilNextTick`, unless a test controls the timing. */
  untilTick: typeof untilNextTick;
}

export type RequestOtp = (
  input: RequestFrom & { customerId: string; requestId: string },
) => Promise<Challenge | Refused>;

const ALARM_EVERY_MS = 60_000;
/** The retry time if too many requests for the same customer or address arrive at once. */
const BUSY_MS = 2_000;

/**
 * Opens a challenge and requests the password from the points provider. The answer is sent at the next point of the
 * time grid, independent of the provider's answer. The only reported failure is an unreachable provider, because that
 * does not depend on the customer id.
 */
export function makeRequestOtp(deps: RequestOtpDeps): RequestOtp {
  const { challenges, client, requesters, clock, log, gridMs, untilTick } = deps;
  let alarmedAt = Number.NEGATIVE_INFINITY;

  /**
   * For operators, at most once a minute: either the brand has grown, or an attacker requests passwords at its cost.
   */
  function alarm(now: Date): void {
    if (now.getTime() - alarmedAt < ALARM_EVERY_MS) return;
    alarmedAt = now.getTime();
    log.error(
      "One-time passwords were requested more often than OTP_PER_MINUTE allows. Requests of unknown browsers are refused",
    );
  }

  async function deliver(challenge: Challenge, requestId: string): Promise<"taken" | "unreachable"> {
    try {
      await challenges.delivered(challenge.id, await client.generateOtp(challenge.customerId, requestId));
      return "taken";
    } catch (error) {
      if (hasOutcome(error, "refused")) {
        await challenges.delivered(challenge.id, null);
        return "taken";
      }
      log.warn({ err: error, requestId }, "A one-time password could not be sent");
      await challenges.notDelivered(challenge.id);
      return hasOutcome(error, "transient") ? "unreachable" : "taken";
    }
  }

  return async ({ customerId: written, address, deviceId, requestId }) => {
    const startedAt = performance.now();
    const customerId = readCustomerId(written);
    if (customerId === null) {
      return refused(refusal("INVALID_INPUT", `customerId: ${CUSTOMER_ID_RULE}`, ["input", "customerId"]));
    }
    const now = clock.now();
    const opened = await challenges
      .open({ customerId, requester: requesters.of({ address, deviceId }), now })
      .catch((error: unknown) => {
        if (!(error instanceof Busy)) throw error;
        return { retryAt: new Date(now.getTime() + BUSY_MS), isBudgetUsedUp: false };
      });
    if ("retryAt" in opened) {
      log.warn({ requestId, customerId, retryAt: opened.retryAt }, "A one-time password was not sent: too many");
      if (opened.isBudgetUsedUp) alarm(now);
      return refused({
        __typename: "OtpThrottled",
        code: "OTP_THROTTLED",
        message: "Too many one-time passwords were asked for. Wait a little before the next one.",
        retryAt: opened.retryAt,
      });
    }
    const delivery = deliver(opened, requestId).catch((error) => {
      log.error({ err: error, requestId }, "A one-time password's delivery was not recorded");
      return "taken" as const;
    });
    const tick = untilTick(startedAt, gridMs);
    const resultByTick = await Promise.race([delivery, tick]);
    await tick;
    return resultByTick === "unreachable"
      ? refused(refusal("UPSTREAM_UNAVAILABLE", "Passwords cannot be sent right now. Try again in a moment."))
      : opened;
  };
}
