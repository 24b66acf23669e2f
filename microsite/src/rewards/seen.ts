const KEY = "tessera.seen";
/** A row of cards. */
const MOST = 8;

/** Returns the ids of the rewards viewed in this browser, latest first. */
export function seenRewards(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function rememberSeen(id: string): void {
  localStorage.setItem(KEY, JSON.stringify([id, ...seenRewards().filter((each) => each !== id)].slice(0, MOST)));
}
