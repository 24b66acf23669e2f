import type { FastifyInstance } from "fastify";

/** `GET /graphiql/settings.json`: what the GraphiQL page, which is built beforehand, learns about this process. */
export function mountGraphiqlSettings(
  fastify: FastifyInstance,
  { sandboxUrl }: { sandboxUrl: string | undefined },
): void {
  const settings = { sandboxUrl: sandboxUrl ?? null };
  fastify.get("/graphiql/settings.json", (_, reply) => reply.header("cache-control", "no-store").send(settings));
}
