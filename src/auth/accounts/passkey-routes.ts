import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { sendError } from "../../http/error-page.ts";
import type { ConsoleRoutes } from "../console-route.ts";
import type { OperatorSessionStore } from "../operator-session.store.ts";
import type { Passkeys } from "./passkey.store.ts";

export interface PasskeyRouteOptions {
  passkeys: Passkeys;
  sessions: Pick<OperatorSessionStore, "live">;
  routes: ConsoleRoutes;
}

/** The library verifies the rest of the answer. */
const response = z.looseObject({ id: z.string().max(2_000), type: z.literal("public-key") });
const signInForm = z.object({ ticket: z.string().max(2_000), response });
const addForm = signInForm.extend({ name: z.string().trim().min(1).max(64) });
const removeForm = z.object({ id: z.uuid() });

const REFUSED = "This passkey cannot be used to sign in. Sign in another way, and add it again.";
const NOT_ADDED = "The passkey could not be added. Begin again.";

/**
 * Sign-in by passkey, `POST /console/passkeys/sign-in` with its options; and the passkeys of the signed-in account,
 * below `/console/passkeys`. All routes accept requests only from pages of this server.
 */
export function mountPasskeys(fastify: FastifyInstance, { passkeys, sessions, routes }: PasskeyRouteOptions): void {
  const onRequest = [routes.onlyOwnPages, routes.limited];
  const originOf = ({ headers }: FastifyRequest) => headers.origin ?? "";
  const badForm = (request: FastifyRequest, reply: FastifyReply) =>
    sendError(request, reply, 400, "This is not the answer of a passkey.");

  fastify.post("/console/passkeys/sign-in/options", { onRequest }, (request) =>
    passkeys.beginSignIn(originOf(request)),
  );
  fastify.post("/console/passkeys/sign-in", { onRequest }, async (request, reply) => {
    const { data } = signInForm.safeParse(request.body);
    if (!data) return badForm(request, reply);
    const { ticket } = data;
    const session = await passkeys.signIn({ origin: originOf(request), ticket, response: data.response as never });
    if (!session) return sendError(request, reply, 401, REFUSED);
    routes.setSession(reply, session);
    return reply.code(204).send();
  });

  /** Runs the work for the signed-in account. */
  const ofAccount =
    (work: (accountId: string, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const operator = await sessions.live(routes.secretOf(request) ?? "");
      if (operator?.accountId === undefined) {
        return sendError(request, reply, 401, "Sign in with your account: keys and tokens have no passkeys.");
      }
      return work(operator.accountId, request, reply);
    };

  fastify.post(
    "/console/passkeys/list",
    { onRequest },
    ofAccount(async (accountId) => passkeys.list(accountId)),
  );
  fastify.post(
    "/console/passkeys/options",
    { onRequest },
    ofAccount(async (accountId, request) => passkeys.beginAdding(originOf(request), accountId)),
  );
  fastify.post(
    "/console/passkeys/add",
    { onRequest },
    ofAccount(async (accountId, request, reply) => {
      const { data } = addForm.safeParse(request.body);
      if (!data) return badForm(request, reply);
      const { ticket, name } = data;
      const input = { origin: originOf(request), accountId, ticket, name, response: data.response as never };
      return (await passkeys.add(input)) ? reply.code(204).send() : sendError(request, reply, 400, NOT_ADDED);
    }),
  );
  fastify.post(
    "/console/passkeys/remove",
    { onRequest },
    ofAccount(async (accountId, request, reply) => {
      const { data } = removeForm.safeParse(request.body);
      if (!data) return badForm(request, reply);
      await passkeys.remove(accountId, data.id);
      return reply.code(204).send();
    }),
  );
}
