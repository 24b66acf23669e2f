import type { FastifyInstance } from "fastify";
import type { SigningKeys } from "./signing-keys.ts";

const KEPT_SECONDS = 300;

/** `GET /.well-known/jwks.json`: the public keys for verifying customers' access tokens (RFC 7517). */
export function mountJwks(fastify: FastifyInstance, signingKeys: Pick<SigningKeys, "known">): void {
  fastify.get("/.well-known/jwks.json", async (_, reply) => {
    const keys = (await signingKeys.known()).map(({ jwk }) => jwk);
    return reply.header("cache-control", `public, max-age=${KEPT_SECONDS}`).send({ keys });
  });
}
