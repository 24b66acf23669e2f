import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isLoopbackHost } from "../http/origin.ts";

export interface OriginRules {
  /** Origins of other pages that may use the visitor's cookies. */
  allowedOrigins: readonly string[];
  /** The origin of this server's own pages. If undefined, the request's own scheme and host are that origin. */
  publicOrigin?: string | undefined;
  /**
   * Whether a proxy in front of this server terminates TLS, as in production: then pages have `https`, except on this
   * machine.
   */
  isSecure?: boolean;
  /** Whether this address is a proxy whose `X-Forwarded-Proto` is trusted. */
  isTrustedProxy?: (address: string) => boolean;
  /** Called for a page of this host with another scheme, which only PUBLIC_ORIGIN or TRUST_PROXY can explain. */
  onOtherScheme?: (origin: string) => void;
}

export type OriginCheck = (request: Pick<IncomingMessage, "headers" | "socket">) => boolean;

/**
 * Checks whether a browser page of this origin may use the visitor's cookies: this server's own pages, and those on the
 * list. Origins are compared whole. A page with another scheme is another page: without TLS an attacker on the network
 * can change it.
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

/** The browser's scheme, as the nearest proxy reports it. */
function forwardedScheme(headers: IncomingHttpHeaders): string | undefined {
  const schemes = String(headers["x-forwarded-proto"] ?? "").split(",");
  const scheme = schemes.at(-1)?.trim();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}
