import type { IncomingHttpHeaders } from "node:http";

/** Whether a browser page of this origin may use the visitor's cookies here: this server's own pages, and those on the list. */
export function makeOriginCheck(allowedOrigins: readonly string[]): (headers: IncomingHttpHeaders) => boolean {
  return ({ origin, host }) => {
    if (origin === undefined) return true; // not a browser, or a same-origin GET
    if (allowedOrigins.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  };
}
