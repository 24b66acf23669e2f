import { CUSTOMER_ID_RULE, readCustomerId } from "../customer-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretBox } from "../platform/secret-box.ts";
import { type Refused, refusal, refused } from "../refusal.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import { untilNextTick } from "./even-timing.ts";
import type { Challenge, OtpChallengeStore } from "./otp-challenge.store.ts";
import { addressBlock } from "./otp-limits.ts";

export interface RequestOtpDeps {
  challenges: OtpChallengeStore;
  client: ClientPoints;
  addresses: SecretBox;
  clock: Clock;
  log: Logger;
  gridMs: number;
  /** `untilNextTick`, unless a test decides when an answer leaves. */
  untilTick?: typeof untilNextTick | undefined;
}

export type RequestOtp = (input: {
  customerId: string;
  address: string;
  requestId: string;
}) => Promise<Challenge | Refused>;

/**
 * Opens a challenge and has the Client send the password. The answer leaves at the next point of the time grid, whether or
 * not the Client has answered by then and whatever it said about the customer: only that the Client cannot be reached at
 * all is told, because that has nothing to do with who was asked for.
 */
export function makeRequestOtp(deps: RequestOtpDeps): RequestOtp {
  const { challenges, client, addresses, clock, log, gridMs, untilTick = untilNextTick } = deps;

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

  return async ({ customerId: written, address, requestId }) => {
    const startedAt = performance.now();
    const customerId = readCustomerId(written);
    if (customerId === null) {
      return refused(refusal("INVALID_INPUT", `customerId: ${CUSTOMER_ID_RULE}`, ["input", "customerId"]));
    }
    const addressHash = addresses.hash(addressBlock(address));
    const opened = await challenges.open({ customerId, addressHash, now: clock.now() });
    if ("retryAt" in opened) {
      log.warn({ requestId, customerId, retryAt: opened.retryAt }, "A one-time password was not sent: too many");
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
    const byThen = await Promise.race([delivery, tick]);
    await tick;
    return byThen === "unreachable"
      ? refused(refusal("UPSTREAM_UNAVAILABLE", "Passwords cannot be sent right now. Try again in a moment."))
      : opened;
  };
}
