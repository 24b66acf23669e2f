import type { FastifyInstance, FastifyRequest } from "fastify";

/** The path of the sign-in for development; undefined if it does not exist or would refuse the visitor. */
export type SignInPathOf = (request: FastifyRequest) => string | undefined;

/** `GET /graphiql/settings.json`: this process's settings for the prebuilt GraphiQL page. */
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
