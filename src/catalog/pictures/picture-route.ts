import type { FastifyInstance } from "fastify";
import { sendError } from "../../http/error-page.ts";
import type { CheckedPicture } from "./check-picture.ts";
import type { Pictures } from "./pictures.ts";

const folder = "/images/pictures";

export const picturePath = (hash: string, type: CheckedPicture["type"]): string =>
  `${folder}/${hash}.${type.slice("image/".length)}`;

const NAME = /^([0-9a-f]{64})\.(jpeg|png|webp)$/;

/** Serves pictures uploaded by operators. The name is the hash of the content, so caches may keep it for ever. */
export function mountPictures(fastify: FastifyInstance, read: Pictures["read"]): void {
  fastify.get<{ Params: { name: string } }>(`${folder}/:name`, async (request, reply) => {
    const [, hash = "", kind] = NAME.exec(request.params.name) ?? [];
    const picture = hash === "" ? null : await read(hash);
    if (picture?.type !== `image/${kind}`) return sendError(request, reply, 404, "There is no such picture.");
    return reply
      .header("cache-control", "public, max-age=31536000, immutable")
      .header("content-security-policy", "default-src 'none'; sandbox")
      .header("x-content-type-options", "nosniff")
      .type(picture.type)
      .send(Buffer.from(picture.bytes));
  });
}
