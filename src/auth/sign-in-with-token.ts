import { readCustomerId } from "../domain/customer-id.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";
import type { OtpChallengeStore } from "./otp-challenge.store.ts";
import type { Requesters, RequestFrom } from "./requester.ts";
import type { SessionStore } from "./session.store.ts";
import type { SignInLinkStore } from "./sign-in-link.store.ts";
import type { SignInLinkFault, VerifySignInLink } from "./sign-in-link-token.ts";
import type { SignedIn } from "./verify-otp.ts";

export interface SignInWithTokenDeps {
  db: Db;
  tries: SignInLinkStore;
  sessions: SessionStore;
  /** Undefined without a configured key. */
  verify: VerifySignInLink | undefined;
  requesters: Requesters;
  challenges: Pick<OtpChallengeStore, "knowDevice">;
  clock: Clock;
  log: Logger;
}

export type SignInWithToken = (
  input: RequestFrom & {
    token: string;
    customerId: string;
    requestId: string;
    /** The new device cookie, which makes the browser known. */
    nextDeviceId: string | undefined;
    userAgent?: string | undefined;
  },
) => Promise<SignedIn | Refused>;

const field = ["input", "token"];
const faults: Record<SignInLinkFault | "used", () => Refused> = {
  invalid: () => refused(refusal("SIGN_IN_LINK_INVALID", "This sign-in link is invalid.", field)),
  expired: () => refused(refusal("SIGN_IN_LINK_EXPIRED", "This link is too old. Open a new one.", field)),
  used: () => refused(refusal("SIGN_IN_LINK_USED", "This link has been used already. Open a new one.", field)),
  unavailable: () =>
    refused(refusal("UPSTREAM_UNAVAILABLE", "The link cannot be checked right now. Try again in a moment.")),
};

/**
 * Opens a session for a customer whom the brand's own app has signed in, by a token signed by the points provider. The
 * token is stored with the session, like a token from a one-time password, and can be used once: its use and the new
 * session are one transaction.
 *
 * A valid link always passes: only refused links count against the limit of an address.
 */
export function makeSignInWithToken(deps: SignInWithTokenDeps): SignInWithToken {
  const { db, tries, sessions, verify, requesters, challenges, clock, log } = deps;
  return async ({ token, customerId: written, address, deviceId, requestId, nextDeviceId, userAgent }) => {
    if (!verify) {
      return refused(refusal("SIGN_IN_LINK_OFF", "Sign-in links are not available here. Request a one-time password."));
    }
    const customerId = readCustomerId(written);
    const refuse = async (fault: SignInLinkFault | "used", why: string): Promise<Refused> => {
      // An attacker may have sent a token of another customer.
      log.warn({ requestId, ...(customerId !== null && { customerId }), why }, "A sign-in link was refused");
      if (fault === "unavailable") return faults.unavailable();
      const retryAt = await tries.countBad(requesters.of({ address, deviceId }).addressHashes, clock.now());
      if (!retryAt) return faults[fault]();
      return refused({
        __typename: "SignInThrottled",
        code: "SIGN_IN_THROTTLED",
        message: "Too many links that were not good. Wait a little before the next one.",
        retryAt,
      });
    };
    if (customerId === null) return refuse("invalid", "not a customer id");
    const verified = await verify(token, customerId);
    if ("fault" in verified) return refuse(verified.fault, verified.why);
    const signedIn = await inTransaction(db, async (tx) => {
      if (!(await tries.use(tx, verified))) return null;
      const opened = await sessions.open(
        { customerId, clientToken: token, clientTokenExpiresAt: verified.expiresAt, userAgent },
        tx,
      );
      if (isRefused(opened)) return opened;
      const [at, details] = [clock.now(), { sessionId: opened.session.id }];
      await audit(tx, { at, actor: customerId, action: "session.hand-off", subject: customerId, details });
      if (nextDeviceId !== undefined) {
        await challenges.knowDevice(customerId, requesters.deviceHashes(nextDeviceId), at, tx);
      }
      return opened;
    });
    return signedIn ?? refuse("used", "used before");
  };
}
