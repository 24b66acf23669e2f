import type { FastifyInstance } from "fastify";
import { errorsOf } from "../http/error-page.ts";
import type { ReceiveReport } from "./fulfilment-webhook.ts";

/**
 * Mounts `POST /webhooks/fulfilment` in a scope of its own: the signature is over the raw bytes, so no parser may run
 * first.
 */
export function mountWebhooks(fastify: FastifyInstance, receiveReport: ReceiveReport): void {
  fastify.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
    scope.post("/webhooks/fulfilment", async (request, reply) => {
      const header = request.headers["x-tessera-signature"];
      const signature = typeof header === "string" ? header : undefined;
      const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const { status, body } = await receiveReport({ signature, rawBody });
      return reply.code(status).send("error" in body ? { ...body, ...errorsOf(status, body.error, request.id) } : body);
    });
  });
}
