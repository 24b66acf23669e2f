import { z } from "zod";
import { operation } from "../operation.ts";
import type { Upstream } from "../upstream.ts";
import { type CapillaryChecks, ttlSeconds } from "./credentials.ts";

const generateRequest = z.object({ key: z.string().min(1), secret: z.string().min(1) });

/** v3: client credentials for a short-lived token. */
export function oauthUpstream({ generateToken }: CapillaryChecks): Upstream {
  return {
    name: "capillary",
    operations: [
      operation({
        name: "generate",
        method: "POST",
        path: "/v3/oauth/token/generate",
        authenticate: () => {},
        input: generateRequest,
        effect: async ({ key, secret }) => ({
          data: { accessToken: await generateToken(key, secret), ttlSeconds },
          errors: null,
        }),
      }),
    ],
    answerTo: ({ kind, code, message }) => ({
      kind: "json",
      status: kind === "unauthorized" ? 401 : 400,
      body: { data: null, errors: [{ status: false, code: code ?? 400, message }] },
    }),
  };
}
