import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

const pathOf = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

const graphiqlPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The reward images, and outside production GraphiQL. */
export function mountPages(fastify: FastifyInstance, { isProduction }: { isProduction: boolean }): void {
  fastify.register(fastifyStatic, {
    root: pathOf("assets"),
    prefix: "/assets/",
    maxAge: "1h",
    // An SVG opened by itself is a document: it may run and load nothing.
    setHeaders: (response) =>
      void response.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
  });
  if (isProduction || !existsSync(pathOf("graphiql/dist"))) return;

  fastify.register(fastifyStatic, {
    root: pathOf("graphiql/dist"),
    prefix: "/graphiql/",
    decorateReply: false,
    setHeaders(response, path) {
      response.header("content-security-policy", graphiqlPolicy);
      // File names under assets/ carry a hash of their content.
      const isHashed = path.includes("/dist/assets/");
      response.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  for (const from of ["/", "/graphiql"]) fastify.get(from, (_, reply) => reply.redirect("/graphiql/"));
}
