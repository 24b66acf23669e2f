import { readCustomerId } from "../customer-id.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretBox } from "../platform/secret-box.ts";
import { type Refused, refusal, refused } from "../refusal.ts";
import type { HandOffStore } from "./hand-off.store.ts";
import type { HandOffFault, VerifyHandOff } from "./hand-off-token.ts";
import { addressBlock } from "./otp-limits.ts";
import type { SessionStore } from "./session.store.ts";
import type { SignedIn } from "./verify-otp.ts";

export interface SignInWithTokenDeps {
  db: Db;
  tries: HandOffStore;
  sessions: SessionStore;
  /** Undefined where no key is configured. */
  verify: VerifyHandOff | undefined;
  addresses: SecretBox;
  clock: Clock;
  log: Logger;
}

export type SignInWithToken = (input: {
  token: string;
  customerId: string;
  address: string;
  requestId: string;
}) => Promise<SignedIn | Refused>;

const field = ["input", "token"];
const faults: Record<HandOffFault | "used", () => Refused> = {
  invalid: () => refused(refusal("SIGN_IN_LINK_INVALID", "This link does not sign anybody in.", field)),
  expired: () => refused(refusal("SIGN_IN_LINK_EXPIRED", "This link is too old. Open a new one.", field)),
  used: () => refused(refusal("SIGN_IN_LINK_USED", "This link has been used already. Open a new one.", field)),
  unavailable: () =>
    refused(refusal("UPSTREAM_UNAVAILABLE", "The link cannot be checked right now. Try again in a moment.")),
};

/**
 * Opens a session for whom the brand's own app has signed in, on the word of a token that the Client has signed. The token
 * becomes the session's, as the one that comes of a one-time password does, and is good once: using it and opening the
 * session are one transaction.
 */
export function makeSignInWithToken(deps: SignInWithTokenDeps): SignInWithToken {
  const { db, tries, sessions, verify, addresses, clock, log } = deps;
  return async ({ token, customerId: written, address, requestId }) => {
    if (!verify) {
      return refused(refusal("SIGN_IN_LINK_OFF", "Links do not sign anybody in here. Ask for a one-time password."));
    }
    const taken = await tries.takeTry(addresses.hash(addressBlock(address)), clock.now());
    if ("retryAt" in taken) {
      return refused({
        __typename: "SignInThrottled",
        code: "SIGN_IN_THROTTLED",
        message: "Too many links that were not good. Wait a little before the next one.",
        retryAt: taken.retryAt,
      });
    }
    const customerId = readCustomerId(written);
    if (customerId === null) return faults.invalid();
    const refuse = (fault: HandOffFault | "used", why: string) => {
      log.warn({ requestId, customerId, why }, "A sign-in link was refused");
      return faults[fault]();
    };
    const verified = await verify(token, customerId);
    if ("fault" in verified) {
      if (verified.fault === "unavailable") await tries.giveTryBack(taken.tryId);
      return refuse(verified.fault, verified.why);
    }
    const signedIn = await inTransaction(db, async (tx) => {
      if (!(await tries.use(tx, { tryId: taken.tryId, ...verified }))) return null;
      const opened = await sessions.open(
        { customerId, clientToken: token, clientTokenExpiresAt: verified.expiresAt },
        tx,
      );
      const details = { sessionId: opened.session.id };
      await audit(tx, { at: clock.now(), actor: customerId, action: "session.hand-off", subject: customerId, details });
      return opened;
    });
    return signedIn ?? refuse("used", "used before");
  };
}
