import { randomInt } from "node:crypto";
import { type Db, inTransaction } from "../platform/db.ts";
import { allowedAgainAt, coolDownMs, HOUR_MS, OTP_LIFE_MS, OTP_TRIES } from "./otp-limits.ts";

export interface Challenge {
  id: string;
  customerId: string;
  expiresAt: Date;
  resendAfter: Date;
}

export interface OtpChallengeStore {
  /** Opens a challenge and closes the customer's earlier ones, or answers when one may be asked for again. */
  open(input: {
    customerId: string;
    addressHash: Uint8Array<ArrayBuffer>;
    now: Date;
  }): Promise<Challenge | { retryAt: Date }>;
  /** The password was sent under this reference. Null makes the challenge a decoy: it looks and fails like a real one. */
  delivered(challengeId: string, referenceId: string | null): Promise<void>;
  /** It was not sent. The request does not count against the limits. */
  notDelivered(challengeId: string): Promise<void>;
  /** Uses up one try. Null when the challenge is unknown, not the newest, used, expired or out of tries. */
  takeTry(challengeId: string, now: Date): Promise<{ customerId: string; triesLeft: number } | null>;
  giveTryBack(challengeId: string): Promise<void>;
  /** How many tries there are, without using one. Null where `takeTry` would answer null. */
  triesLeft(challengeId: string, now: Date): Promise<number | null>;
  /** What the password was sent under; null while that is not yet known, undefined when it was not sent. */
  referenceOf(challengeId: string): Promise<string | null | undefined>;
  /** True for the one caller that used it. */
  use(challengeId: string, now: Date): Promise<boolean>;
}

export function makeOtpChallengeStore(
  db: Db,
  limits: { perCustomerHour: number; perAddressHour: number },
): OtpChallengeStore {
  const open = (id: string, now: Date) => ({
    id,
    attempts: { lt: OTP_TRIES },
    usedAt: null,
    supersededAt: null,
    expiresAt: { gt: now },
  });

  return {
    open: ({ customerId, addressHash, now }) =>
      inTransaction(db, async (tx) => {
        // One at a time for a customer and for an address: counting and adding must not race.
        await tx.$executeRaw`
          select pg_advisory_xact_lock(hashtext('otp.address'), hashtext(${Buffer.from(addressHash).toString("hex")})),
                 pg_advisory_xact_lock(hashtext('otp.customer'), hashtext(${customerId}))`;
        const counted = { delivery: { not: "FAILED" as const }, createdAt: { gt: new Date(now.getTime() - HOUR_MS) } };
        const ofCustomer = await tx.otpChallenge.findMany({
          where: { customerId, ...counted },
          orderBy: { createdAt: "desc" },
        });
        const ofAddress = await tx.otpChallenge.findMany({
          where: { addressHash, ...counted },
          select: { createdAt: true },
        });
        const waits = [
          ofCustomer[0]?.resendAfter ?? null,
          allowedAgainAt(
            ofCustomer.map((row) => row.createdAt),
            limits.perCustomerHour,
            now,
          ),
          allowedAgainAt(
            ofAddress.map((row) => row.createdAt),
            limits.perAddressHour,
            now,
          ),
        ].filter((until): until is Date => until !== null && until > now);
        if (waits.length > 0) return { retryAt: new Date(Math.max(...waits.map(Number))) };

        await tx.otpChallenge.updateMany({ where: { customerId, supersededAt: null }, data: { supersededAt: now } });
        return tx.otpChallenge.create({
          data: {
            customerId,
            addressHash,
            createdAt: now,
            expiresAt: new Date(now.getTime() + OTP_LIFE_MS),
            resendAfter: new Date(now.getTime() + coolDownMs(ofCustomer.length)),
          },
        });
      }),

    async delivered(id, referenceId) {
      const decoy = () => `REF${randomInt(100_000, 1_000_000)}`;
      await db.otpChallenge.update({ where: { id }, data: { delivery: "SENT", referenceId: referenceId ?? decoy() } });
    },

    notDelivered: async (id) => void (await db.otpChallenge.update({ where: { id }, data: { delivery: "FAILED" } })),

    async triesLeft(id, now) {
      const row = await db.otpChallenge.findFirst({ where: open(id, now) });
      return row && OTP_TRIES - row.attempts;
    },

    async takeTry(id, now) {
      const [row] = await db.otpChallenge.updateManyAndReturn({
        where: open(id, now),
        data: { attempts: { increment: 1 } },
      });
      return row ? { customerId: row.customerId, triesLeft: OTP_TRIES - row.attempts } : null;
    },

    giveTryBack: async (id) =>
      void (await db.otpChallenge.updateMany({
        where: { id, attempts: { gt: 0 } },
        data: { attempts: { decrement: 1 } },
      })),

    async referenceOf(id) {
      const row = await db.otpChallenge.findUniqueOrThrow({ where: { id } });
      return row.delivery === "FAILED" ? undefined : row.referenceId;
    },

    async use(id, now) {
      const { count } = await db.otpChallenge.updateMany({ where: { id, usedAt: null }, data: { usedAt: now } });
      return count === 1;
    },
  };
}
