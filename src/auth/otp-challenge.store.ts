import { randomInt } from "node:crypto";
import type { KeyedHashes } from "../platform/cipher.ts";
import { databaseFailure } from "../platform/database-failure.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import { Busy } from "../platform/lanes.ts";
import {
  allowedAgainAt,
  coolDownMs,
  DAY_MS,
  type EarlierRequest,
  HOUR_MS,
  latest,
  nextRequestAt,
  OTP_LIFE_MS,
  OTP_TRIES,
} from "./otp-limits.ts";
import type { Requester } from "./requester.ts";
import type { SignInGate } from "./sign-in-gate.ts";

/** How long a browser stays known after a customer's sign-in. */
const DEVICE_KNOWN_MS = 400 * DAY_MS;
const MINUTE_MS = 60_000;
/** A short queue, because waiting callers hold the few connections of the sign-in. */
const LOCK_TIMEOUT_MS = 2_000;

export interface Challenge {
  id: string;
  customerId: string;
  expiresAt: Date;
  resendAfter: Date;
}

export interface OtpChallengeStore {
  /**
   * Opens a challenge and closes earlier ones of the same requester for the same customer, or returns the time of the
   * next request. `isBudgetUsedUp` is true if the limit of all requests together caused the refusal.
   *
   * @throws Busy if too many requests are waiting, or one of them takes long
   */
  open(input: {
    customerId: string;
    requester: Requester;
    now: Date;
  }): Promise<Challenge | { retryAt: Date; isBudgetUsedUp: boolean }>;
  /**
   * Records the reference of the sent password. Null makes the challenge a decoy, which fails like a real challenge.
   */
  delivered(challengeId: string, referenceId: string | null): Promise<void>;
  /** Records that the password was not sent. The request then does not count against the limits. */
  notDelivered(challengeId: string): Promise<void>;
  /**
   * Consumes one try. Null if the challenge is unknown, another device's, superseded, used, expired or out of tries.
   */
  takeTry(
    challengeId: string,
    deviceHashes: KeyedHashes | null,
    now: Date,
  ): Promise<{ customerId: string; triesLeft: number; createdAt: Date } | null>;
  returnTry(challengeId: string): Promise<void>;
  /** The number of tries left, without consuming one. Null in the cases where `takeTry` returns null. */
  triesLeft(challengeId: string, deviceHashes: KeyedHashes | null, now: Date): Promise<number | null>;
  /** The reference of the sent password; null while it is not yet known, undefined if the password was not sent. */
  referenceOf(challengeId: string): Promise<string | null | undefined>;
  /** True for only one caller. */
  use(challengeId: string, now: Date): Promise<boolean>;
  /** Gives this browser an allowance of its own for the customer. */
  knowDevice(customerId: string, deviceHashes: KeyedHashes, now: Date, tx?: Tx): Promise<void>;
  /** Deletes browsers without a recent sign-in. */
  sweep(now: Date): Promise<void>;
}

export interface OtpLimits {
  /** The number of passwords for one requester and customer. */
  perCustomerHour: number;
  perAddressHour: number;
  /** The number of passwords for all requesters together, without known browsers. */
  perMinute: number;
}

const isAmong = (hash: Uint8Array, hashes: KeyedHashes) => hashes.some((each) => Buffer.compare(each, hash) === 0);

