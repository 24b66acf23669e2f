import { createHash } from "node:crypto";
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { z } from "zod";
import { audit } from "../../platform/audit.ts";
import type { Cipher } from "../../platform/cipher.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Db, inTransaction } from "../../platform/db.ts";
import type { Logger } from "../../platform/logger.ts";
import type { OperatorSession, OperatorSessionStore } from "../operator-session.store.ts";
import type { SignInLinkStore } from "../sign-in-link.store.ts";
import { operatorOfAccount } from "./account.store.ts";

/** The results of a browser's `navigator.credentials`, as @simplewebauthn/browser sends them. */
type Registered = Parameters<typeof verifyRegistrationResponse>[0]["response"];
type Asserted = Parameters<typeof verifyAuthenticationResponse>[0]["response"];

export interface Passkey {
  id: string;
  name: string;
  createdAt: Date;
  usedAt: Date | null;
}

/** Options for the browser, and a sealed ticket that the browser returns with its answer. */
export interface PasskeyChallenge {
  options: object;
  ticket: string;
}

export interface Passkeys {
  /** @param origin the origin of the console's page */
  beginSignIn(origin: string): Promise<PasskeyChallenge>;
  /** Null for an invalid answer. */
  signIn(input: { origin: string; ticket: string; response: Asserted }): Promise<OperatorSession | null>;
  beginAdding(origin: string, accountId: string): Promise<PasskeyChallenge>;
  /** @returns whether the passkey was added */
  add(input: {
    origin: string;
    accountId: string;
    ticket: string;
    response: Registered;
    name: string;
  }): Promise<boolean>;
  list(accountId: string): Promise<Passkey[]>;
  remove(accountId: string, id: string): Promise<void>;
}

const LIFE_MS = 5 * 60 * 1_000;
const CONTEXT = "passkey";
const RP_NAME = "Tessera";
/** The account of a sign-in ticket, which is unknown before the passkey answers. */
const ANY_ACCOUNT = "anybody";
const sealedText = z.object({ challenge: z.string(), whose: z.string(), expiresAt: z.number() });

