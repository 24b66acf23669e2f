import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isLoopbackHost } from "../http/origin.ts";

export interface OriginRules {
  /** Origins of other pages that may use the visitor's cookies. */
  allowedOrigins: readonly string[];
  /** The origin of this server's own pages. If undefined, the request's own scheme and host are that origin. */
  publicOrigin?: string | undefined;
  /** Whether a proxy before this server ends TLS, as in production: then pages have `https`, except on this machine. */
  isSecure?: boolean;
  /** Whether this address is a proxy whose `X-Forwarded-Proto` is believed. */
  isTrustedProxy?: (address: string) => boolean;
  /** Called for a page of this very host that has another scheme, which only PUBLIC_ORIGIN or TRUST_PROXY can explain. */
  onOtherScheme?: (origin: string) => void;
}

export type OriginCheck = (request: Pick<IncomingMessage, "headers" | "socket">) => boolean;

/**
 * Tells whether a browser page of this origin may use the visitor's cookies here: this server's own pages, and those on the list.
 * Origins are compared whole. A page with another scheme is another page: anybody in between can change one without TLS.
 */
export function makeOriginCheck(rules: OriginRules): OriginCheck {
  const { allowedOrigins, publicOrigin, isSecure = false, isTrustedProxy = () => false, onOtherScheme } = rules;

  function schemeOf({ headers, socket }: Parameters<OriginCheck>[0]): string {
    const forwarded = isTrustedProxy(socket.remoteAddress ?? "") ? forwardedScheme(headers) : undefined;
    return forwarded ?? (isSecure && !isLoopbackHost(hostnameOf(headers)) ? "https" : "http");
  }

  return (request) => {
    const { origin, host } = request.headers;
    if (origin === undefined) return true; // not a browser, or a same-origin GET
    if (allowedOrigins.includes(origin)) return true;
    if (publicOrigin !== undefined) return origin === publicOrigin;
    if (origin === `${schemeOf(request)}://${host}`) return true;
    if (URL.parse(origin)?.host === host) onOtherScheme?.(origin);
    return false;
  };
}

const hostnameOf = ({ host }: IncomingHttpHeaders) => URL.parse(`http://${host}`)?.hostname ?? "";

/** The scheme that the nearest proxy says the browser has used. */
function forwardedScheme(headers: IncomingHttpHeaders): string | undefined {
  const schemes = String(headers["x-forwarded-proto"] ?? "").split(",");
  const scheme = schemes.at(-1)?.trim();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}
