import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { PublicError } from "../graphql/errors.ts";
import type { OriginCheck } from "../graphql/origins.ts";
import { sendError } from "../http/error-page.ts";
import { makeCookieNames } from "./cookies.ts";
import type { Identify } from "./identify.ts";
import type { OperatorSessionStore } from "./operator-session.store.ts";

const MAX_TOKEN = 8_192;
const signIn = z.object({ token: z.string().min(1).max(MAX_TOKEN) });

export interface ConsoleRouteOptions {
  isSecure: boolean;
  identify: Identify;
  operatorTokens: readonly string[];
  sessions: OperatorSessionStore;
  /** Whether a page of this server itself has sent the request. */
  isOwnPage: OriginCheck;
  /** Charges a try to sign in to its network address; the error that refuses it. */
  charge(request: FastifyRequest): PublicError | null;
}

/**
 * The sign-in of the console. `POST /console/sign-in` exchanges a key of an operator, the OPERATOR_TOKEN, or a token of the identity
 * provider for a session in an httpOnly cookie; `POST /console/sign-out` ends the session. Both only for pages of this server.
 */
export function mountConsoleSignIn(fastify: FastifyInstance, options: ConsoleRouteOptions): void {
  const { isSecure, identify, operatorTokens, sessions, isOwnPage, charge } = options;
  const name = makeCookieNames(isSecure).operator;
  const attributes = { httpOnly: true, sameSite: "strict", secure: isSecure, path: "/" } as const;

  const onlyOwnPages = async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.headers.origin !== undefined && isOwnPage(request.raw)) return;
    await sendError(request, reply, 403, "Only the console's own page may sign in here.");
  };

  fastify.post("/console/sign-in", { onRequest: onlyOwnPages }, async (request, reply) => {
    if (charge(request))
      return sendError(request, reply, 429, "Too many tries from this network. Try again in a minute.");
    const parsed = signIn.safeParse(request.body);
    if (!parsed.success) {
      return sendError(request, reply, 400, `token: must be text of 1 to ${MAX_TOKEN} characters. Paste your key.`);
    }
    const token = parsed.data.token.trim();
    const operator = await identify(token);
    if (operator.kind !== "operator") {
      return sendError(
        request,
        reply,
        401,
        "This key is not good: it may have expired, or have been withdrawn. Ask an operator with the role ADMIN for a new one.",
      );
    }
    const opened = await sessions.open(operator, operatorTokens.includes(token) ? token : undefined);
    reply.setCookie(name, opened.secret, { ...attributes, expires: opened.expiresAt });
    return reply.code(204).send();
  });

  fastify.post("/console/sign-out", { onRequest: onlyOwnPages }, async (request, reply) => {
    const secret = request.cookies[name];
    if (secret) await sessions.end(secret);
    reply.clearCookie(name, attributes);
    return reply.code(204).send();
  });
}

/** Whether the request is the console's: it goes by the operator's cookie then, and never by a customer's. */
export const isOfConsole = ({ url }: Pick<IncomingMessage, "url">): boolean =>
  /^[^?]*\?(?:[^#]*&)?console(?:[=&]|$)/.test(url ?? "");
