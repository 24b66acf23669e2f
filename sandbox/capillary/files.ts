import { createHmac } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Memory } from "./memory.ts";
import { pictureOf } from "./pictures.ts";
import type { Reward } from "./records.ts";

const lifetimeSeconds = 3600;
const folder = "/capillary-files/rewards";

/** Pictures and terms of rewards, at signed URLs that expire after an hour, as in Capillary's file store. */
export interface Files {
  /** Null for a reward without a picture. */
  imageUrl(reward: Reward): string | null;
  /** Null for a reward without terms. */
  termsUrl(reward: Reward): string | null;
  serve(app: FastifyInstance): void;
}

const signedQuery = z.object({ Expires: z.coerce.number(), Signature: z.string() });

/** @param deps.origin the server's origin, known only once it listens */
export function makeFiles(deps: { memory: Memory; origin: () => string; clock: { now(): Date } }): Files {
  const { memory, origin, clock } = deps;
  const nowSeconds = () => Math.floor(clock.now().getTime() / 1000);
  const signedUrl = (path: string) => {
    const expires = nowSeconds() + lifetimeSeconds;
    return `${origin()}${path}?Expires=${expires}&Signature=${signature(path, expires)}`;
  };

  return {
    imageUrl: ({ id, hasImage }) => (hasImage ? signedUrl(`${folder}/${id}.svg`) : null),
    termsUrl: ({ id, terms }) => (terms === null ? null : signedUrl(`${folder}/${id}.html`)),
    serve: (app) => {
      app.get<{ Params: { file: string } }>(`${folder}/:file`, async ({ params, query }, reply) => {
        const signed = signedQuery.safeParse(query).data;
        const isOurs = signed?.Signature === signature(`${folder}/${params.file}`, signed?.Expires ?? 0);
        if (!signed || !isOurs) return reply.code(403).type("application/xml").send(denied("Access Denied"));
        if (nowSeconds() >= signed.Expires) {
          return reply.code(403).type("application/xml").send(denied("Request has expired"));
        }
        const [id, kind] = params.file.split(".");
        const reward = memory.rewards.get(Number(id));
        if (!reward) return reply.code(404).type("application/xml").send(denied("No such key"));
        if (kind === "svg") return reply.type("image/svg+xml").send(pictureOf(reward.id));
        return reply.type("text/html; charset=utf-8").send(`<p>${escaped(reward.terms ?? "")}</p>\n`);
      });
    },
  };
}

const signature = (path: string, expires: number): string =>
  createHmac("sha256", "tessera-sandbox-files").update(`${path}\n${expires}`).digest("hex").slice(0, 32);

const denied = (message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>\n`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
