import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { sendError } from "../../../http/error-page.ts";
import type { ReadFallbackImage, ReadRewardImage } from "./reward-image.ts";

const folder = "/images/rewards";

/** The path of a mirrored reward's picture: Capillary's own URL expires within the hour. */
export const imagePath = (rewardId: string) => `${folder}/${rewardId}`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An SVG opened by itself is a document: its policy blocks scripts and resources. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export function mountRewardImages(
  fastify: FastifyInstance,
  deps: { readRewardImage: ReadRewardImage; readFallbackImage: ReadFallbackImage },
): void {
  const { readRewardImage, readFallbackImage } = deps;
  fastify.get<{ Params: { sku: string } }>(`${folder}/:sku/fallback`, async (request, reply) => {
    const picture = await readFallbackImage(request.params.sku);
    if (picture === null) return sendError(request, reply, 404, "Picture not found.");
    reply.header("content-security-policy", POLICY).header("cache-control", "public, max-age=3600");
    return reply.type("image/svg+xml").send(picture);
  });
  fastify.get<{ Params: { id: string } }>(`${folder}/:id`, async (request, reply) => {
    const { id } = request.params;
    const picture = UUID.test(id) ? await readRewardImage(id.toLowerCase()) : null;
    if (picture === null) return sendError(request, reply, 404, "Picture not found.");
    reply.header("content-security-policy", POLICY);
    if (picture.isFallback) {
      return reply.header("cache-control", "public, max-age=60").type(picture.type).send(picture.bytes);
    }
    const tag = `"${createHash("sha256").update(picture.bytes).digest("base64url").slice(0, 22)}"`;
    reply.header("cache-control", "public, max-age=3600").header("etag", tag);
    if (request.headers["if-none-match"] === tag) return reply.code(304).send();
    return reply.type(picture.type).send(picture.bytes);
  });
}
