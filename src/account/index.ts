import DataLoader from "dataloader";
import type { Config } from "../config/config.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { accountResolvers } from "./account.resolvers.ts";
import { makeCustomerVouchers } from "./customer-vouchers.ts";
import { makeSavedAddresses } from "./saved-addresses.ts";
import { makeWalletEntries } from "./wallet-entries.ts";
import { makeWishes } from "./wishes.ts";

export interface AccountLoaders {
  /** By reward: whether it is on the viewer's wish list. */
  wished: DataLoader<string, boolean>;
}

/** A customer's saved addresses, wish list, vouchers and points statement. */
export function openAccount({ db, clock, config }: { db: Db; clock: Clock; config: Config }) {
  const wishes = makeWishes({ db, clock });
  return {
    resolvers: accountResolvers({
      addresses: makeSavedAddresses({ db, clock }),
      wishes,
      vouchers: makeCustomerVouchers({ db, clock, timeZone: config.programTimeZone }),
      entries: makeWalletEntries(db),
    }),
    loaders: (viewer: Viewer, options: { cache: boolean }): AccountLoaders => ({
      wished: new DataLoader<string, boolean>(async (rewardIds) => {
        const wanted =
          viewer.kind === "customer" ? await wishes.among(viewer.customerId, rewardIds) : new Set<string>();
        return rewardIds.map((id) => wanted.has(id));
      }, options),
    }),
  };
}
