import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Viewer } from "../domain/viewer.ts";
import type { PublicError } from "../graphql/errors.ts";
import type { Rest } from "./index.ts";
import type { RestCustomer } from "./place-order.ts";
import { type RestAnswer, restError, validationFailed } from "./problem.ts";

export interface RestRouteDeps {
  rest: Rest;
  /**
   * The owner of the request's bearer token. Cookies do not count here, so that another site's page cannot order in a
   * customer's name.
   */
  identify(request: FastifyRequest): Promise<Viewer>;
  /** Charges the cost to the customer's and the address's limits. @returns the refusal, or null */
  charge(request: FastifyRequest, reply: FastifyReply, viewer: Viewer, cost: number): PublicError | null;
  /** Aborts when the gateway stops. */
  signal: AbortSignal;
}

const BODY_LIMIT_BYTES = 64 * 1024;
export const PAGE_SIZE = 1_000;
/** In the unit of GraphQL costs, by the load of each route on the database. */
const COST = { catalog: 300, orders: 100, status: 20 };

/**
 * `GET /api/v1/catalog`, `POST /api/v1/orders` and `GET /api/v1/orders/status`, as `docs/openapi/rest.yaml` describes
 * them.
 */
export function mountRest(fastify: FastifyInstance, { rest, identify, charge, signal }: RestRouteDeps): void {
  const send = (reply: FastifyReply, { status, body }: RestAnswer) => reply.code(status).send(body);

  /** Refuses an anonymous or rate-limited request before its body is read. */
  const asCustomer = (cost: number) => async (request: FastifyRequest, reply: FastifyReply) => {
    const viewer = await identify(request);
    const rateLimitError = charge(request, reply, viewer, cost);
    if (rateLimitError) {
      const retryAfter = String(rateLimitError.extensions["retryAfter"]);
      return send(reply.header("retry-after", retryAfter), restError(429, "RATE_LIMITED", rateLimitError.message));
    }
    if (viewer.kind === "customer") {
      customers.set(request, viewer);
      return;
    }
    if (viewer.kind !== "anonymous") {
      return send(reply, restError(403, "FORBIDDEN", "The token is no customer's. Send the token of a customer."));
    }
    const message = "Send the customer's access token as Authorization: Bearer <token>.";
    return send(reply.header("www-authenticate", "Bearer"), restError(401, "UNAUTHENTICATED", message));
  };

  fastify.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT_BYTES }, (_, body, done) =>
      done(null, body),
    );

    scope.get<{ Querystring: Record<string, unknown> }>(
      "/api/v1/catalog",
      { onRequest: asCustomer(COST.catalog) },
      async (request, reply) => {
        const { after_id: after = "0" } = request.query;
        if (typeof after !== "string" || !/^\d{1,15}$/.test(after)) {
          const message = "must be the id of the last product of the page before";
          return send(reply, validationFailed([{ field: "after_id", message }]));
        }
        const page = await rest.readProducts({ afterNumber: Number(after), limit: PAGE_SIZE });
        const last = page.length === PAGE_SIZE ? page.at(-1) : undefined;
        if (last) reply.header("link", `</api/v1/catalog?after_id=${last.number}>; rel="next"`);
        const products = page.map(({ number, sku, points, stock, isActive }) => ({
          id: number,
          denomination_value: String(points),
          status: isActive ? 1 : 0,
          qty_trigger_limit: "0",
          qty: String(stock ?? 0),
          skus: sku,
        }));
        return reply.send({ products });
      },
    );

    scope.post("/api/v1/orders", { onRequest: asCustomer(COST.orders) }, async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      return send(reply, await rest.placeOrder(customerOf(request), body, AbortSignal.any([gone.signal, signal])));
    });

    scope.get<{ Querystring: Record<string, unknown> }>(
      "/api/v1/orders/status",
      { onRequest: asCustomer(COST.status) },
      async (request, reply) => send(reply, await rest.readStatus(customerOf(request), request.query["order_id"])),
    );
  });
}

const customers = new WeakMap<FastifyRequest, RestCustomer>();

function customerOf(request: FastifyRequest): RestCustomer {
  const customer = customers.get(request);
  if (!customer) throw new Error("a request of the REST face has no customer");
  return customer;
}
