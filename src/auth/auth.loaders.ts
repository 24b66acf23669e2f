import DataLoader from "dataloader";
import type { SessionStore } from "./session.store.ts";

export function maskedMobileLoader(sessions: SessionStore, options: { cache: boolean }) {
  return new DataLoader<string, string | null>(async (customerIds) => {
    const found = await sessions.maskedMobiles(customerIds);
    return customerIds.map((id) => found.get(id) ?? null);
  }, options);
}
