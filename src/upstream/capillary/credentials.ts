import { createHash } from "node:crypto";
import { UpstreamError } from "../upstream-error.ts";
import type { OAuthToken } from "./oauth-token.ts";

/** The newer of the two names this header is given; the other is CAP-API-ACCESS-TOKEN. */
const TOKEN_HEADER = "x-cap-api-oauth-token";

export interface Credentials {
  /**
   * Sends something with credentials, perhaps twice: a 401 means that nothing happened, so a token that has run out is
   * replaced even for a write, once. `isBasicOnly` where a token is not taken.
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

/** The password is sent as its MD5: that is their scheme, and no protection. */
function basicOf(till: string, password: string): string {
  const hash = createHash("md5").update(password).digest("hex");
  return `Basic ${Buffer.from(`${till}:${hash}`).toString("base64")}`;
}

function wantsBasic(error: UpstreamError): UpstreamError {
  const { service, operation, outcome } = error;
  const message = "takes no OAuth token: set CAPILLARY_TILL and CAPILLARY_PASSWORD";
  return new UpstreamError({ service, operation, outcome, httpStatus: 401 }, message, { cause: error });
}
