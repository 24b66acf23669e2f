/** Settings that the gateway sends to the page, see `src/http/graphiql-settings.ts`. */
interface GatewaySettings {
  /** Origin of the sandbox that the gateway started; null without a sandbox. */
  sandboxUrl: string | null;
  /** Path of the one-click sign-in as a sandbox customer, see `src/auth/development-sign-in.ts`. */
  signInPath: string | null;
}

/** Reads the settings. If the request fails, the page works without the sandbox features. */
export async function readSettings(): Promise<GatewaySettings> {
  try {
    return await (await fetch("/graphiql/settings.json")).json();
  } catch {
    return { sandboxUrl: null, signInPath: null };
  }
}
