/** What the gateway says about itself: see `src/http/graphiql-settings.ts`. */
interface GatewaySettings {
  /** Origin of the sandbox that the gateway started, null without one. */
  sandboxUrl: string | null;
  /** Where one click signs in as a customer of that sandbox: see `src/auth/development-sign-in.ts`. */
  signInPath: string | null;
}

/** Reads the settings; without an answer the page works, only without what it owes to the sandbox. */
export async function readSettings(): Promise<GatewaySettings> {
  try {
    return await (await fetch("/graphiql/settings.json")).json();
  } catch {
    return { sandboxUrl: null, signInPath: null };
  }
}
