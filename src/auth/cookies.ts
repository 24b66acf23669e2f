import type { FastifyReply, FastifyRequest } from "fastify";
import type { SessionCookies } from "../graphql/context.ts";

/** The browser's copy of a session: readable by no script, and sent by no other site's requests but top-level navigation. */
export function makeCookieNames(isSecure: boolean) {
  // `__Host-` makes the browser insist on Secure, on this very host and on the whole path. Plain http has to do without.
  const prefix = isSecure ? "__Host-" : "";
  return { access: `${prefix}tessera-access`, refresh: `${prefix}tessera-refresh` };
}

export function sessionCookies(request: FastifyRequest, reply: FastifyReply, isSecure: boolean): SessionCookies {
  const names = makeCookieNames(isSecure);
  const attributes = { httpOnly: true, sameSite: "lax", secure: isSecure, path: "/" } as const;
  return {
    refreshToken: request.cookies[names.refresh],
    set({ accessToken, accessExpiresAt, refreshToken, refreshExpiresAt }) {
      reply.setCookie(names.access, accessToken, { ...attributes, expires: accessExpiresAt });
      reply.setCookie(names.refresh, refreshToken, { ...attributes, expires: refreshExpiresAt });
    },
    clear() {
      reply.clearCookie(names.access, attributes);
      reply.clearCookie(names.refresh, attributes);
    },
  };
}
