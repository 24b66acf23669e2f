import { createHash } from "node:crypto";
import { UpstreamError } from "../upstream-error.ts";
import type { OAuthToken } from "./oauth-token.ts";

/** The newer name of this header; the older one is CAP-API-ACCESS-TOKEN. */
const TOKEN_HEADER = "x-cap-api-oauth-token";

export interface Credentials {
  /**
   * Sends a call with credentials, at most twice. A 401 means that the call had no effect, so an expired token is
   * replaced once, even for a write. `isBasicOnly` marks calls that do not accept a token.
   */
  use<Answer>(isBasicOnly: boolean, send: (headers: Record<string, string>) => Promise<Answer>): Promise<Answer>;
}

export function makeCredentials({
  till,
  password,
  oauthToken,
}: {
  till: string | undefined;
  password: string | undefined;
  oauthToken: OAuthToken | undefined;
}): Credentials {
  const basic = till && password ? basicOf(till, password) : null;
  return {
    async use(isBasicOnly, send) {
      if (basic && (isBasicOnly || !oauthToken)) return send({ authorization: basic });
      if (!oauthToken) return send({});

      const { token, isNew } = await oauthToken.current();
      try {
        return await send({ [TOKEN_HEADER]: token });
      } catch (error) {
        if (!(error instanceof UpstreamError && error.httpStatus === 401)) throw error;
        if (isBasicOnly) throw wantsBasic(error);
        oauthToken.drop(token);
        if (isNew) throw error;
      }
      const replacement = await oauthToken.current();
      return send({ [TOKEN_HEADER]: replacement.token });
    },
  };
}

/** Capillary's scheme sends the password as its MD5, which protects nothing. */
function basicOf(till: string, password: string): string {
  const hash = createHash("md5").update(password).digest("hex");
  return `Basic ${Buffer.from(`${till}:${hash}`).toString("base64")}`;
}

function wantsBasic(error: UpstreamError): UpstreamError {
  const { service, operation, outcome } = error;
  const message = "takes no OAuth token: set CAPILLARY_TILL and CAPILLARY_PASSWORD";
  return new UpstreamError({ service, operation, outcome, httpStatus: 401 }, message, { cause: error });
}
