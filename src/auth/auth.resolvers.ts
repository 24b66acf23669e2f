import { isRefused, refusal, refused } from "../domain/refusal.ts";
import { customerFor } from "../domain/viewer.ts";
import type { Context } from "../graphql/context.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { customerIdOf, textOf, toGlobalId } from "../graphql/global-id.ts";
import type { AccessTokens } from "./access-token.ts";
import type { RequestOtp } from "./request-otp.ts";
import type { Requesters } from "./requester.ts";
import type { LiveSession, SessionStore } from "./session.store.ts";
import type { SignInWithToken } from "./sign-in-with-token.ts";
import type { SignedIn, VerifyOtp } from "./verify-otp.ts";

export interface AuthDeps {
  requestOtp: RequestOtp;
  verifyOtp: VerifyOtp;
  signInWithToken: SignInWithToken;
  sessions: SessionStore;
  accessTokens: AccessTokens;
  requesters: Pick<Requesters, "clientHashes">;
}

export function authResolvers(deps: AuthDeps): Resolvers {
  const { requestOtp, verifyOtp, signInWithToken, sessions, accessTokens, requesters } = deps;

  /** Creates the tokens of a session and sets them as cookies too. */
  async function issueTokens(
    { session, refreshToken }: { session: LiveSession; refreshToken: string },
    context: Context,
  ) {
    const { accessToken, expiresAt } = await accessTokens.issue({
      customerId: session.customerId,
      sessionId: session.id,
    });
    context.cookies.set({ accessToken, accessExpiresAt: expiresAt, refreshToken, refreshExpiresAt: session.expiresAt });
    return { accessToken, refreshToken, expiresAt };
  }

  /** The rest of the response belongs to the new customer. */
  async function begin(signedIn: SignedIn, context: Context) {
    const { customerId, id } = signedIn.session;
    context.viewer = { kind: "customer", customerId, sessionId: id };
    context.loaders = context.makeLoaders(context.viewer);
    const session = await issueTokens(signedIn, context);
    return { session, customer: { customerId }, userErrors: [] };
  }

  return {
    Query: {
      me: (_, __, { viewer }) => (viewer.kind === "customer" ? { customerId: viewer.customerId } : null),
    },

    Mutation: {
      async requestOtp(_, { input }, { address, requestId, cookies: { deviceId } }) {
        const answer = await requestOtp({ customerId: input.customerId, address, deviceId, requestId });
        if (isRefused(answer)) return { userErrors: answer.refusals };
        return { challengeId: answer.id, expiresAt: answer.expiresAt, resendAfter: answer.resendAfter, userErrors: [] };
      },

      async verifyOtp(_, { input }, context) {
        const { requestId, userAgent, cookies } = context;
        const { deviceId, nextDeviceId } = cookies;
        const answer = await verifyOtp({ ...input, requestId, deviceId, nextDeviceId, userAgent });
        if (isRefused(answer)) return { userErrors: answer.refusals };
        return begin(answer, context);
      },

      async signInWithToken(_, { input }, context) {
        const { address, requestId, userAgent, cookies } = context;
        const { deviceId, nextDeviceId } = cookies;
        const answer = await signInWithToken({ ...input, address, requestId, deviceId, nextDeviceId, userAgent });
        if (isRefused(answer)) return { userErrors: answer.refusals };
        // The new session replaces the browser's cookies. The old session ends, because no client could end it later.
        if (cookies.refreshToken) await sessions.endByRefreshToken(cookies.refreshToken, "signed in by a link");
        return begin(answer, context);
      },

      async refreshSession(_, { input }, context) {
        const { address, userAgent, cookies } = context;
        const client = requesters.clientHashes({ address, userAgent, deviceId: cookies.deviceId });
        const refreshToken = input.refreshToken ?? cookies.refreshToken;
        const rotation = refreshToken ? await sessions.rotate(refreshToken, client) : { kind: "unknown" as const };
        if (rotation.kind !== "rotated") {
          context.cookies.clear();
          return { userErrors: refused(refusal("SESSION_EXPIRED", "This session has ended. Sign in again.")).refusals };
        }
        return { session: await issueTokens(rotation, context), userErrors: [] };
      },

      /** Without a session, signing out succeeds. */
      async signOut(_, __, { viewer, cookies }) {
        if (viewer.kind === "customer") await sessions.end(viewer.sessionId, "signed out");
        // The access cookie expires after 15 minutes, but the session of the refresh cookie still exists.
        else if (cookies.refreshToken) await sessions.endByRefreshToken(cookies.refreshToken, "signed out");
        cookies.clear();
        return { userErrors: [] };
      },
    },

    Customer: {
      __resolveReference: (reference, { viewer }) =>
        customerFor("id" in reference ? customerIdOf("Customer", reference.id) : textOf(reference.customerId), viewer),
      id: ({ customerId }) => toGlobalId("Customer", customerId),
      maskedMobile: ({ customerId }, _, { loaders }) => loaders.maskedMobile.load(customerId),
    },
  };
}
