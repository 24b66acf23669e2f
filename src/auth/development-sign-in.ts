import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { customerIdShape } from "../domain/customer-id.ts";
import { makeOriginCheck } from "../graphql/origins.ts";
import type { SignInPathOf } from "../http/graphiql-settings.ts";

const PATH = "/dev/sign-in";
const SANDBOX_TIMEOUT_MS = 5_000;

const sampleCustomers = z.object({
  customers: z.array(z.object({ customer_id: z.string(), balance_points: z.number(), groups: z.array(z.string()) })),
});
const signInLink = z.object({ url: z.url() });
const signInRequest = z.object({ customerId: customerIdShape });

/**
 * Development only, and only for the sandbox that this process started: `GET /dev/sign-in` lists the sandbox's sample
 * customers, and `POST` returns the token of a new sign-in link for one of them. The route opens no session: the page
 * sends the token with `signInWithToken`, as for any link.
 *
 * Both accept requests only from this machine and from this server's own pages, so that no other site can read a token.
 *
 * @param sandboxUrl origin of the sandbox that this process started, undefined without one
 */
export function mountDevelopmentSignIn(
  fastify: FastifyInstance,
  config: { isProduction: boolean; handOff: { key: unknown } },
  sandboxUrl: string | undefined,
): SignInPathOf {
  // With a configured key, links come from the real points provider, never from the sandbox.
  if (config.isProduction || config.handOff.key || sandboxUrl === undefined) return () => undefined;
  const isOwnOrigin = makeOriginCheck({ allowedOrigins: [] });

  async function requestSandbox<Answer>(path: string, answer: z.ZodType<Answer>): Promise<Answer | { status: number }> {
    try {
      const response = await fetch(`${sandboxUrl}/__sandbox${path}`, {
        signal: AbortSignal.timeout(SANDBOX_TIMEOUT_MS),
      });
      return response.ok ? answer.parse(await response.json()) : { status: response.status };
    } catch {
      return { status: 503 };
    }
  }
  const unavailable = { error: `The sandbox at ${sandboxUrl} does not answer as expected. Start the gateway again.` };

  fastify.register(async (routes) => {
    routes.addHook("onRequest", async (request, reply) => {
      reply.header("cache-control", "no-store");
      const site = request.headers["sec-fetch-site"] ?? "none";
      const isOwnPage = isOwnOrigin(request.raw) && (site === "same-origin" || site === "none");
      if (isFromThisMachine(request) && isOwnPage) return;
      const error = "Only this gateway's own pages may sign in here, opened on this machine as localhost or 127.0.0.1.";
      return reply.code(403).send({ error });
    });

    routes.get(PATH, async (_, reply) => {
      const found = await requestSandbox("/sample-customers", sampleCustomers);
      if ("status" in found) return reply.code(503).send(unavailable);
      const customers = found.customers.map(({ customer_id: customerId, balance_points: points, groups }) => ({
        customerId,
        points,
        groups,
      }));
      return { customers };
    });

    routes.post(PATH, async ({ body }, reply) => {
      const { data } = signInRequest.safeParse(body);
      if (!data)
        return reply.code(400).send({ error: 'Send JSON with a customer id, such as {"customerId":"CUST12345"}.' });
      const { customerId } = data;
      const link = await requestSandbox(
        `/client/sign-in-link?customer_id=${encodeURIComponent(customerId)}`,
        signInLink,
      );
      if ("url" in link) return { customerId, token: new URL(link.url).searchParams.get("token") };
      if (link.status !== 404) return reply.code(503).send(unavailable);
      return reply.code(404).send({ error: `The sandbox has no customer ${customerId}.` });
    });
  });
  return (request) => (isFromThisMachine(request) ? PATH : undefined);
}

const loopbackAddress = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/;
const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Whether a client on this machine sent the request to a name of this machine. The name excludes a foreign site whose
 * own name resolves to 127.0.0.1 (DNS rebinding); the forwarding headers exclude clients of a proxy or a tunnel.
 */
function isFromThisMachine({ headers, socket }: FastifyRequest): boolean {
  const isForwarded = "x-forwarded-for" in headers || "forwarded" in headers;
  const host = URL.parse(`http://${headers.host}`)?.hostname ?? "";
  return !isForwarded && loopbackAddress.test(socket.remoteAddress ?? "") && loopbackHosts.has(host);
}
