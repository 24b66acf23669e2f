import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

export interface ProviderClient {
  clientId: string;
  clientSecret: string;
  redirectUri: string;
}

export interface RealProvider extends AsyncDisposable {
  issuer: string;
  /** The claims of a user, by the name that the user signs in with at the provider. */
  participants: Map<string, Record<string, unknown>>;
}

/** A certified OpenID provider from npm on a port of its own, with its development pages for sign-in and consent. */
export async function startOidcProvider(port: number, client: ProviderClient): Promise<RealProvider> {
  const participants = new Map<string, Record<string, unknown>>();
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [client.redirectUri],
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: "key-1", alg: "RS256", use: "sig" }] },
    cookies: { keys: ["a key of the tests"] },
    pkce: { required: () => true },
    claims: { openid: ["sub"], staff: ["roles"] },
    scopes: ["openid", "staff"],
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...participants.get(id) }) }),
    features: { devInteractions: { enabled: true } },
  });
  const server = createServer(provider.callback()).listen(port, "127.0.0.1");
  await once(server, "listening");
  if ((server.address() as AddressInfo).port !== port) throw new Error("another port");
  return {
    issuer,
    participants,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A user's browser at the provider: signs in on its development pages, and consents. @returns the redirect address */
export async function signInAtProvider(address: string, login: string): Promise<string> {
  const cookies = new Map<string, string>();
  let [url, form] = [address, undefined as URLSearchParams | undefined];
  for (let steps = 0; steps < 20; steps += 1) {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form && { method: "POST", body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = cookie.match(/^([^=]+)=([^;]*)/) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    const page = await response.text();
    form = undefined;
    if (location !== null) {
      url = new URL(location, url).href;
      if (!url.startsWith(new URL(address).origin)) return url;
      continue;
    }
    const prompt = page.match(/name="prompt" value="(\w+)"/)?.[1];
    if (prompt === undefined) throw new Error(`no form at ${url}: ${page}`);
    form = new URLSearchParams({ prompt, login, password: "any" });
  }
  throw new Error("the provider never sent the browser back");
}
