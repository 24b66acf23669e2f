import type { Cipher } from "../../platform/cipher.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Db, inTransaction, type Prisma } from "../../platform/db.ts";
import type { Logger } from "../../platform/logger.ts";
import type { untilNextTick } from "../even-timing.ts";
import type { OperatorSession, OperatorSessionStore } from "../operator-session.store.ts";
import type { Requesters, RequestFrom } from "../requester.ts";
import { operatorOfAccount } from "./account.store.ts";
import { knowDevice } from "./known-device.ts";
import { type HashCost, isPassword } from "./password.ts";
import { stepOfCode } from "./totp.ts";
import type { SignInTries } from "./try-store.ts";

export interface PasswordSignIn extends RequestFrom {
  name: string;
  password: string;
  /** The authenticator app's code. */
  code: string;
  /** The browser's new device cookie. */
  nextDeviceId: string;
  requestId: string;
}

/** @returns the session; "refused" for a wrong name, password or code; or the time of the next try */
export type SignInByPassword = (input: PasswordSignIn) => Promise<OperatorSession | "refused" | { retryAt: Date }>;

export interface SignInByPasswordDeps {
  db: Db;
  tries: SignInTries;
  sessions: OperatorSessionStore;
  requesters: Requesters;
  /** Hashes names. */
  names: Cipher;
  totpSecrets: Cipher;
  clock: Clock;
  log: Logger;
  /** The cost of the hash that is computed for unknown names. */
  hashCost: HashCost;
  gridMs: number;
  untilTick: typeof untilNextTick;
}

type StoredSecret = Pick<Prisma.OperatorAccountGetPayload<object>, "id" | "name" | "totpSecret">;

/**
 * Signs a person in by name, password and code together. Neither the answer nor its timing reveals which of the three
 * was wrong or whether the name exists.
 */
export function makeSignInByPassword(deps: SignInByPasswordDeps): SignInByPassword {
  const { db, tries, sessions, requesters, names, totpSecrets, clock, log, hashCost, gridMs, untilTick } = deps;

  function stepOf({ id, name, totpSecret }: StoredSecret, code: string, now: Date): bigint | null {
    try {
      return stepOfCode(totpSecrets.decrypt(totpSecret, id), code, now);
    } catch {
      const message = "No SESSION_SECRET opens the secret of an operator's authenticator app. Renew the account";
      log.error({ account: name }, message);
      return null;
    }
  }

  async function signIn(input: PasswordSignIn) {
    const { name, password, code, requestId } = input;
    const { addressHashes, deviceHashes } = requesters.of(input);
    const account = await db.operatorAccount.findUnique({ where: { name } });
    const devices = deviceHashes ? [...deviceHashes] : [];
    const isKnown = (await db.operatorDevice.count({ where: { account: { name }, deviceHash: { in: devices } } })) > 0;
    const now = clock.now();
    const attempt = { addressHashes, nameHashes: names.hashes(name), deviceHashes: isKnown ? deviceHashes : null };
    const begun = await tries.begin(attempt, now);
    if ("retryAt" in begun) {
      log.warn({ requestId, retryAt: begun.retryAt }, "A sign-in to the console was throttled");
      return begun;
    }
    const isRight = await isPassword(password, account?.password ?? null, hashCost);
    const step = account && stepOf(account, code, now);
    const opened =
      isRight && account && step !== null
        ? await inTransaction(db, async (tx) => {
            const { count } = await tx.operatorAccount.updateMany({
              where: {
                id: account.id,
                disabledAt: null,
                password: account.password,
                OR: [{ totpUsedStep: null }, { totpUsedStep: { lt: step } }],
              },
              data: { totpUsedStep: step },
            });
            // the account was disabled or renewed during the check, or the code was used before
            if (count === 0) return null;
            await tx.operatorSignInTry.delete({ where: { id: begun.id } });
            await knowDevice(tx, account.id, requesters.deviceHashes(input.nextDeviceId), now);
            const { operator, accountId } = operatorOfAccount(account);
            return sessions.open(operator, { by: "PASSWORD", accountId }, tx);
          })
        : null;
    if (!opened) log.warn({ requestId }, "A sign-in to the console by password was refused");
    return opened ?? "refused";
  }

  return async (input) => {
    const startedAt = performance.now();
    try {
      return await signIn(input);
    } finally {
      await untilTick(startedAt, gridMs);
    }
  };
}
