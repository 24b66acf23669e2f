import { randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { SessionCookies } from "../graphql/context.ts";

/**
 * The browser's session cookie: no script can read it, and other sites' requests carry it only on top-level navigation.
 */
export function makeCookieNames(isSecure: boolean) {
  // With `__Host-` the browser requires Secure, this exact host and the root path. Plain HTTP cannot use it.
  const prefix = isSecure ? "__Host-" : "";
  return {
    access: `${prefix}tessera-access`,
    refresh: `${prefix}tessera-refresh`,
    device: `${prefix}tessera-device`,
    /** The secret of an operator's session at the console. */
    operator: `${prefix}tessera-operator`,
    /** The sealed state of a sign-in at the identity provider's page. */
    oidc: `${prefix}tessera-oidc`,
  };
}

const [secureNames, plainNames] = [makeCookieNames(true), makeCookieNames(false)];

/** The maximum lifetime of a cookie in browsers. */
export const DEVICE_COOKIE_SECONDS = 400 * 24 * 60 * 60;
const DEVICE_ID = /^[\w-]{22}$/;

const newDeviceId = () => randomBytes(16).toString("base64url");
const knownDeviceId = (cookie: string | undefined) =>
  cookie !== undefined && DEVICE_ID.test(cookie) ? cookie : undefined;

/** The device id of the browser's cookie, if any, and its new value. */
export function deviceIdOf(cookie: string | undefined): { deviceId: string | undefined; nextDeviceId: string } {
  const deviceId = knownDeviceId(cookie);
  return { deviceId, nextDeviceId: deviceId ?? newDeviceId() };
}

export function sessionCookies(request: FastifyRequest, reply: FastifyReply, isSecure: boolean): SessionCookies {
  const names = isSecure ? secureNames : plainNames;
  const attributes = { httpOnly: true, sameSite: "lax", secure: isSecure, path: "/" } as const;
  const deviceId = knownDeviceId(request.cookies[names.device]);
  const nextDeviceId = deviceId ?? (isBrowser(request) ? newDeviceId() : undefined);
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

/** Only a page's POST sets the cookie: a cache may store the answer to a GET, and must not store a cookie. */
const isBrowser = ({ method, headers }: FastifyRequest) =>
  method === "POST" && (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined);
