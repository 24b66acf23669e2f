import type { FastifyInstance } from "fastify";
import { sendError } from "../../http/error-page.ts";
import type { Logger } from "../../platform/logger.ts";
import type { PictureType } from "./check-picture.ts";
import { StorageError } from "./picture-storage.ts";
import type { Pictures, StoredPicture } from "./pictures.ts";

const folder = "/images/pictures";

export const picturePath = (hash: string, type: PictureType): string =>
  `${folder}/${hash}.${type.slice("image/".length)}`;

/** The hash in the path of an uploaded picture; undefined for other addresses. */
export const pictureHashOf = (path: string): string | undefined =>
  path.startsWith(`${folder}/`) ? NAME.exec(path.slice(folder.length + 1))?.[1] : undefined;

const NAME = /^([0-9a-f]{64})\.(jpeg|png|webp)$/;

/** Serves pictures uploaded by operators. The name is the hash of the content, so caches may keep it for ever. */
export function mountPictures(fastify: FastifyInstance, { read, log }: { read: Pictures["read"]; log: Logger }): void {
  fastify.get<{ Params: { name: string } }>(`${folder}/:name`, async (request, reply) => {
    const [, hash = "", kind] = NAME.exec(request.params.name) ?? [];
    let picture: StoredPicture | null;
    try {
      picture = hash === "" ? null : await read(hash);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      log.warn({ err: error, picture: hash }, "A picture cannot be read");
      return sendError(
        request,
        reply.header("retry-after", "5"),
        503,
        "The picture cannot be read. Try again in a moment.",
      );
    }
    if (picture?.type !== `image/${kind}`) return sendError(request, reply, 404, "There is no such picture.");
    return reply
      .header("cache-control", "public, max-age=31536000, immutable")
      .header("content-security-policy", "default-src 'none'; sandbox")
      .header("x-content-type-options", "nosniff")
      .type(picture.type)
      .send(picture.bytes instanceof Uint8Array ? Buffer.from(picture.bytes) : picture.bytes);
  });
}
