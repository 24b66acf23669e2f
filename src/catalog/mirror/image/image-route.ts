import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { sendError } from "../../../http/error-page.ts";
import type { ReadRewardImage } from "./reward-image.ts";

const folder = "/images/rewards";

/** Where the picture of a mirrored reward is served: its own address at Capillary would be dead within the hour. */
export const imagePath = (rewardId: string) => `${folder}/${rewardId}`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Shown instead of a picture that cannot be had now. */
const placeholder = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400">
  <rect width="640" height="400" fill="#e7e5e4"/>
  <path d="M240 190h160v100H240zM228 158h184v32H228zM320 158v132M320 158c-24-44-76-40-60 0M320 158c24-44 76-40 60 0"
    fill="none" stroke="#a8a29e" stroke-width="10" stroke-linejoin="round"/>
</svg>
`;

export function mountRewardImages(fastify: FastifyInstance, readRewardImage: ReadRewardImage): void {
  fastify.get<{ Params: { id: string } }>(`${folder}/:id`, async (request, reply) => {
    const { id } = request.params;
    const picture = UUID.test(id) ? await readRewardImage(id.toLowerCase()) : null;
    if (picture === null) return sendError(request, reply, 404, "There is no such picture.");
    // An SVG opened by itself is a document: it may run and load nothing.
    reply.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    if (picture === "none") {
      return reply.header("cache-control", "public, max-age=60").type("image/svg+xml").send(placeholder);
    }
    const tag = `"${createHash("sha256").update(picture.bytes).digest("base64url").slice(0, 22)}"`;
    reply.header("cache-control", "public, max-age=3600").header("etag", tag);
    if (request.headers["if-none-match"] === tag) return reply.code(304).send();
    return reply.type(picture.type).send(picture.bytes);
  });
}
