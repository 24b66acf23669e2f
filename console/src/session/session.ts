import { useSyncExternalStore } from "react";

/** Counts up when a session has ended or begun: what was read before is read anew. */
let version = 0;
const listeners = new Set<() => void>();

function changed(): void {
  version += 1;
  for (const listener of listeners) listener();
}

/** Called when an answer says that nobody is signed in. */
export const signedOut = changed;

export function useSessionVersion(): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => version,
  );
}

/** Exchanges a key for a session. @returns why it could not be; null if it could */
export async function signIn(token: string): Promise<string | null> {
  const response = await post("/console/sign-in", { token }).catch(() => null);
  if (!response) return "The gateway does not answer. Check the connection and try again.";
  if (!response.ok) {
    const { error } = (await response.json().catch(() => ({}))) as { error?: string };
    return error ?? `The gateway answered with status ${response.status}.`;
  }
  changed();
  return null;
}

export async function signOut(): Promise<void> {
  await post("/console/sign-out", {}).catch(() => {});
  location.assign("/console/");
}

const post = (path: string, body: object) =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
