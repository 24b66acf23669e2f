import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isBasic } from "../authorization.ts";
import { Failure } from "../failure.ts";
import { makeTokens } from "../tokens.ts";

export interface CapillaryCredentials {
  till: string;
  /** In plain text; the wire carries only its MD5. */
  password: string;
  oauthKey: string;
  oauthSecret: string;
}

export const sandboxTill: CapillaryCredentials = {
  till: "sandbox.till",
  password: "sandbox",
  oauthKey: "sandbox-key",
  oauthSecret: "sandbox-secret",
};

export const ttlSeconds = 300;

export interface CapillaryChecks {
  /** Basic only, as in v1.1 and currency allocation. */
  basic(headers: IncomingHttpHeaders): void;
  /** Basic, or a token of `generateToken` in `X-CAP-API-OAUTH-TOKEN`. */
  basicOrOAuth(headers: IncomingHttpHeaders): Promise<void>;
  /** A new token for these client credentials; throws if they are wrong. */
  generateToken(key: string, secret: string): Promise<string>;
}

const unauthorized = (): Failure => new Failure("unauthorized", "Unauthorized", { code: 401 });

export function makeCapillaryChecks(credentials: CapillaryCredentials, clock: { now(): Date }): CapillaryChecks {
  const { till, oauthKey, oauthSecret } = credentials;
  const passwordHash = createHash("md5").update(credentials.password).digest("hex");
  const tokens = makeTokens({ signingKey: "tessera-sandbox-capillary-key-01", lifetimeSeconds: ttlSeconds, clock });

  const basic = ({ authorization }: IncomingHttpHeaders) => {
    if (!isBasic(authorization, till, passwordHash)) throw unauthorized();
  };
  return {
    basic,
    basicOrOAuth: async (headers) => {
      if (headers.authorization !== undefined) return basic(headers);
      const token = headers["x-cap-api-oauth-token"];
      if (typeof token !== "string" || (await tokens.subjectOf(token)) !== oauthKey) throw unauthorized();
    },
    generateToken: async (key, secret) => {
      if (key !== oauthKey || secret !== oauthSecret) throw unauthorized();
      return tokens.issue(key);
    },
  };
}
