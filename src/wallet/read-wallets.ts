import type { Clock } from "../platform/clock.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import type { Wallet } from "./wallet.ts";

export interface ReadWalletsDeps {
  client: ClientPoints;
  /** Points held by unsettled orders, per customer; those without are left out. */
  heldPoints(customerIds: readonly string[]): Promise<Map<string, number>>;
  clock: Clock;
}

export interface WalletReader {
  customerIds: readonly string[];
  /** The Client's JWT to read each with, where there is one. */
  tokenOf(customerId: string): Promise<string | null>;
  requestId: string;
}

export type ReadWallets = (reader: WalletReader) => Promise<(Wallet | Error)[]>;

/** Reads wallets, in the order asked for; one that cannot be read is an Error in its own place. The ledger has no batch read. */
export function makeReadWallets({ client, heldPoints, clock }: ReadWalletsDeps): ReadWallets {
  return async ({ customerIds, tokenOf, requestId }) => {
    // Held is read before the ledger: a deduction confirmed in between then counts twice for a moment, never not at all.
    const held = await heldPoints(customerIds);
    return Promise.all(
      customerIds.map(async (customerId) => {
        try {
          const { balance, earned } = await client.balance(customerId, await tokenOf(customerId), { requestId });
          return { customerId, balance, earned, held: held.get(customerId) ?? 0, asOf: clock.now() };
        } catch (error) {
          return error as Error;
        }
      }),
    );
  };
}