/** Passkeys of accounts. Each counts as two factors, because the authenticator verifies a finger, a face or a PIN. */
export function makePasskeys(deps: {
  db: Db;
  cipher: Cipher;
  /** Records answered challenges, so that each is used once. */
  used: Pick<SignInLinkStore, "use">;
  sessions: OperatorSessionStore;
  clock: Clock;
  log: Logger;
}): Passkeys {
  const { db, cipher, used, sessions, clock, log } = deps;
  const rpId = (origin: string) => new URL(origin).hostname;

  function seal(challenge: string, owner: string): string {
    const sealed = { challenge, whose: owner, expiresAt: clock.now().getTime() + LIFE_MS };
    return Buffer.from(cipher.encrypt(JSON.stringify(sealed), CONTEXT)).toString("base64url");
  }
  /** @throws if the ticket is foreign, expired or another account's */
  function unseal(ticket: string, owner: string) {
    const sealed = sealedText.parse(JSON.parse(cipher.decrypt(Buffer.from(ticket, "base64url"), CONTEXT)));
    if (sealed.whose !== owner || sealed.expiresAt <= clock.now().getTime()) throw new Error("the ticket is invalid");
    return sealed;
  }
  const useOf = ({ challenge, expiresAt }: z.infer<typeof sealedText>) => ({
    hash: new Uint8Array(createHash("sha256").update(`passkey ${challenge}`).digest()),
    expiresAt: new Date(expiresAt),
  });
  function refuse(error: unknown): null {
    log.warn({ reason: (error as Error).message }, "A passkey was refused");
    return null;
  }

  return {
    async beginSignIn(origin) {
      const options = await generateAuthenticationOptions({ rpID: rpId(origin), userVerification: "required" });
      return { options, ticket: seal(options.challenge, ANY_ACCOUNT) };
    },

    async signIn({ origin, ticket, response }) {
      try {
        const sealed = unseal(ticket, ANY_ACCOUNT);
        const passkey = await db.operatorPasskey.findUnique({
          where: { credentialId: response.id },
          include: { account: true },
        });
        if (!passkey) throw new Error("no account has this passkey");
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response,
          expectedChallenge: sealed.challenge,
          expectedOrigin: origin,
          expectedRPID: rpId(origin),
          requireUserVerification: true,
          credential: {
            id: passkey.credentialId,
            publicKey: new Uint8Array(passkey.publicKey),
            counter: Number(passkey.counter),
          },
        });
        if (!verified) throw new Error("the signature is invalid");
        return await inTransaction(db, async (tx) => {
          if (!(await used.use(tx, useOf(sealed)))) throw new Error("the challenge was answered before");
          const now = clock.now();
          const { count } = await tx.operatorPasskey.updateMany({
            where: { id: passkey.id, account: { disabledAt: null, password: { not: null } } },
            data: { counter: BigInt(authenticationInfo.newCounter), usedAt: now },
          });
          if (count === 0) throw new Error("the account is disabled, or the passkey was removed");
          const { operator, accountId } = operatorOfAccount(passkey.account);
          return sessions.open(operator, { by: "PASSKEY", accountId }, tx);
        });
      } catch (error) {
        return refuse(error);
      }
    },

    async beginAdding(origin, accountId) {
      const account = await db.operatorAccount.findUniqueOrThrow({
        where: { id: accountId },
        include: { passkeys: true },
      });
      const options = await generateRegistrationOptions({
        rpName: RP_NAME,
        rpID: rpId(origin),
        userName: account.name,
        userID: new TextEncoder().encode(accountId),
        attestationType: "none",
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        excludeCredentials: account.passkeys.map(({ credentialId: id }) => ({ id })),
      });
      return { options, ticket: seal(options.challenge, accountId) };
    },

    async add({ origin, accountId, ticket, response, name }) {
      try {
        const sealed = unseal(ticket, accountId);
        const { verified, registrationInfo } = await verifyRegistrationResponse({
          response,
          expectedChallenge: sealed.challenge,
          expectedOrigin: origin,
          expectedRPID: rpId(origin),
          requireUserVerification: true,
        });
        if (!verified) throw new Error("the response is invalid");
        const { id: credentialId, publicKey, counter, transports = [] } = registrationInfo.credential;
        await inTransaction(db, async (tx) => {
          if (!(await used.use(tx, useOf(sealed)))) throw new Error("the challenge was answered before");
          const now = clock.now();
          const { name: actor } = await tx.operatorAccount.findUniqueOrThrow({ where: { id: accountId } });
          await tx.operatorPasskey.create({
            data: {
              accountId,
              credentialId,
              publicKey: new Uint8Array(publicKey),
              counter: BigInt(counter),
              transports,
              name,
              createdAt: now,
            },
          });
          const details = { passkey: name };
          const action = "operator-account.add-passkey";
          await audit(tx, { at: now, actor: `account:${actor}`, action, subject: actor, details });
        });
        return true;
      } catch (error) {
        refuse(error);
        return false;
      }
    },

    list: (accountId) =>
      db.operatorPasskey.findMany({
        where: { accountId },
        select: { id: true, name: true, createdAt: true, usedAt: true },
        orderBy: { createdAt: "asc" },
      }),

    remove: (accountId, id) =>
      inTransaction(db, async (tx) => {
        const [removed] = await tx.$queryRaw<{ name: string; account: string }[]>`
          delete from operator_passkeys p using operator_accounts a
          where p.id = ${id}::uuid and p.account_id = ${accountId}::uuid and a.id = p.account_id
          returning p.name, a.name as account`;
        if (!removed) return;
        const details = { passkey: removed.name };
        const action = "operator-account.remove-passkey";
        const { account } = removed;
        await audit(tx, { at: clock.now(), actor: `account:${account}`, action, subject: account, details });
      }),
  };
}
