import type { KeyedHashes } from "../platform/cipher.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import { allowedAgainAt, HOUR_MS } from "./otp-limits.ts";
import type { SignInGate } from "./sign-in-gate.ts";

export interface SignInLinkStore {
  /** Counts a link of this address that was not good. Answers when the next one may be tried where there have been too many. */
  countBad(addressHashes: KeyedHashes, now: Date): Promise<Date | null>;
  /** True for the one caller that used the token. */
  use(tx: Tx, input: { hash: Uint8Array<ArrayBuffer>; expiresAt: Date }): Promise<boolean>;
  /** Forgets what can no longer matter. */
  sweep(now: Date): Promise<void>;
}

export function makeSignInLinkStore(db: Db, limits: { perAddressHour: number }, gate: SignInGate): SignInLinkStore {
  return {
    countBad(addressHashes, now) {
      const [addressHash] = addressHashes;
      const address = Buffer.from(addressHash).toString("hex");
      const count = async (tx: Tx): Promise<Date | null> => {
        // One at a time for an address: counting and adding must not race.
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
      // Waits for a transaction that is about to use it, and then finds it used.
      const { count } = await tx.usedHandOff.createMany({
        data: [{ tokenHash: hash, expiresAt }],
        skipDuplicates: true,
      });
      return count === 1;
    },

    async sweep(now) {
      // An hour is longer than clocks differ, and than a try counts.
      const before = { lt: new Date(now.getTime() - HOUR_MS) };
      await db.usedHandOff.deleteMany({ where: { expiresAt: before } });
      await db.handOffTry.deleteMany({ where: { createdAt: before } });
    },
  };
}
