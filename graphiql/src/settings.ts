/** What the gateway says about itself: see `src/graphiql-settings.ts`. */
interface GatewaySettings {
  /** Origin of the sandbox that the gateway started, null without one. */
  sandboxUrl: string | null;
}

/** Reads the settings; without an answer the page works, only the address of the sandbox is not shown. */
export async function readSettings(): Promise<GatewaySettings> {
  try {
    return await (await fetch("/graphiql/settings.json")).json();
  } catch {
    return { sandboxUrl: null };
  }
}
