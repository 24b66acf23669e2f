const KEY = "tessera.seen";
/** A row of cards. */
const MOST = 8;

/** The ids of the rewards that were looked at in this browser, the last one first. */
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
