import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { type OperatorRole, operatorRoles } from "../../domain/operator-roles.ts";
import { type Refusal, type Refused, refusal, refused } from "../../domain/refusal.ts";
import type { Operator } from "../../domain/viewer.ts";
import { audit } from "../../platform/audit.ts";
import type { Cipher } from "../../platform/cipher.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Db, inTransaction, type Prisma, type Tx } from "../../platform/db.ts";
import type { Bus } from "../../platform/events.ts";
import { endSessionsWhere } from "../operator-session.store.ts";
import type { Requesters } from "../requester.ts";
import { knowDevice } from "./known-device.ts";
import { type HashCost, hashPassword, passwordProblem } from "./password.ts";
import { makeTotpSecret, stepOfCode, totpUri } from "./totp.ts";

type Row = Prisma.OperatorAccountGetPayload<object>;

export interface OperatorAccount
  extends Pick<Row, "id" | "name" | "createdAt" | "createdBy" | "disabledAt" | "disabledBy"> {
  roles: OperatorRole[];
  /** Whether the account has a password. */
  isEnrolled: boolean;
  /** The end of the open enrolment link; null without one. */
  enrolmentExpiresAt: Date | null;
}

/** The secret of the link `/console/enrol#<secret>`. Only this result contains it. */
export interface WithEnrolment {
  account: OperatorAccount;
  enrolmentSecret: string;
}

/** The details on the page of an enrolment link. */
export interface Enrolment {
  name: string;
  /** For typing into an authenticator app, in base 32. */
  totpSecret: string;
  /** For a QR code. */
  totpUri: string;
}

export interface OperatorAccountStore {
  /** The accounts by name. */
  list(): Promise<OperatorAccount[]>;
  create(input: { name: string; roles: readonly OperatorRole[] }, by: string): Promise<WithEnrolment | Refused>;
  /**
   * Creates a new enrolment link, deletes the password, the authenticator app and the passkeys, and enables a disabled
   * account.
   */
  renew(name: string, by: string): Promise<WithEnrolment | Refused>;
  /** A change of roles ends the account's sessions. */
  setRoles(name: string, roles: readonly OperatorRole[], by: string): Promise<{ account: OperatorAccount } | Refused>;
  /** Ends the account's sessions and disables sign-in until the account is renewed. */
  disable(name: string, by: string): Promise<{ account: OperatorAccount } | Refused>;
  /** Null unless the link is open. */
  enrolment(secret: string): Promise<Enrolment | null>;
  /** Uses the link. @returns the operator; a text that describes the problem; null unless the link is open */
  enrol(input: {
    secret: string;
    password: string;
    code: string;
    deviceId: string;
  }): Promise<SignInAccount | string | null>;
}

/** The account of a signed-in person. */
export interface SignInAccount {
  accountId: string;
  operator: Operator;
}

/** Long enough for a link that is sent before a weekend. */
const LINK_MS = 72 * 60 * 60 * 1_000;
const NAME = /^[a-z0-9][a-z0-9._-]{1,63}$/;
const SECRET = /^[\w-]{43}$/;
const MAX_ACCOUNTS = 500;
const storedRoles = z.array(z.enum(operatorRoles));
const hashOf = (secret: string) => new Uint8Array(createHash("sha256").update(secret).digest());

export const operatorOfAccount = ({ id, name, roles }: Pick<Row, "id" | "name" | "roles">): SignInAccount => ({
  accountId: id,
  operator: {
    kind: "operator",
    operatorId: `account:${name}`,
    roles: storedRoles.parse(roles),
    personId: `account:${id}`,
  },
});

