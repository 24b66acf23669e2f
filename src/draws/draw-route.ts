import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { sendError } from "../http/error-page.ts";
import type { PublishDraw } from "./publish-draw.ts";

/**
 * `GET /draws/<id>.jsonl`: the public file of a draw, which anybody can verify, with `npm run draw:verify` or by other
 * means.
 */
export function mountDraws(fastify: FastifyInstance, publish: PublishDraw): void {
  fastify.get<{ Params: { id: string } }>("/draws/:id.jsonl", async (request, reply) => {
    const lines = await publish(request.params.id);
    if (!lines) return sendError(request, reply, 404, "Draw not found.");
    return reply.type("application/jsonl; charset=utf-8").send(Readable.from(lines));
  });
}
