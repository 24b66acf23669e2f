import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ConsoleRoutes } from "./console-route.ts";
import { makeCookieNames } from "./cookies.ts";
import { OIDC_SIGN_IN_MS, type OidcFault, type OidcSignIn } from "./oidc-sign-in.ts";
import type { OperatorSessionStore } from "./operator-session.store.ts";

export interface OidcRouteOptions {
  isSecure: boolean;
  /** Undefined if sign-in at the identity provider's page is not configured. */
  oidc: OidcSignIn | undefined;
  sessions: OperatorSessionStore;
  /** PUBLIC_ORIGIN, which the identity provider knows; undefined uses the request's own. */
  publicOrigin: string | undefined;
  routes: ConsoleRoutes;
}

const CALLBACK = "/console/oidc/callback";

/**
 * `GET /console/oidc/start` redirects to the identity provider's page, which redirects to the callback. A sealed cookie
 * binds the callback to the browser that started the sign-in, against login CSRF.
 */
export function mountOidcSignIn(fastify: FastifyInstance, options: OidcRouteOptions): void {
  const { isSecure, oidc, sessions, publicOrigin, routes } = options;
  if (!oidc) return;
  const name = makeCookieNames(isSecure).oidc;
  // The provider is another site: a strict cookie would not accompany its redirect.
  const attributes = { httpOnly: true, sameSite: "lax", secure: isSecure, path: "/" } as const;
  const originOf = ({ protocol, host }: FastifyRequest) => publicOrigin ?? `${protocol}://${host}`;
  const backWith = (reply: FastifyReply, fault: OidcFault) => reply.redirect(`/console/?sign-in=${fault}`);

  fastify.get("/console/oidc/start", { onRequest: routes.limited }, async (request, reply) => {
    const begun = await oidc.begin(originOf(request) + CALLBACK);
    if (typeof begun === "string") return backWith(reply, begun);
    reply.setCookie(name, begun.cookie, { ...attributes, maxAge: OIDC_SIGN_IN_MS / 1_000 });
    return reply.redirect(begun.url);
  });

  fastify.get(CALLBACK, { onRequest: routes.limited }, async (request, reply) => {
    const cookie = request.cookies[name];
    reply.clearCookie(name, attributes);
    const operator = await oidc.finish(new URL(request.url, originOf(request)), cookie);
    if (typeof operator === "string") return backWith(reply, operator);
    routes.setSession(reply, await sessions.open(operator, { by: "PROVIDER" }));
    return reply.redirect("/console/");
  });
}
