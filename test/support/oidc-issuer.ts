import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** Changes to a token's claims; undefined removes a claim. */
export type ClaimChanges = Partial<Record<keyof JWTPayload | "roles", unknown>> & Record<string, unknown>;

export interface OidcIssuer extends AsyncDisposable {
  /** The configured issuer, which its tokens name. */
  url: string;
  /** The paths of the requests, oldest first. */
  asked: string[];
  /** Answers from now on, until `stop`. A new issuer is stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Another answer to the next request of `path`. */
  answerOnce(path: string, answer: { status?: number; body: string }): void;
  /** A valid token of the operator `sub`, with every role, except for the changes. */
  token(changes?: ClaimChanges, options?: { key?: CryptoKey; header?: { kid?: string } }): Promise<string>;
}

export const DISCOVERY = "/.well-known/openid-configuration";
export const KEYS = "/keys";

/** A small identity provider with discovery and keys over real HTTP, which issues tokens to tests. */
export async function makeOidcIssuer(audience: string): Promise<OidcIssuer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "key-1", alg: "ES256", use: "sig" }];
  const asked: string[] = [];
  const instead = new Map<string, { status?: number; body: string }>();
  let server: Server | undefined;
  let port = 0;

  const issuer: OidcIssuer = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    asked,
    answerOnce: (path, answer) => void instead.set(path, answer),

    async start() {
      server = createServer((request, response) => {
        const path = request.url ?? "";
        asked.push(path);
        const other = instead.get(path);
        instead.delete(path);
        const bodies: Record<string, unknown> = {
          [DISCOVERY]: { issuer: issuer.url, jwks_uri: `${issuer.url}${KEYS}` },
          [KEYS]: { keys },
        };
        response.writeHead(other?.status ?? (path in bodies ? 200 : 404), { "content-type": "application/json" });
        response.end(other?.body ?? JSON.stringify(bodies[path] ?? {}));
      }).listen(port, "127.0.0.1");
      await once(server, "listening");
      ({ port } = server.address() as AddressInfo);
    },

    async stop() {
      if (!server) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      server = undefined;
      await closed;
    },

    async token(changes = {}, { key = privateKey, header = {} } = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const claims = {
        iss: issuer.url,
        aud: audience,
        sub: "asha@brand",
        roles: ["admin"],
        iat: now,
        exp: now + 600,
        ...changes,
      };
      return new SignJWT(JSON.parse(JSON.stringify(claims)))
        .setProtectedHeader({ alg: "ES256", kid: "key-1", ...header })
        .sign(key);
    },

    [Symbol.asyncDispose]: () => issuer.stop(),
  };
  await issuer.start(); // assigns a port
  await issuer.stop();
  return issuer;
}
