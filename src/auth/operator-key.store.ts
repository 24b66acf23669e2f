import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { type OperatorRole, operatorRoles } from "../domain/operator-roles.ts";
import { type Refusal, type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Operator } from "../domain/viewer.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Prisma } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { endSessionsWhere } from "./operator-session.store.ts";

export type OperatorKey = Omit<Prisma.OperatorKeyGetPayload<object>, "roles" | "keyHash"> & { roles: OperatorRole[] };

/** Named keys of operators' programs. Only hashes of their secrets are stored. */
export interface OperatorKeyStore {
  /** Only this result contains the secret. The person of `by` answers for the key. */
  create(
    input: NewOperatorKey,
    by: Pick<Operator, "operatorId" | "personId">,
  ): Promise<{ key: OperatorKey; secret: string } | Refused>;
  /** Withdraws a key at once. A key withdrawn before stays unchanged. */
  withdraw(name: string, operatorId: string): Promise<{ key: OperatorKey } | Refused>;
  /** The newest first. */
  list(): Promise<OperatorKey[]>;
  /** Null for an unknown, expired or withdrawn key. */
  live(secret: string): Promise<OperatorKey | null>;
  /** Calls the listener when the key is withdrawn, also by another process. @returns a function that stops listening */
  onEnd(keyId: string, listener: () => void): () => void;
  /** @returns the ids of the valid keys */
  liveAmong(keyIds: readonly string[]): Promise<Set<string>>;
}

export interface NewOperatorKey {
  name: string;
  roles: readonly OperatorRole[];
  expiresAt: Date;
}

/** The topic that is notified when a key was withdrawn. */
const operatorKeyTopic = (keyId: string) => `operator-key:${keyId}`;

/** A recognisable prefix for secret scanners. */
const PREFIX = "tessera_";
const SECRET = /^tessera_[\w-]{43}$/;
const NAME = /^[a-z0-9][a-z0-9._-]{1,63}$/;
const MAX_DAYS = 366;
const MAX_KEYS = 500;
const DAY_MS = 86_400_000;
const storedRoles = z.array(z.enum(operatorRoles));

export function makeOperatorKeyStore({ db, bus, clock }: { db: Db; bus: Bus; clock: Clock }): OperatorKeyStore {
  const hashOf = (secret: string) => new Uint8Array(createHash("sha256").update(secret).digest());
  const toKey = ({ keyHash: _, roles, ...row }: Prisma.OperatorKeyGetPayload<object>): OperatorKey => ({
    ...row,
    roles: storedRoles.parse(roles),
  });
  return {
    async create({ name, roles, expiresAt }, { operatorId, personId = null }) {
      const now = clock.now();
      const problems = problemsOf({ name, roles, expiresAt }, now);
      const [first, ...others] = problems;
      if (first) return refused(first, ...others);
      const secret = `${PREFIX}${randomBytes(32).toString("base64url")}`;
      return inTransaction(db, async (tx) => {
        if ((await tx.operatorKey.count({ where: { withdrawnAt: null, expiresAt: { gt: now } } })) >= MAX_KEYS) {
          const message = `The limit of ${MAX_KEYS} valid keys is reached. Withdraw some keys first.`;
          return refused(refusal("INVALID_INPUT", message, ["input"]));
        }
        const [row] = await tx.operatorKey.createManyAndReturn({
          data: [
            {
              name,
              keyHash: hashOf(secret),
              roles: [...new Set(roles)],
              expiresAt,
              createdAt: now,
              createdBy: operatorId,
              personId,
            },
          ],
          skipDuplicates: true,
        });
        if (!row) {
          const message = `A key named ${name} exists or existed. Choose another name, because the audit log identifies keys by name.`;
          return refused(refusal("OPERATOR_KEY_NAME_TAKEN", message, ["input", "name"]));
        }
        const details = { roles: row.roles, expiresAt: expiresAt.toISOString() };
        await audit(tx, { at: now, actor: operatorId, action: "operator-key.create", subject: name, details });
        return { key: toKey(row), secret };
      });
    },

    async withdraw(name, operatorId) {
      const now = clock.now();
      const key = await inTransaction(db, async (tx) => {
        const { count } = await tx.operatorKey.updateMany({
          where: { name, withdrawnAt: null },
          data: { withdrawnAt: now, withdrawnBy: operatorId },
        });
        const row = await tx.operatorKey.findUnique({ where: { name } });
        if (count > 0) {
          await audit(tx, { at: now, actor: operatorId, action: "operator-key.withdraw", subject: name });
          if (row) await endSessionsWhere(tx, bus, { keyId: row.id }, now);
        }
        return row && toKey(row);
      });
      if (!key) return refused(refusal("OPERATOR_KEY_NOT_FOUND", "No key has this name.", ["input", "name"]));
      bus.notify(operatorKeyTopic(key.id));
      return { key };
    },

    list: async () => (await db.operatorKey.findMany({ orderBy: [{ createdAt: "desc" }, { id: "desc" }] })).map(toKey),

    async live(secret) {
      if (!SECRET.test(secret)) return null;
      // Not cached: each use is recorded in any case, and a withdrawal takes effect at once in every process.
      const row = await db.operatorKey.findUnique({ where: { keyHash: hashOf(secret) } });
      const key = row && toKey(row);
      return key?.withdrawnAt === null && key.expiresAt > clock.now() ? key : null;
    },

    onEnd: (keyId, listener) => bus.on(operatorKeyTopic(keyId), listener),

    async liveAmong(keyIds) {
      const where = { id: { in: [...keyIds] }, withdrawnAt: null, expiresAt: { gt: clock.now() } };
      return new Set((await db.operatorKey.findMany({ where, select: { id: true } })).map(({ id }) => id));
    },
  };
}

function problemsOf({ name, roles, expiresAt }: NewOperatorKey, now: Date): Refusal[] {
  const problems: Refusal[] = [];
  const wrong = (field: string, message: string) => problems.push(refusal("INVALID_INPUT", message, ["input", field]));
  if (!NAME.test(name)) {
    wrong("name", "name: must be 2 to 64 small letters, digits, or . _ - and begin with a letter or a digit");
  }
  if (roles.length === 0) wrong("roles", "roles: must name at least one role");
  const days = (expiresAt.getTime() - now.getTime()) / DAY_MS;
  if (days <= 0) wrong("expiresAt", "expiresAt: must be in the future");
  if (days > MAX_DAYS) wrong("expiresAt", `expiresAt: must be at most ${MAX_DAYS} days ahead`);
  return problems;
}
