import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { sendError } from "../../http/error-page.ts";
import type { ConsoleRoutes } from "../console-route.ts";
import type { OperatorSessionStore } from "../operator-session.store.ts";
import type { OperatorAccountStore } from "./account.store.ts";
import { MAX_PASSWORD } from "./password.ts";
import type { SignInByPassword } from "./sign-in.ts";

export interface AccountRouteOptions {
  accounts: OperatorAccountStore;
  signInByPassword: SignInByPassword;
  sessions: OperatorSessionStore;
  /** The network address of the request's sender. */
  addressOf(request: FastifyRequest): string;
  routes: ConsoleRoutes;
}

const password = z.string().min(1).max(MAX_PASSWORD);
const code = z.string().min(1).max(20);
const passwordForm = z.object({ name: z.string().trim().toLowerCase().min(1).max(64), password, code });
const linkForm = z.object({ secret: z.string().max(64) });
const enrolForm = linkForm.extend({ password, code });

const REFUSED =
  "The name, the password or the code is not right. Each code signs in once: wait for the next one. If you have lost your password " +
  "or your phone, ask an operator with the role ADMIN for a new enrolment link.";
const LINK_CLOSED =
  "This link is not good: it may have been used, or be older than three days. Ask an operator with the role ADMIN for a new one.";

/**
 * `POST /console/sign-in/password` signs in an account; `POST /console/enrolment` returns the details of an enrolment
 * link, and `POST /console/enrolment/complete` uses the link and signs in. All three accept requests only from pages of
 * this server.
 */
export function mountAccountSignIn(fastify: FastifyInstance, options: AccountRouteOptions): void {
  const { accounts, signInByPassword, sessions, addressOf, routes } = options;
  const onRequest = [routes.onlyOwnPages, routes.limited];
  const incomplete = (request: FastifyRequest, reply: FastifyReply, problem: string) =>
    sendError(request, reply, 400, problem);

  fastify.post("/console/sign-in/password", { onRequest }, async (request, reply) => {
    const { data } = passwordForm.safeParse(request.body);
    if (!data)
      return incomplete(request, reply, "Give your name, your password and the code of your authenticator app.");
    const device = routes.device(request);
    const answer = await signInByPassword({ ...data, ...device, address: addressOf(request), requestId: request.id });
    if (answer === "refused") return sendError(request, reply, 401, REFUSED);
    if ("retryAt" in answer) {
      const seconds = Math.max(1, Math.ceil((answer.retryAt.getTime() - Date.now()) / 1_000));
      const message = `Too many tries that were not right. Try again in ${Math.ceil(seconds / 60)} min.`;
      return sendError(request, reply.header("retry-after", String(seconds)), 429, message);
    }
    routes.keepDevice(reply, device.nextDeviceId);
    routes.setSession(reply, answer);
    return reply.code(204).send();
  });

  fastify.post("/console/enrolment", { onRequest }, async (request, reply) => {
    const { data } = linkForm.safeParse(request.body);
    const enrolment = data ? await accounts.enrolment(data.secret) : null;
    return enrolment ?? sendError(request, reply, 404, LINK_CLOSED);
  });

  fastify.post("/console/enrolment/complete", { onRequest }, async (request, reply) => {
    const { data } = enrolForm.safeParse(request.body);
    if (!data)
      return incomplete(request, reply, "Choose a password, and give the code that your authenticator app shows.");
    const device = routes.device(request);
    const enrolled = await accounts.enrol({ ...data, deviceId: device.nextDeviceId });
    if (enrolled === null) return sendError(request, reply, 404, LINK_CLOSED);
    if (typeof enrolled === "string") return sendError(request, reply, 400, enrolled);
    const { accountId, operator } = enrolled;
    routes.keepDevice(reply, device.nextDeviceId);
    routes.setSession(reply, await sessions.open(operator, { by: "PASSWORD", accountId }));
    return reply.code(204).send();
  });
}
