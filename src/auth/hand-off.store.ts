import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import { allowedAgainAt, HOUR_MS } from "./otp-limits.ts";

export interface HandOffStore {
  /** Counts a try of this address, until it turns out to be good; or answers when the next one may be made. */
  takeTry(addressHash: Uint8Array<ArrayBuffer>, now: Date): Promise<{ tryId: string } | { retryAt: Date }>;
  giveTryBack(tryId: string): Promise<void>;
  /** True for the one caller that used the token. The try was good and does not count. */
  use(tx: Tx, input: { tryId: string; hash: Uint8Array<ArrayBuffer>; expiresAt: Date }): Promise<boolean>;
  /** Forgets what can no longer matter. */
  sweep(now: Date): Promise<void>;
}

export function makeHandOffStore(db: Db, limits: { perAddressHour: number }): HandOffStore {
  return {
    takeTry: (addressHash, now) =>
      inTransaction(db, async (tx) => {
        // One at a time for an address: counting and adding must not race.
        await tx.$executeRaw`
          select pg_advisory_xact_lock(hashtext('hand-off.address'), hashtext(${Buffer.from(addressHash).toString("hex")}))`;
        const tries = await tx.handOffTry.findMany({
          where: { addressHash, createdAt: { gt: new Date(now.getTime() - HOUR_MS) } },
          select: { createdAt: true },
        });
        const retryAt = allowedAgainAt(
          tries.map((row) => row.createdAt),
          limits.perAddressHour,
          now,
        );
        if (retryAt && retryAt > now) return { retryAt };
        const { id } = await tx.handOffTry.create({ data: { addressHash, createdAt: now } });
        return { tryId: id };
      }),

    giveTryBack: async (id) => void (await db.handOffTry.deleteMany({ where: { id } })),

    async use(tx, { tryId, hash, expiresAt }) {
      // Waits for a transaction that is about to use it, and then finds it used.
      const { count } = await tx.usedHandOff.createMany({
        data: [{ tokenHash: hash, expiresAt }],
        skipDuplicates: true,
      });
      if (count === 1) await tx.handOffTry.deleteMany({ where: { id: tryId } });
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
