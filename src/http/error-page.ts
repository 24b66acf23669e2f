import { createHash } from "node:crypto";
import { type IncomingHttpHeaders, STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ErrorCode } from "../graphql/errors.ts";
import { escapeHtml } from "./escape-html.ts";

/** Browsers that open an address accept `text/html` by name. API clients, scripts and pictures do not. */
export const acceptsHtml = ({ accept }: IncomingHttpHeaders): boolean => accept?.includes("text/html") ?? false;

const style = `
  :root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
  body { max-width: 36rem; margin: 12vh auto; padding: 0 1.25rem; overflow-wrap: anywhere; }
  h1 { line-height: 1.2; }
  footer { margin-top: 2.5rem; font-size: 0.85rem; opacity: 0.75; }
`;
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const errorPageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": policy,
  "referrer-policy": "no-referrer",
};

const titleOf = (status: number) => {
  if (status === 404) return "Page not found";
  if (status === 503) return "Please wait a moment";
  return status >= 500 ? "Something went wrong" : "This request was not accepted";
};

/** An error as a page without other files: the built site may be the missing part. */
export function errorPage(status: number, message: string, requestId?: string): string {
  const title = titleOf(status);
  const facts = [
    `HTTP ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd(),
    ...(requestId ? [`request ${requestId}`] : []),
  ];
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title} · Tessera</title>
    <style>${style}</style>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      <p>${escapeHtml(message)}</p>
      <p><a href="/">Go to the home page</a></p>
    </main>
    <footer>${facts.map(escapeHtml).join(" · ")}</footer>
  </body>
</html>
`;
}

const codes: Readonly<Record<number, ErrorCode>> = { 401: "UNAUTHENTICATED", 403: "FORBIDDEN", 429: "RATE_LIMITED" };

/** An error in the format of GraphQL clients, for answers outside Apollo, with an id for finding it in the log. */
export function errorsOf(status: number, message: string, requestId: string) {
  const code = codes[status] ?? (status < 500 ? "BAD_USER_INPUT" : "INTERNAL_SERVER_ERROR");
  const extensions = { code, retryable: status === 429 || status === 503, requestId };
  return { requestId, errors: [{ message, extensions }] };
}

/** Answers with an error: a page for a browser, JSON for every other client. */
export function sendError(request: FastifyRequest, reply: FastifyReply, status: number, message: string): FastifyReply {
  varyByAccept(reply.code(status).header("cache-control", "no-store"));
  if (!acceptsHtml(request.headers)) return reply.send({ error: message, ...errorsOf(status, message, request.id) });
  return reply.headers(errorPageHeaders).send(errorPage(status, message, request.id));
}

/** Adds `Accept` to the answer's `Vary`, so that caches distinguish pages from JSON. */
export function varyByAccept(reply: FastifyReply): FastifyReply {
  const others = reply.getHeader("vary");
  return reply.header("vary", others ? `${others}, Accept` : "Accept");
}
