import DataLoader from "dataloader";
import type { SessionStore } from "./session.store.ts";

export interface AuthLoaders {
  /** By customer. */
  maskedMobile: DataLoader<string, string | null>;
}

export function authLoaders(sessions: SessionStore, options: { cache: boolean }): AuthLoaders {
  const maskedMobile = new DataLoader<string, string | null>(async (customerIds) => {
    const found = await sessions.maskedMobiles(customerIds);
    return customerIds.map((id) => found.get(id) ?? null);
  }, options);
  return { maskedMobile };
}
