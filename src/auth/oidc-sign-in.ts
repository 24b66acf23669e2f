import * as openid from "openid-client";
import { z } from "zod";
import { rolesOf } from "../domain/operator-roles.ts";
import type { Operator } from "../domain/viewer.ts";
import type { Cipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { operatorNameOf, personOf } from "./identify.ts";

export interface OidcSignInOptions {
  issuer: string;
  clientId: string;
  /** Undefined for a public client, which only PKCE protects. */
  clientSecret: string | undefined;
  /** The requested scopes, separated by spaces. */
  scope: string;
  /** The claim with the operator's roles. */
  roleClaim: string;
}

/** The reason for a failed sign-in; the console's page has a sentence for each. */
export type OidcFault = "expired" | "refused" | "no-role" | "unavailable";

/** Sign-in at the page of the operators' identity provider: OpenID Connect's authorization code flow with PKCE. */
export interface OidcSignIn {
  /** @returns the provider's page, and the sealed text for the browser's cookie */
  begin(redirectUri: string): Promise<{ url: string; cookie: string } | OidcFault>;
  /** @param answer the URL of the provider's redirect @param cookie the sealed text from `begin` */
  finish(answer: URL, cookie: string | undefined): Promise<Operator | OidcFault>;
}

/** The time limit for the provider's page. */
export const OIDC_SIGN_IN_MS = 10 * 60 * 1_000;
const TIMEOUT_SECONDS = 5;
const CONTEXT = "oidc-sign-in";

const sealedText = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), expiresAt: z.number() });

export function makeOidcSignIn(
  { issuer, clientId, clientSecret, scope, roleClaim }: OidcSignInOptions,
  { cipher, clock, log }: { cipher: Cipher; clock: Clock; log: Logger },
): OidcSignIn {
  let provider: Promise<openid.Configuration> | undefined;
  function discover(): Promise<openid.Configuration> {
    const authentication = clientSecret === undefined ? openid.None() : openid.ClientSecretBasic(clientSecret);
    const url = new URL(issuer);
    // The check of the settings (`plain-text-settings.ts`) has decided whether plain HTTP is acceptable.
    const execute = url.protocol === "http:" ? [openid.allowInsecureRequests] : [];
    return openid.discovery(url, clientId, undefined, authentication, { execute, timeout: TIMEOUT_SECONDS });
  }
  async function discoverProvider(): Promise<openid.Configuration | "unavailable"> {
    provider ??= discover();
    return provider.catch((error: unknown) => {
      provider = undefined; // the next sign-in retries discovery
      log.warn(
        { issuer, reason: (error as Error).message },
        "The operators' identity provider cannot be asked, so sign-ins through it fail. Check OIDC_ISSUER and the network",
      );
      return "unavailable" as const;
    });
  }

  function open(cookie: string | undefined) {
    try {
      const text = cipher.decrypt(Buffer.from(cookie ?? "", "base64url"), CONTEXT);
      const sealed = sealedText.parse(JSON.parse(text));
      return sealed.expiresAt > clock.now().getTime() ? sealed : null;
    } catch {
      return null;
    }
  }

  return {
    async begin(redirectUri) {
      const config = await discoverProvider();
      if (config === "unavailable") return config;
      const [state, nonce, verifier] = [openid.randomState(), openid.randomNonce(), openid.randomPKCECodeVerifier()];
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      const sealed = { state, nonce, verifier, expiresAt: clock.now().getTime() + OIDC_SIGN_IN_MS };
      const cookie = Buffer.from(cipher.encrypt(JSON.stringify(sealed), CONTEXT)).toString("base64url");
      return { url: url.href, cookie };
    },

    async finish(answer, cookie) {
      const sealed = open(cookie);
      if (!sealed) return "expired";
      const config = await discoverProvider();
      if (config === "unavailable") return config;
      try {
        const { state, nonce, verifier } = sealed;
        const tokens = await openid.authorizationCodeGrant(config, answer, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (!claims) return "refused";
        const { sub } = claims;
        let roles = rolesOf(claims, roleClaim);
        if (roles.length === 0 && config.serverMetadata().userinfo_endpoint) {
          roles = rolesOf(await openid.fetchUserInfo(config, tokens.access_token, sub), roleClaim);
        }
        if (roles.length > 0) {
          return { kind: "operator", operatorId: operatorNameOf(sub), roles, personId: personOf(sub) };
        }
        log.warn(
          { subject: sub, claim: roleClaim },
          "A user of the identity provider was refused, because the claim has no role of an operator. Check OIDC_OPERATOR_CLAIM, OIDC_SCOPE and the roles at the provider",
        );
        return "no-role";
      } catch (error) {
        const { message, code, cause } = error as Error & { code?: string };
        log.warn({ issuer, code, reason: message, cause }, "A sign-in by the identity provider was refused");
        return "refused";
      }
    },
  };
}