export function makeOtpChallengeStore(db: Db, limits: OtpLimits, gate: SignInGate): OtpChallengeStore {
  const after = (now: Date, ms: number) => new Date(now.getTime() + ms);

  async function open(
    tx: Tx,
    { customerId, requester, now }: { customerId: string; requester: Requester; now: Date },
  ): Promise<Challenge | { retryAt: Date; isBudgetUsedUp: boolean }> {
    const { addressHashes, deviceHashes } = requester;
    const isKnownDevice =
      deviceHashes !== null &&
      (await tx.knownDevice.count({ where: { customerId, deviceHash: { in: [...deviceHashes] } } })) > 0;
    // A known browser is the same requester at any address, because it may change networks.
    const requesterHashes = isKnownDevice ? deviceHashes : requester.requesterHashes;
    const sent = { delivery: { not: "FAILED" as const } };
    const ofCustomer = await tx.otpChallenge.findMany({
      where: { customerId, ...sent, createdAt: { gt: after(now, -DAY_MS) } },
    });
    const own = ofCustomer.filter((row) => isAmong(row.requesterHash, requesterHashes));
    const before = ofCustomer.map((row): EarlierRequest => {
      const isOpen = !row.supersededAt && !row.usedAt && row.attempts < OTP_TRIES && row.expiresAt > now;
      return { ...row, isOwn: own.includes(row), openUntil: isOpen ? row.expiresAt : null };
    });
    const waits = [nextRequestAt(before, { isKnownDevice, perHour: limits.perCustomerHour, now })];
    if (!isKnownDevice) {
      const ofAddress = await tx.otpChallenge.findMany({
        where: {
          addressHash: { in: [...addressHashes] },
          isKnownDevice: false,
          ...sent,
          createdAt: { gt: after(now, -HOUR_MS) },
        },
        select: { createdAt: true },
      });
      const times = ofAddress.map((row) => row.createdAt);
      waits.push(allowedAgainAt(times, limits.perAddressHour, now));
    }
    const retryAt = latest(waits, now);
    if (retryAt) return { retryAt, isBudgetUsedUp: false };
    if (!isKnownDevice) {
      const lately = { createdAt: { gt: after(now, -MINUTE_MS) }, isKnownDevice: false };
      if ((await tx.otpChallenge.count({ where: lately })) >= limits.perMinute) {
        return { retryAt: after(now, MINUTE_MS), isBudgetUsedUp: true };
      }
    }

    await tx.otpChallenge.updateMany({
      where: { customerId, requesterHash: { in: [...requesterHashes] }, supersededAt: null },
      data: { supersededAt: now },
    });
    const withinHour = own.filter((row) => row.createdAt > after(now, -HOUR_MS));
    return tx.otpChallenge.create({
      data: {
        customerId,
        addressHash: addressHashes[0],
        requesterHash: requesterHashes[0],
        deviceHash: deviceHashes?.[0] ?? null,
        isKnownDevice,
        createdAt: now,
        expiresAt: after(now, OTP_LIFE_MS),
        resendAfter: after(now, coolDownMs(withinHour.length)),
      },
    });
  }

  const isOpen = (id: string, deviceHashes: KeyedHashes | null, now: Date) => ({
    id,
    attempts: { lt: OTP_TRIES },
    usedAt: null,
    supersededAt: null,
    expiresAt: { gt: now },
    OR: [{ deviceHash: null }, ...(deviceHashes ? [{ deviceHash: { in: [...deviceHashes] } }] : [])],
  });

  return {
    open(input) {
      const address = Buffer.from(input.requester.addressHashes[0]).toString("hex");
      const counted = () =>
        inTransaction(db, async (tx) => {
          await tx.$executeRaw`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`;
          // Requests for a customer, and from an address, are serialised across processes: counting and inserting must
          // not race.
          await tx.$executeRaw`
            select pg_advisory_xact_lock(hashtext('otp.address'), hashtext(${address})),
                   pg_advisory_xact_lock(hashtext('otp.customer'), hashtext(${input.customerId}))`;
          return open(tx, input);
        });
      return gate.run({ address, customerId: input.customerId }, counted).catch((error: unknown) => {
        throw databaseFailure(error) === "busy"
          ? new Busy("the lock of a customer or an address is held", { cause: error })
          : error;
      });
    },

    async delivered(id, referenceId) {
      const decoy = () => `REF${randomInt(100_000, 1_000_000)}`;
      await db.otpChallenge.update({ where: { id }, data: { delivery: "SENT", referenceId: referenceId ?? decoy() } });
    },

    notDelivered: async (id) => void (await db.otpChallenge.update({ where: { id }, data: { delivery: "FAILED" } })),

    async triesLeft(id, deviceHashes, now) {
      const row = await db.otpChallenge.findFirst({ where: isOpen(id, deviceHashes, now) });
      return row && OTP_TRIES - row.attempts;
    },

    async takeTry(id, deviceHashes, now) {
      const [row] = await db.otpChallenge.updateManyAndReturn({
        where: isOpen(id, deviceHashes, now),
        data: { attempts: { increment: 1 } },
      });
      if (!row) return null;
      return { customerId: row.customerId, triesLeft: OTP_TRIES - row.attempts, createdAt: row.createdAt };
    },

    returnTry: async (id) =>
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

    async knowDevice(customerId, [deviceHash], now, tx = db) {
      await tx.knownDevice.upsert({
        where: { customerId_deviceHash: { customerId, deviceHash } },
        create: { customerId, deviceHash, signedInAt: now },
        update: { signedInAt: now },
      });
    },

    async sweep(now) {
      await db.knownDevice.deleteMany({ where: { signedInAt: { lt: after(now, -DEVICE_KNOWN_MS) } } });
    },
  };
}
