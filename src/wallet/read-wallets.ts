import { nextExpiries } from "../domain/expiring-points.ts";
import type { Clock } from "../platform/clock.ts";
import { gatherReads } from "../platform/gather-reads.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { type HeldDeduction, pointsHeld, type Wallet } from "./wallet.ts";

export interface ReadWalletsDeps {
  client: ClientPoints;
  /** The deductions of unsettled orders by customer, without customers who have none. */
  heldDeductions(customerIds: readonly string[]): Promise<Map<string, HeldDeduction[]>>;
  clock: Clock;
}

export interface WalletReader {
  customerIds: readonly string[];
  /** The points provider's JWT for reading each wallet, if available. */
  tokenOf(customerId: string): Promise<string | null>;
  requestId: string;
}

export type ReadWallets = (reader: WalletReader) => Promise<(Wallet | Error)[]>;

/**
 * Reads wallets, in the order of the input; an unreadable one is an Error in its place. The points provider has no
 * batch read.
 */
export function makeReadWallets({ client, heldDeductions, clock }: ReadWalletsDeps): ReadWallets {
  const shareHeld = gatherReads(async (customerIds: readonly string[]) => {
    const held = await heldDeductions(customerIds);
    return customerIds.map((id) => held.get(id));
  });
  /** By customer. Concurrent reads of single wallets share a statement. */
  async function readHeld([only, ...others]: readonly string[]): Promise<Map<string, HeldDeduction[] | undefined>> {
    if (only === undefined) return new Map();
    return others.length > 0 ? heldDeductions([only, ...others]) : new Map([[only, await shareHeld(only)]]);
  }

  return async ({ customerIds, tokenOf, requestId }) => {
    // Held points are read before the ledger: a deduction confirmed in between then counts twice for a moment, instead
    // of not at all.
    const held = await readHeld(customerIds);
    return Promise.all(
      customerIds.map(async (customerId) => {
        try {
          const { balance, earned, expiring } = await client.balance(customerId, await tokenOf(customerId), {
            requestId,
          });
          const deductions = held.get(customerId) ?? [];
          const asOf = clock.now();
          const holding = pointsHeld(deductions, { balance, earned });
          return {
            customerId,
            balance,
            earned,
            held: holding,
            expiring: expiring && nextExpiries(expiring, asOf),
            asOf,
          };
        } catch (error) {
          return error as Error;
        }
      }),
    );
  };
}
