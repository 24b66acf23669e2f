import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { PublicError } from "../graphql/errors.ts";
import type { OriginCheck } from "../graphql/origins.ts";
import { sendError } from "../http/error-page.ts";
import { type AccountRouteOptions, mountAccountSignIn } from "./accounts/account-routes.ts";
import { mountPasskeys, type PasskeyRouteOptions } from "./accounts/passkey-routes.ts";
import { DEVICE_COOKIE_SECONDS, deviceIdOf, makeCookieNames } from "./cookies.ts";
import type { Identify } from "./identify.ts";
import { mountOidcSignIn, type OidcRouteOptions } from "./oidc-route.ts";
import type { OperatorSession, OperatorSessionStore } from "./operator-session.store.ts";

const MAX_TOKEN = 8_192;
const signIn = z.object({ token: z.string().min(1).max(MAX_TOKEN) });

export interface ConsoleRouteOptions
  extends Omit<AccountRouteOptions, "routes">,
    Omit<PasskeyRouteOptions, "routes">,
    Omit<OidcRouteOptions, "routes"> {
  isSecure: boolean;
  identify: Identify;
  operatorTokens: readonly string[];
  sessions: OperatorSessionStore;
  /** Whether the request comes from a page of this server. */
  isOwnPage: OriginCheck;
  /** Counts a sign-in for its network address. @returns the error that refuses it */
  charge(request: FastifyRequest): PublicError | null;
  /** Whether one click signs in as a sample operator: in development, on this machine alone. */
  isDevelopment(request: FastifyRequest): boolean;
}

/** Functions shared by all ways to sign in to the console. */
export interface ConsoleRoutes {
  /** A hook for routes that only pages of this server may call. */
  onlyOwnPages(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /** A hook that counts the sign-in for its network address and answers 429 above the limit. */
  limited(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /** The secret of the browser's session, if it has one. */
  secretOf(request: FastifyRequest): string | undefined;
  /** Stores the session in the browser's cookie. */
  setSession(reply: FastifyReply, session: OperatorSession): void;
  /** The browser's device cookie, if present; and its new value. */
  device(request: FastifyRequest): { deviceId: string | undefined; nextDeviceId: string };
  keepDevice(reply: FastifyReply, deviceId: string): void;
}

/**
 * Sign-in to the console by an operator's key, the OPERATOR_TOKEN or a token of the identity provider; by an account;
 * or at the page of the identity provider. Each opens a session in an httpOnly cookie, which `POST /console/sign-out`
 * ends.
 */
export function mountConsoleSignIn(fastify: FastifyInstance, options: ConsoleRouteOptions): void {
  const { isSecure, identify, operatorTokens, sessions, isOwnPage, charge, isDevelopment } = options;
  const names = makeCookieNames(isSecure);
  const attributes = { httpOnly: true, sameSite: "strict", secure: isSecure, path: "/" } as const;

  const routes: ConsoleRoutes = {
    async onlyOwnPages(request, reply) {
      if (request.headers.origin !== undefined && isOwnPage(request.raw)) return;
      return sendError(request, reply, 403, "Only the console's own page may sign in here.");
    },
    async limited(request, reply) {
      if (!charge(request)) return;
      return sendError(request, reply, 429, "Too many tries from this network. Try again in a minute.");
    },
    secretOf: ({ cookies }) => cookies[names.operator],
    setSession: (reply, { secret, expiresAt }) =>
      void reply.setCookie(names.operator, secret, { ...attributes, expires: expiresAt }),
    device: ({ cookies }) => deviceIdOf(cookies[names.device]),
    keepDevice: (reply, deviceId) =>
      void reply.setCookie(names.device, deviceId, { ...attributes, sameSite: "lax", maxAge: DEVICE_COOKIE_SECONDS }),
  };
  const onRequest = [routes.onlyOwnPages, routes.limited];

  fastify.get("/console/sign-in/ways", async (request) => ({
    provider: options.oidc !== undefined,
    development: isDevelopment(request),
  }));

  fastify.post("/console/sign-in", { onRequest }, async (request, reply) => {
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
    const own = operatorTokens.includes(token) ? token : undefined;
    const by = operator.keyId || own !== undefined ? "KEY" : "TOKEN";
    routes.setSession(reply, await sessions.open(operator, { by, token: own }));
    return reply.code(204).send();
  });

  fastify.post("/console/sign-in/development", { onRequest }, async (request, reply) => {
    const [token] = operatorTokens;
    if (!isDevelopment(request) || token === undefined) {
      return sendError(
        request,
        reply,
        404,
        "The one-click sign-in is available only in development, on the gateway's own machine.",
      );
    }
    const operator = { kind: "operator", operatorId: "operator", roles: ["admin"] } as const;
    routes.setSession(reply, await sessions.open(operator, { by: "DEVELOPMENT", token }));
    return reply.code(204).send();
  });

  fastify.post("/console/sign-out", { onRequest: routes.onlyOwnPages }, async (request, reply) => {
    const secret = request.cookies[names.operator];
    if (secret) await sessions.end(secret);
    reply.clearCookie(names.operator, attributes);
    return reply.code(204).send();
  });

  mountAccountSignIn(fastify, { ...options, routes });
  mountPasskeys(fastify, { ...options, routes });
  mountOidcSignIn(fastify, { ...options, routes });
}

/** Whether the console sent the request: then only the operator's cookie counts, never a customer's. */
export const isOfConsole = ({ url }: Pick<IncomingMessage, "url">): boolean =>
  /^[^?]*\?(?:[^#]*&)?console(?:[=&]|$)/.test(url ?? "");
