import type { Config } from "../config/config.ts";
import { makeCipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { Logger } from "../platform/logger.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { makeAccessTokens } from "./access-token.ts";
import { operatorAccountResolvers } from "./accounts/account.resolvers.ts";
import { makeOperatorAccountStore } from "./accounts/account.store.ts";
import { makePasskeys } from "./accounts/passkey.store.ts";
import { HASH_COST, type HashCost } from "./accounts/password.ts";
import { makeSignInByPassword } from "./accounts/sign-in.ts";
import { operatorTotpCipher } from "./accounts/totp.ts";
import { makeSignInTries } from "./accounts/try-store.ts";
import { authLoaders } from "./auth.loaders.ts";
import { authResolvers } from "./auth.resolvers.ts";
import { customerResolvers } from "./customer.resolvers.ts";
import type { untilNextTick } from "./even-timing.ts";
import { makeIdentify } from "./identify.ts";
import { makeManageCustomers } from "./manage-customers.ts";
import { makeOidcVerifier } from "./oidc.ts";
import { makeOidcSignIn } from "./oidc-sign-in.ts";
import { operatorKeyResolvers } from "./operator-key.resolvers.ts";
import { makeOperatorKeyStore } from "./operator-key.store.ts";
import { makeOperatorSessionStore } from "./operator-session.store.ts";
import { makeOtpChallengeStore } from "./otp-challenge.store.ts";
import { makeRequestOtp } from "./request-otp.ts";
import { makeRequesters } from "./requester.ts";
import { makeSessionStore } from "./session.store.ts";
import { makeSignInGate } from "./sign-in-gate.ts";
import { makeSignInLinkStore } from "./sign-in-link.store.ts";
import { makeVerifySignInLink, type SignInLinkRules } from "./sign-in-link-token.ts";
import { makeSignInWithToken } from "./sign-in-with-token.ts";
import { makeSigningKeys } from "./signing-keys.ts";
import { makeVerifyOtp } from "./verify-otp.ts";

export { HASH_COST, type HashCost } from "./accounts/password.ts";
export { operatorTotpCipher } from "./accounts/totp.ts";
export { isOfConsole, mountConsoleSignIn } from "./console-route.ts";
export { makeCookieNames, sessionCookies } from "./cookies.ts";
export { mountDevelopmentSignIn } from "./development-sign-in.ts";
export { ANSWER_GRID_MS, untilNextTick } from "./even-timing.ts";
export { bearerToken } from "./identify.ts";
export { mountJwks } from "./jwks-route.ts";
export { addressBlock } from "./otp-limits.ts";
export { foldDigits } from "./read-otp.ts";
export type { SessionStore } from "./session.store.ts";

export interface AuthPorts {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  log: Logger;
  client: ClientPoints;
  /** Undefined if sign-in links are not configured. */
  handOff: SignInLinkRules | undefined;
  pace: {
    /** See `even-timing.ts`. */
    otpGridMs: number;
    untilOtpTick: typeof untilNextTick;
    /** See `verify-otp.ts`. */
    otpSettledMs: number | undefined;
    /** See `accounts/password.ts`. */
    hashCost: HashCost;
  };
}

/** Console accounts of people, also for command-line programs. */
export function openOperatorAccounts({
  config,
  hashCost = HASH_COST,
  ...deps
}: Pick<AuthPorts, "config" | "db" | "bus" | "clock"> & { hashCost?: HashCost }) {
  const { sessionSecrets } = config;
  const requesters = makeRequesters(makeCipher(sessionSecrets, "address"));
  return makeOperatorAccountStore({ ...deps, totpSecrets: operatorTotpCipher(sessionSecrets), requesters, hashCost });
}

/** Sign-in: one-time passwords, sign-in links, sessions, operators and services. */
export function openAuth({ config, db, bus, clock, log, client, handOff, pace }: AuthPorts) {
  const { otpPerCustomerHour, otpPerAddressHour, otpPerMinute, upstreamTimeoutMs } = config;
  const sessionSecret = config.sessionSecrets;
  const sessionTokens = makeCipher(sessionSecret, "client-token/session");
  const refreshTokens = makeCipher(sessionSecret, "refresh-token");
  const sessions = makeSessionStore({ db, cipher: sessionTokens, refreshTokens, bus, clock, log });
  const customers = makeManageCustomers({ db, sessions, clock });
  const signingKeys = makeSigningKeys(sessionSecret, clock);
  const accessTokens = makeAccessTokens(signingKeys, clock);
  const operatorKeys = makeOperatorKeyStore({ db, bus, clock });
  const operatorSessions = makeOperatorSessionStore({ db, bus, clock, operatorTokens: config.operatorTokens });
  const requesters = makeRequesters(makeCipher(sessionSecret, "address"));
  const gate = makeSignInGate(config.databasePoolSize);
  const challenges = makeOtpChallengeStore(
    db,
    { perCustomerHour: otpPerCustomerHour, perAddressHour: otpPerAddressHour, perMinute: otpPerMinute },
    gate,
  );
  const handOffs = makeSignInLinkStore(db, { perAddressHour: otpPerAddressHour }, gate);
  const totpSecrets = operatorTotpCipher(sessionSecret);
  const operatorAccounts = openOperatorAccounts({ config, hashCost: pace.hashCost, db, bus, clock });
  const operatorTries = makeSignInTries(db, { perAddressHour: otpPerAddressHour }, gate);
  const shared = { challenges, sessions, requesters, client, clock, log, gridMs: pace.otpGridMs };

  return {
    sessions,
    /** Decrypts the points provider's tokens stored with sessions. */
    sessionTokens,
    signingKeys,
    operatorKeys,
    operatorSessions,
    operatorAccounts,
    signInByPassword: makeSignInByPassword({
      db,
      tries: operatorTries,
      sessions: operatorSessions,
      requesters,
      names: makeCipher(sessionSecret, "operator-name"),
      totpSecrets,
      clock,
      log,
      hashCost: pace.hashCost,
      gridMs: pace.otpGridMs,
      untilTick: pace.untilOtpTick,
    }),
    passkeys: makePasskeys({
      db,
      cipher: makeCipher(sessionSecret, "passkey"),
      used: handOffs,
      sessions: operatorSessions,
      clock,
      log,
    }),
    oidcSignIn:
      config.oidcSignIn &&
      makeOidcSignIn(config.oidcSignIn, { cipher: makeCipher(sessionSecret, "oidc-sign-in"), clock, log }),
    identify: makeIdentify({
      accessTokens,
      sessions,
      operatorKeys,
      operatorTokens: config.operatorTokens,
      serviceTokens: config.rewardServiceTokens,
      oidc: config.oidc && makeOidcVerifier({ ...config.oidc, log }),
    }),
    resolvers: [
      authResolvers({
        requestOtp: makeRequestOtp({ ...shared, untilTick: pace.untilOtpTick }),
        verifyOtp: makeVerifyOtp({ ...shared, deliveryMs: upstreamTimeoutMs, settledMs: pace.otpSettledMs }),
        signInWithToken: makeSignInWithToken({
          db,
          tries: handOffs,
          sessions,
          verify: handOff && makeVerifySignInLink(handOff, clock),
          requesters,
          challenges,
          clock,
          log,
        }),
        sessions,
        accessTokens,
        requesters,
      }),
      operatorKeyResolvers(operatorKeys),
      operatorAccountResolvers(operatorAccounts, operatorSessions),
      customerResolvers(customers),
    ],
    loaders: (options: { cache: boolean }) => authLoaders(sessions, customers, options),
    /** Deletes sign-in tries older than every limit. */
    async sweep() {
      await handOffs.sweep(clock.now());
      await challenges.sweep(clock.now());
      await operatorSessions.sweep(clock.now());
      await operatorTries.sweep(clock.now());
    },
  };
}
