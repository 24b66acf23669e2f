import DataLoader from "dataloader";
import type { CustomerBlock, ManageCustomers } from "./manage-customers.ts";
import type { CustomerSession, SessionStore } from "./session.store.ts";

/** All keyed by customer. */
export interface AuthLoaders {
  maskedMobile: DataLoader<string, string | null>;
  sessionsOfCustomer: DataLoader<string, CustomerSession[]>;
  block: DataLoader<string, CustomerBlock | null>;
}

export function authLoaders(
  sessions: SessionStore,
  customers: ManageCustomers,
  options: { cache: boolean },
): AuthLoaders {
  const byCustomer = <Value>(
    read: (customerIds: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
    otherwise: Value,
  ) =>
    new DataLoader<string, Value>(async (customerIds) => {
      const found = await read(customerIds);
      return customerIds.map((id) => found.get(id) ?? otherwise);
    }, options);
  return {
    maskedMobile: byCustomer<string | null>(sessions.maskedMobiles, null),
    sessionsOfCustomer: byCustomer<CustomerSession[]>(sessions.ofCustomers, []),
    block: byCustomer<CustomerBlock | null>(customers.blocks, null),
  };
}
