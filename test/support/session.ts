import { createHash, randomBytes, randomUUID } from "node:crypto";
import type pg from "pg";
import { makeCustomerTokens } from "../../sandbox/client/credentials.ts";
import { makeAccessTokens } from "../../src/auth/access-token.ts";
import { makeSigningKeys } from "../../src/auth/signing-keys.ts";
import { makeCipher } from "../../src/platform/cipher.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { DAY } from "./clock.ts";

export interface MintedSession {
  accessToken: string;
  refreshToken: string;
}

/**
 * Opens a session in the database like a sign-in, without a one-time password: for tests that are not about
 * signing in.
 *
 * @param options.clock the gateway's
 * @param options.maskedMobile as the Client returns it
 */
export async function mintSession(options: {
  pool: pg.Pool;
  sessionSecret: string;
  clock: Clock;
  customerId: string;
  maskedMobile: string;
}): Promise<MintedSession> {
  const { pool, sessionSecret, clock, customerId, maskedMobile } = options;
  const sessionId = randomUUID();
  const now = clock.now();
  const inDays = (days: number) => new Date(now.getTime() + days * DAY);
  // The sandbox knows the real time only.
  const clientToken = await makeCustomerTokens(systemClock).issue(customerId);
  const refreshToken = randomBytes(32).toString("base64url");
  await pool.query(
    `with customer as (
       insert into customers (customer_id, masked_mobile) values ($1, $2)
       on conflict (customer_id) do update set masked_mobile = excluded.masked_mobile
     ), session as (
       insert into sessions (id, customer_id, client_token, client_token_expires_at, created_at, expires_at)
       values ($3, $1, $4, $5, $6, $7)
     )
     insert into refresh_tokens (token_hash, session_id, issued_at, expires_at) values ($8, $3, $6, $9)`,
    [
      customerId,
      maskedMobile,
      sessionId,
      makeCipher(sessionSecret, "client-token/session").encrypt(clientToken, sessionId),
      new Date(Date.now() + DAY / 2),
      now,
      inDays(90),
      createHash("sha256").update(refreshToken).digest(),
      inDays(14),
    ],
  );
  const { accessToken } = await makeAccessTokens(makeSigningKeys(sessionSecret, clock), clock).issue({
    customerId,
    sessionId,
  });
  return { accessToken, refreshToken };
}
