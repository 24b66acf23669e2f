import { randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { SessionCookies } from "../graphql/context.ts";

/** The browser's copy of a session: readable by no script, and sent by no other site's requests but top-level navigation. */
export function makeCookieNames(isSecure: boolean) {
  // `__Host-` makes the browser insist on Secure, on this very host and on the whole path. Plain http has to do without.
  const prefix = isSecure ? "__Host-" : "";
  return {
    access: `${prefix}tessera-access`,
    refresh: `${prefix}tessera-refresh`,
    device: `${prefix}tessera-device`,
    /** The secret of an operator's session at the console. */
    operator: `${prefix}tessera-operator`,
    /** The sealed facts of a sign-in that has begun at the identity provider's page. */
    oidc: `${prefix}tessera-oidc`,
  };
}

/** As long as browsers keep a cookie at most. */
export const DEVICE_COOKIE_SECONDS = 400 * 24 * 60 * 60;
const DEVICE_ID = /^[\w-]{22}$/;

const newDeviceId = () => randomBytes(16).toString("base64url");

/** The browser's device id if its cookie has one, and the id from now on. */
export function deviceIdOf(cookie: string | undefined): { deviceId: string | undefined; nextDeviceId: string } {
  const deviceId = cookie !== undefined && DEVICE_ID.test(cookie) ? cookie : undefined;
  return { deviceId, nextDeviceId: deviceId ?? newDeviceId() };
}

export function sessionCookies(request: FastifyRequest, reply: FastifyReply, isSecure: boolean): SessionCookies {
  const names = makeCookieNames(isSecure);
  const attributes = { httpOnly: true, sameSite: "lax", secure: isSecure, path: "/" } as const;
  const device = deviceIdOf(request.cookies[names.device]);
  const { deviceId } = device;
  const nextDeviceId = deviceId ?? (isBrowser(request) ? device.nextDeviceId : undefined);
  if (nextDeviceId !== undefined && nextDeviceId !== deviceId) {
    reply.setCookie(names.device, nextDeviceId, { ...attributes, maxAge: DEVICE_COOKIE_SECONDS });
  }
  return {
    deviceId,
    nextDeviceId,
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

/** Whether a page sent the request. The answer to a GET may be kept by a cache, and a cookie must not be. */
const isBrowser = ({ method, headers }: FastifyRequest) =>
  method === "POST" && (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined);
