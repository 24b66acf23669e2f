import type { KeyedHashes } from "../../platform/cipher.ts";
import { type Db, inTransaction } from "../../platform/db.ts";
import { HOUR_MS } from "../otp-limits.ts";
import type { SignInGate } from "../sign-in-gate.ts";
import { signInAgainAt } from "./sign-in-limits.ts";

export interface SignInAttempt {
  addressHashes: KeyedHashes;
  nameHashes: KeyedHashes;
  /** Null unless the browser is known to the account. */
  deviceHashes: KeyedHashes | null;
}

/** Password sign-ins. A try is recorded before the password is verified, so that concurrent tries all count. */
export interface SignInTries {
  /** @returns the id of the recorded try, or the time of the next one */
  begin(attempt: SignInAttempt, now: Date): Promise<{ id: string } | { retryAt: Date }>;
  /** Deletes tries older than every limit. */
  sweep(now: Date): Promise<void>;
}

const hex = (hash: Uint8Array) => Buffer.from(hash).toString("hex");

export function makeSignInTries(db: Db, limits: { perAddressHour: number }, gate: SignInGate): SignInTries {
  return {
    begin({ addressHashes, nameHashes, deviceHashes }, now) {
      const [address, name] = [hex(addressHashes[0]), hex(nameHashes[0])];
      const isAmong = (hashes: KeyedHashes | null, found: Uint8Array) =>
        hashes?.some((hash) => Buffer.compare(hash, found) === 0) ?? false;
      return gate.run({ address: `operators ${address}`, customerId: `operator ${name}` }, () =>
        inTransaction(db, async (tx) => {
          // Locks the address first, then the name, so that transactions cannot deadlock.
          await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('operator.address'), hashtext(${address}))`;
          await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('operator.name'), hashtext(${name}))`;
          const rows = await tx.operatorSignInTry.findMany({
            where: {
              createdAt: { gt: new Date(now.getTime() - HOUR_MS) },
              OR: [{ addressHash: { in: [...addressHashes] } }, { nameHash: { in: [...nameHashes] } }],
            },
          });
          const earlier = rows.map((row) => ({
            createdAt: row.createdAt,
            isSameAddress: isAmong(addressHashes, row.addressHash),
            isSameName: isAmong(nameHashes, row.nameHash),
            knownBrowser:
              row.deviceHash && (isAmong(deviceHashes, row.deviceHash) ? ("this" as const) : ("another" as const)),
          }));
          const retryAt = signInAgainAt(earlier, {
            isKnownBrowser: deviceHashes !== null,
            perAddress: limits.perAddressHour,
            now,
          });
          if (retryAt) return { retryAt };
          const data = {
            addressHash: addressHashes[0],
            nameHash: nameHashes[0],
            deviceHash: deviceHashes?.[0] ?? null,
            createdAt: now,
          };
          const { id } = await tx.operatorSignInTry.create({ data });
          return { id };
        }),
      );
    },

    async sweep(now) {
      await db.operatorSignInTry.deleteMany({ where: { createdAt: { lt: new Date(now.getTime() - HOUR_MS) } } });
    },
  };
}
