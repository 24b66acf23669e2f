import type { FastifyInstance } from "fastify";
import type { SignInPathOf } from "../auth/development-sign-in.ts";

/** `GET /graphiql/settings.json`: what the GraphiQL page, which is built beforehand, learns about this process. */
export function mountGraphiqlSettings(
  fastify: FastifyInstance,
  { sandboxUrl, signInPathOf }: { sandboxUrl: string | undefined; signInPathOf: SignInPathOf },
): void {
  fastify.get("/graphiql/settings.json", (request, reply) =>
    reply
      .header("cache-control", "no-store")
      .send({ sandboxUrl: sandboxUrl ?? null, signInPath: signInPathOf(request) ?? null }),
  );
}
