import type { KeyedHashes } from "../platform/cipher.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import { allowedAgainAt, HOUR_MS } from "./otp-limits.ts";
import type { SignInGate } from "./sign-in-gate.ts";

export interface SignInLinkStore {
  /** Counts a refused link of this address. Returns the time of the next try after too many. */
  countBad(addressHashes: KeyedHashes, now: Date): Promise<Date | null>;
  /** True for only one caller of the token. */
  use(tx: Tx, input: { hash: Uint8Array<ArrayBuffer>; expiresAt: Date }): Promise<boolean>;
  /** Deletes expired entries. */
  sweep(now: Date): Promise<void>;
}

export function makeSignInLinkStore(db: Db, limits: { perAddressHour: number }, gate: SignInGate): SignInLinkStore {
  return {
    countBad(addressHashes, now) {
      const [addressHash] = addressHashes;
      const address = Buffer.from(addressHash).toString("hex");
      const count = async (tx: Tx): Promise<Date | null> => {
        // Serialised for each address: counting and inserting must not race.
        await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('hand-off.address'), hashtext(${address}))`;
        const tries = await tx.handOffTry.findMany({
          where: { addressHash: { in: [...addressHashes] }, createdAt: { gt: new Date(now.getTime() - HOUR_MS) } },
          select: { createdAt: true },
        });
        const retryAt = allowedAgainAt(
          tries.map((row) => row.createdAt),
          limits.perAddressHour,
          now,
        );
        if (retryAt && retryAt > now) return retryAt;
        await tx.handOffTry.create({ data: { addressHash, createdAt: now } });
        return null;
      };
      return gate.run({ address: `links ${address}` }, () => inTransaction(db, count));
    },

    async use(tx, { hash, expiresAt }) {
      // Waits for a concurrent transaction with the same token, and then finds the token used.
      const { count } = await tx.usedHandOff.createMany({
        data: [{ tokenHash: hash, expiresAt }],
        skipDuplicates: true,
      });
      return count === 1;
    },

    async sweep(now) {
      // An hour exceeds the clocks' differences and the counting period of refused links.
      const before = { lt: new Date(now.getTime() - HOUR_MS) };
      await db.usedHandOff.deleteMany({ where: { expiresAt: before } });
      await db.handOffTry.deleteMany({ where: { createdAt: before } });
    },
  };
}
