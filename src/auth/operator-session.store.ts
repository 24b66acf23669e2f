import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { OperatorSignIn } from "../domain/generated/words.ts";
import { type OperatorRole, operatorRoles } from "../domain/operator-roles.ts";
import type { Operator } from "../domain/viewer.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { afterCommit, type Db, inTransaction, type Prisma, type Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";

/** The maximum lifetime of a console session. */
const SESSION_MS = 12 * 60 * 60 * 1_000;
const SECRET = /^[\w-]{43}$/;
const MAX_LISTED = 500;

type Row = Prisma.OperatorSessionGetPayload<object>;

/** The way of the sign-in, and the credential with which the session ends. */
export interface SignedInBy {
  by: OperatorSignIn;
  /** The OPERATOR_TOKEN, if the session was exchanged for it. */
  token?: string | undefined;
  accountId?: string | undefined;
}

export interface OperatorSession {
  /** The secret for the cookie. */
  secret: string;
  expiresAt: Date;
}

/** An entry of the list of live sessions. */
export type ListedSession = Pick<Row, "id" | "operatorId" | "createdAt" | "expiresAt"> & {
  roles: OperatorRole[];
  signedInBy: OperatorSignIn;
};

export interface OperatorSessionStore {
  open(operator: Operator, signedIn: SignedInBy, tx?: Tx): Promise<OperatorSession>;
  /** The live sessions, the newest first, at most 500. */
  list(): Promise<ListedSession[]>;
  /** Ends one session, on behalf of the operator `by`. @returns false if no live session has this id */
  endById(sessionId: string, by: string): Promise<boolean>;
  /** The operator of a live session, or null. */
  live(secret: string): Promise<Operator | null>;
  end(secret: string): Promise<void>;
  /** Calls the listener when the session ends, also by another process. @returns a function that stops listening */
  onEnd(sessionId: string, listener: () => void): () => void;
  /** @returns the ids of the live sessions */
  liveAmong(sessionIds: readonly string[]): Promise<Set<string>>;
  /** Deletes ended sessions. */
  sweep(now: Date): Promise<void>;
}

const topicOf = (sessionId: string) => `operator-session:${sessionId}`;
const storedRoles = z.array(z.enum(operatorRoles));
const hashOf = (text: string) => new Uint8Array(createHash("sha256").update(text).digest());

/** Ends the sessions of a key or an account, in the transaction that withdraws or changes the credential. */
export async function endSessionsWhere(
  tx: Tx,
  bus: Bus,
  where: { keyId: string } | { accountId: string },
  now: Date,
): Promise<void> {
  const ended = await tx.operatorSession.updateManyAndReturn({
    where: { ...where, endedAt: null },
    data: { endedAt: now },
    select: { id: true },
  });
  afterCommit(tx, () => {
    for (const { id } of ended) bus.notify(topicOf(id));
  });
}

/**
 * Console sessions of people. The browser holds a secret in a cookie; the row holds its hash. A session ends with its
 * credential: with the key, with the account, or when OPERATOR_TOKEN changes.
 */
export function makeOperatorSessionStore(deps: {
  db: Db;
  bus: Bus;
  clock: Clock;
  /** The currently valid values of OPERATOR_TOKEN. */
  operatorTokens: readonly string[];
}): OperatorSessionStore {
  const { db, bus, clock, operatorTokens } = deps;
  const tokenHashes = operatorTokens.map(hashOf);
  const isSameToken = (stored: Uint8Array | null) =>
    stored === null || tokenHashes.some((hash) => Buffer.compare(stored, hash) === 0);
  const alive = () => ({ endedAt: null, expiresAt: { gt: clock.now() } });

  return {
    async open(operator, { by, token, accountId }, tx) {
      const secret = randomBytes(32).toString("base64url");
      const createdAt = clock.now();
      const latest = new Date(createdAt.getTime() + SESSION_MS);
      const expiresAt = operator.expiresAt && operator.expiresAt < latest ? operator.expiresAt : latest;
      const data = {
        secretHash: hashOf(secret),
        operatorId: operator.operatorId,
        roles: [...operator.roles],
        keyId: operator.keyId ?? null,
        tokenHash: token === undefined ? null : hashOf(token),
        accountId: accountId ?? null,
        personId: operator.personId ?? null,
        signedInBy: by,
        createdAt,
        expiresAt,
      };
      const write = async (tx: Tx) => {
        await tx.operatorSession.create({ data });
        const { operatorId: actor } = operator;
        await audit(tx, { at: createdAt, actor, action: "operator-session.open", subject: actor, details: { by } });
      };
      await (tx ? write(tx) : inTransaction(db, write));
      return { secret, expiresAt };
    },

    async live(secret) {
      if (!SECRET.test(secret)) return null;
      const row = await db.operatorSession.findFirst({ where: { secretHash: hashOf(secret), ...alive() } });
      if (!row || !isSameToken(row.tokenHash)) return null;
      const { id: sessionId, operatorId, expiresAt } = row;
      const [accountId, personId] = [row.accountId ?? undefined, row.personId ?? undefined];
      const roles = storedRoles.parse(row.roles);
      return { kind: "operator", operatorId, roles, expiresAt, sessionId, accountId, personId };
    },

    async list() {
      const rows = await db.operatorSession.findMany({
        where: alive(),
        orderBy: [{ createdAt: "desc" }, { id: "asc" }],
        take: MAX_LISTED,
      });
      return rows
        .filter((row) => isSameToken(row.tokenHash))
        .map(({ id, operatorId, roles, createdAt, expiresAt, signedInBy }) => ({
          id,
          operatorId,
          roles: storedRoles.parse(roles),
          createdAt,
          expiresAt,
          signedInBy: signedInBy as OperatorSignIn,
        }));
    },

    async endById(id, actor) {
      const now = clock.now();
      return inTransaction(db, async (tx) => {
        const [row] = await tx.operatorSession.updateManyAndReturn({
          where: { id, ...alive() },
          data: { endedAt: now },
        });
        if (!row) return false;
        await audit(tx, { at: now, actor, action: "operator-session.end", subject: row.operatorId });
        afterCommit(tx, () => bus.notify(topicOf(id)));
        return true;
      });
    },

    async end(secret) {
      const now = clock.now();
      await inTransaction(db, async (tx) => {
        const [row] = await tx.operatorSession.updateManyAndReturn({
          where: { secretHash: hashOf(secret), endedAt: null },
          data: { endedAt: now },
        });
        if (!row) return;
        const { operatorId: actor, id } = row;
        await audit(tx, { at: now, actor, action: "operator-session.end", subject: actor });
        afterCommit(tx, () => bus.notify(topicOf(id)));
      });
    },

    onEnd: (sessionId, listener) => bus.on(topicOf(sessionId), listener),

    async liveAmong(sessionIds) {
      const where = { id: { in: [...sessionIds] }, ...alive() };
      const rows = await db.operatorSession.findMany({ where, select: { id: true, tokenHash: true } });
      return new Set(rows.filter((row) => isSameToken(row.tokenHash)).map(({ id }) => id));
    },

    async sweep(now) {
      await db.operatorSession.deleteMany({ where: { OR: [{ expiresAt: { lt: now } }, { endedAt: { lt: now } }] } });
    },
  };
}