/** Console accounts of people, by name. */
export function makeOperatorAccountStore(deps: {
  db: Db;
  bus: Bus;
  clock: Clock;
  totpSecrets: Cipher;
  requesters: Requesters;
  hashCost: HashCost;
}): OperatorAccountStore {
  const { db, bus, clock, totpSecrets, requesters, hashCost } = deps;

  const toAccount = (row: Row): OperatorAccount => {
    const { id, name, createdAt, createdBy, disabledAt, disabledBy, enrolmentExpiresAt: end } = row;
    const enrolmentExpiresAt = row.enrolmentHash && end && end > clock.now() ? end : null;
    const roles = storedRoles.parse(row.roles);
    return {
      id,
      name,
      roles,
      createdAt,
      createdBy,
      disabledAt,
      disabledBy,
      isEnrolled: row.password !== null,
      enrolmentExpiresAt,
    };
  };
  const openLink = (secret: string) =>
    SECRET.test(secret)
      ? db.operatorAccount.findFirst({
          where: { enrolmentHash: hashOf(secret), enrolmentExpiresAt: { gt: clock.now() }, disabledAt: null },
        })
      : null;

  function newLink(id: string, now: Date) {
    const enrolmentSecret = randomBytes(32).toString("base64url");
    const data = {
      password: null,
      totpSecret: totpSecrets.encrypt(makeTotpSecret(), id),
      totpUsedStep: null,
      enrolmentHash: hashOf(enrolmentSecret),
      enrolmentExpiresAt: new Date(now.getTime() + LINK_MS),
    };
    return { enrolmentSecret, data };
  }

  /** Changes an account under its lock, and ends its sessions. */
  async function changing<T>(name: string, work: (tx: Tx, row: Row, now: Date) => Promise<T>): Promise<T | Refused> {
    const now = clock.now();
    const answer = await inTransaction(db, async (tx) => {
      await tx.$executeRaw`select from operator_accounts where name = ${name} for update`;
      const row = await tx.operatorAccount.findUnique({ where: { name } });
      if (!row) return null;
      const changed = await work(tx, row, now);
      await endSessionsWhere(tx, bus, { accountId: row.id }, now);
      return changed;
    });
    return answer ?? refused(refusal("OPERATOR_ACCOUNT_NOT_FOUND", "No account has this name.", ["input", "name"]));
  }

  return {
    list: async () => (await db.operatorAccount.findMany({ orderBy: { name: "asc" } })).map(toAccount),

    async create({ name, roles }, by) {
      const [first, ...others] = problemsOf(name, roles);
      if (first) return refused(first, ...others);
      const now = clock.now();
      const id = crypto.randomUUID();
      const { enrolmentSecret, data } = newLink(id, now);
      return inTransaction(db, async (tx) => {
        if ((await tx.operatorAccount.count()) >= MAX_ACCOUNTS) {
          return refused(refusal("INVALID_INPUT", `The limit of ${MAX_ACCOUNTS} accounts is reached.`, ["input"]));
        }
        const [row] = await tx.operatorAccount.createManyAndReturn({
          data: [{ id, name, roles: [...new Set(roles)], createdAt: now, createdBy: by, ...data }],
          skipDuplicates: true,
        });
        if (!row) {
          const message = `An account named ${name} already exists. Renew its enrolment link, or choose another name.`;
          return refused(refusal("OPERATOR_ACCOUNT_NAME_TAKEN", message, ["input", "name"]));
        }
        await audit(tx, {
          at: now,
          actor: by,
          action: "operator-account.create",
          subject: name,
          details: { roles: row.roles },
        });
        return { account: toAccount(row), enrolmentSecret };
      });
    },

    renew: (name, by) =>
      changing(name, async (tx, { id }, now) => {
        const { enrolmentSecret, data } = newLink(id, now);
        await tx.operatorDevice.deleteMany({ where: { accountId: id } });
        await tx.operatorPasskey.deleteMany({ where: { accountId: id } });
        const row = await tx.operatorAccount.update({
          where: { id },
          data: { ...data, disabledAt: null, disabledBy: null },
        });
        await audit(tx, { at: now, actor: by, action: "operator-account.renew", subject: name });
        return { account: toAccount(row), enrolmentSecret };
      }),

    async setRoles(name, roles, by) {
      const [first] = problemsOf(name, roles).filter(({ field }) => field?.at(-1) === "roles");
      if (first) return refused(first);
      return changing(name, async (tx, { id, roles: before }, now) => {
        const row = await tx.operatorAccount.update({ where: { id }, data: { roles: [...new Set(roles)] } });
        const details = { roles: row.roles, before };
        await audit(tx, { at: now, actor: by, action: "operator-account.roles", subject: name, details });
        return { account: toAccount(row) };
      });
    },

    disable: (name, by) =>
      changing(name, async (tx, before, now) => {
        if (before.disabledAt) return { account: toAccount(before) };
        const data = { disabledAt: now, disabledBy: by, enrolmentHash: null, enrolmentExpiresAt: null };
        const row = await tx.operatorAccount.update({ where: { id: before.id }, data });
        await audit(tx, { at: now, actor: by, action: "operator-account.disable", subject: name });
        return { account: toAccount(row) };
      }),

    async enrolment(secret) {
      const row = await openLink(secret);
      if (!row) return null;
      const totpSecret = totpSecrets.decrypt(row.totpSecret, row.id);
      return { name: row.name, totpSecret, totpUri: totpUri(totpSecret, row.name) };
    },

    async enrol({ secret, password, code, deviceId }) {
      const row = await openLink(secret);
      if (!row) return null;
      const problem = passwordProblem(password, row.name);
      if (problem) return problem;
      const now = clock.now();
      const step = stepOfCode(totpSecrets.decrypt(row.totpSecret, row.id), code, now);
      if (step === null)
        return "The code is not right. Check the clock of the phone, and take the code that the app shows now.";
      const hash = await hashPassword(password, hashCost);
      return inTransaction(db, async (tx) => {
        const { count } = await tx.operatorAccount.updateMany({
          where: { id: row.id, enrolmentHash: row.enrolmentHash, disabledAt: null },
          data: { password: hash, totpUsedStep: step, enrolmentHash: null, enrolmentExpiresAt: null },
        });
        if (count === 0) return null;
        await knowDevice(tx, row.id, requesters.deviceHashes(deviceId), now);
        await audit(tx, { at: now, actor: `account:${row.name}`, action: "operator-account.enrol", subject: row.name });
        return operatorOfAccount(row);
      });
    },
  };
}

function problemsOf(name: string, roles: readonly OperatorRole[]): Refusal[] {
  const problems: Refusal[] = [];
  if (!NAME.test(name)) {
    const message = "name: must have 2 to 64 of a–z, 0–9 and . _ -, a letter or digit first";
    problems.push(refusal("INVALID_INPUT", message, ["input", "name"]));
  }
  if (roles.length === 0) problems.push(refusal("INVALID_INPUT", "roles: name at least one", ["input", "roles"]));
  return problems;
}
