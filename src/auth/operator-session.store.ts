import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { operatorRoles } from "../domain/operator-roles.ts";
import type { Operator } from "../domain/viewer.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { afterCommit, type Db, inTransaction, type Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";

/** However long an operator works, a sign-in to the console ends after this long. */
const SESSION_MS = 12 * 60 * 60 * 1_000;
const SECRET = /^[\w-]{43}$/;

export interface OperatorSessionStore {
  /** @param token the OPERATOR_TOKEN, if that was exchanged @returns the secret for the cookie, and when the session ends */
  open(operator: Operator, token: string | undefined): Promise<{ secret: string; expiresAt: Date }>;
  /** The operator of a session that is alive, or null. */
  live(secret: string): Promise<Operator | null>;
  end(secret: string): Promise<void>;
  /** Calls the listener when the session ends, also by another process. @returns a function that stops listening */
  onEnd(sessionId: string, listener: () => void): () => void;
  /** @returns the ids of the sessions that are alive */
  liveAmong(sessionIds: readonly string[]): Promise<Set<string>>;
  /** Deletes sessions that are over. */
  sweep(now: Date): Promise<void>;
}

const topicOf = (sessionId: string) => `operator-session:${sessionId}`;
const storedRoles = z.array(z.enum(operatorRoles));
const hashOf = (text: string) => new Uint8Array(createHash("sha256").update(text).digest());

/** Ends the sessions that a key was exchanged for, in the transaction that withdraws the key. */
export async function endSessionsOfKey(tx: Tx, bus: Bus, keyId: string, now: Date): Promise<void> {
  const ended = await tx.operatorSession.updateManyAndReturn({
    where: { keyId, endedAt: null },
    data: { endedAt: now },
    select: { id: true },
  });
  afterCommit(tx, () => {
    for (const { id } of ended) bus.ring(topicOf(id));
  });
}

/**
 * Sessions of people at the console. The browser holds a secret in a cookie, and the row its hash. A session ends with what it was
 * exchanged for: with the key, and with the OPERATOR_TOKEN when that is set anew.
 */
export function makeOperatorSessionStore(deps: {
  db: Db;
  bus: Bus;
  clock: Clock;
  /** The values of OPERATOR_TOKEN that are good now. */
  operatorTokens: readonly string[];
}): OperatorSessionStore {
  const { db, bus, clock, operatorTokens } = deps;
  const tokenHashes = operatorTokens.map(hashOf);
  const isSameToken = (stored: Uint8Array | null) =>
    stored === null || tokenHashes.some((hash) => Buffer.compare(stored, hash) === 0);
  const alive = () => ({ endedAt: null, expiresAt: { gt: clock.now() } });

  return {
    async open(operator, token) {
      const secret = randomBytes(32).toString("base64url");
      const createdAt = clock.now();
      const latest = new Date(createdAt.getTime() + SESSION_MS);
      const expiresAt = operator.expiresAt && operator.expiresAt < latest ? operator.expiresAt : latest;
      await inTransaction(db, async (tx) => {
        await tx.operatorSession.create({
          data: {
            secretHash: hashOf(secret),
            operatorId: operator.operatorId,
            roles: [...operator.roles],
            keyId: operator.keyId ?? null,
            tokenHash: token === undefined ? null : hashOf(token),
            createdAt,
            expiresAt,
          },
        });
        const { operatorId: actor } = operator;
        await audit(tx, { at: createdAt, actor, action: "operator-session.open", subject: actor });
      });
      return { secret, expiresAt };
    },

    async live(secret) {
      if (!SECRET.test(secret)) return null;
      const row = await db.operatorSession.findFirst({ where: { secretHash: hashOf(secret), ...alive() } });
      if (!row || !isSameToken(row.tokenHash)) return null;
      const { id: sessionId, operatorId, expiresAt } = row;
      return { kind: "operator", operatorId, roles: storedRoles.parse(row.roles), expiresAt, sessionId };
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
        afterCommit(tx, () => bus.ring(topicOf(id)));
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
