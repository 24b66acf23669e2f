import { customerFor } from "../domain/viewer.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { customerIdOf, toGlobalId } from "../graphql/global-id.ts";
import { availableIn } from "./wallet.ts";

export function walletResolvers(): Resolvers {
  return {
    Customer: {
      wallet: ({ customerId }, _, { loaders }) => loaders.wallet.load(customerId),
    },

    Wallet: {
      __resolveReference({ id }, { viewer, loaders }) {
        const customer = customerFor(customerIdOf("Wallet", id), viewer);
        return customer && loaders.wallet.load(customer.customerId);
      },
      id: ({ customerId }) => toGlobalId("Wallet", customerId),
      available: (wallet) => availableIn(wallet),
    },
  };
}
