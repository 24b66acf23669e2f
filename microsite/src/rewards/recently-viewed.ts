const KEY = "tessera.seen";
/** A row of cards. */
const MAX_STORED = 8;

/** Returns the ids of the rewards viewed in this browser, latest first. */
export function recentlyViewed(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((id) => typeof id === "string").slice(0, MAX_STORED) : [];
  } catch {
    return [];
  }
}

export function addRecentlyViewed(id: string): void {
  localStorage.setItem(
    KEY,
    JSON.stringify([id, ...recentlyViewed().filter((each) => each !== id)].slice(0, MAX_STORED)),
  );
}
