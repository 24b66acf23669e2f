import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { sessionTopic } from "../domain/topics.ts";
import { audit } from "../platform/audit.ts";
import type { Cipher, KeyedHashes } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import { columnsOf } from "../platform/columns.ts";
import { afterCommit, type Db, inTransaction, Prisma, type Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { gatherReads } from "../platform/gather-reads.ts";
import type { Session } from "../platform/generated/prisma/client.ts";
import type { Logger } from "../platform/logger.ts";
import { deviceNameOf } from "./device-name.ts";
import { maskMobile } from "./mask-mobile.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** The idle timeout of a session. */
const IDLE_MS = 14 * DAY_MS;
/** The maximum lifetime of a session. */
const ABSOLUTE_MS = 90 * DAY_MS;
/** How long a cached live session is trusted, in case a notification was lost. */
const TRUST_MS = 1_000;
const MAX_TRUSTED = 10_000;

const sessionColumns = columnsOf(Prisma.SessionScalarFieldEnum);

export interface LiveSession {
  id: string;
  customerId: string;
  expiresAt: Date;
}

export type Rotation =
  | { kind: "rotated"; session: LiveSession; refreshToken: string }
  | { kind: "unknown" }
  /** The token was used before, by another client or too long ago: the session has been ended. */
  | { kind: "reused" };

/** The store opened no session, because an operator has blocked the customer. */
const customerBlocked = () =>
  refused(refusal("CUSTOMER_BLOCKED", "This account is blocked. Please contact support.", ["input"]));

export interface CustomerSession {
  id: string;
  startedAt: Date;
  refreshedAt: Date | null;
  expiresAt: Date;
  /** The browser and system that signed in; null if they are not known. */
  device: string | null;
}

export interface SessionStore {
  /** Refused with CUSTOMER_BLOCKED if an operator has blocked the customer. */
  open(
    input: {
      customerId: string;
      /** Undefined keeps the stored value. */
      maskedMobile?: string | null;
      clientToken: string;
      clientTokenExpiresAt: Date | null;
      /** The `User-Agent` of the request. */
      userAgent?: string | undefined;
    },
    /** The surrounding transaction. */
    tx?: Tx,
  ): Promise<{ session: LiveSession; refreshToken: string } | Refused>;
  /**
   * Exchanges a refresh token for its successor. For `GRACE_MS` the same client gets the same successor again: an
   * answer can be lost, and two tabs can refresh at once.
   *
   * @param client the hashes of the requester (`requester.ts`)
   */
  rotate(refreshToken: string, client: KeyedHashes): Promise<Rotation>;
  end(sessionId: string, reason: string): Promise<void>;
  /**
   * Ends every session of a customer, or one of them, in a transaction that holds the customer's row. The sockets close
   * after the commit.
   * @returns the number of ended sessions
   */
  endAll(tx: Tx, customerId: string, reason: string, sessionId?: string): Promise<number>;
  /** The live sessions of these customers, the newest first, at most 50 of each. */
  ofCustomers(customerIds: readonly string[]): Promise<Map<string, CustomerSession[]>>;
  /** Ends the session of a refresh token, current or used. */
  endByRefreshToken(refreshToken: string, reason: string): Promise<void>;
  /** Calls the listener when the session ends, also by another process. @returns a function that stops listening */
  onEnd(sessionId: string, listener: () => void): () => void;
  /** @returns the ids of the live sessions */
  liveAmong(sessionIds: readonly string[]): Promise<Set<string>>;
  /** Null if the session does not exist or has ended. */
  live(sessionId: string): Promise<LiveSession | null>;
  /** The points provider's JWT of a live session. */
  clientToken(sessionId: string): Promise<string | null>;
  maskedMobiles(customerIds: readonly string[]): Promise<Map<string, string | null>>;
}

const GRACE_MS = 20_000;
/** The maximum number of refreshes of a client within that time; a genuine client needs fewer. */
const MAX_SUCCESSORS = 20;
const REUSED = "A refresh token was used a second time: its session has been ended";

function auditOf(
  tx: Tx,
  {
    action,
    session,
    at,
    details,
  }: {
    action: string;
    session: { id: string; customerId: string };
    at: Date;
    details?: Record<string, string>;
  },
): Promise<void> {
  const { id: sessionId, customerId } = session;
  return audit(tx, { at, actor: customerId, action, subject: customerId, details: { sessionId, ...details } });
}

const isAmong = (hash: Uint8Array | null, hashes: KeyedHashes) =>
  hash !== null && hashes.some((each) => Buffer.compare(each, hash) === 0);

export interface SessionStoreDeps {
  db: Db;
  /** For the points provider's tokens. */
  cipher: Cipher;
  /** For the successors of refresh tokens. */
  refreshTokens: Cipher;
  bus: Bus;
  clock: Clock;
  log: Logger;
}

export function makeSessionStore(deps: SessionStoreDeps): SessionStore {
  const { db, cipher, refreshTokens, bus, clock, log } = deps;
  const trusted = new Map<string, { session: LiveSession; clientToken: Uint8Array; until: number; forget(): void }>();

  const hashOf = (refreshToken: string) => new Uint8Array(createHash("sha256").update(refreshToken).digest());

  /** Derived, because the stored hash alone could not return the same token a second time. */
  const successorsOf = (refreshToken: string) =>
    refreshTokens.hashes(`successor ${refreshToken}`).map((hash) => Buffer.from(hash).toString("base64url"));
  const successorOf = (refreshToken: string) => successorsOf(refreshToken)[0] ?? "";

  /** The stored successor, derived from either secret. */
  async function findSuccessor(tx: Tx, refreshToken: string) {
    for (const token of successorsOf(refreshToken)) {
      const row = await tx.refreshToken.findUnique({ where: { tokenHash: hashOf(token) } });
      if (row) return { token, row };
    }
    return null;
  }

  /** The unused token after this one. Null if another client has used a token in between. */
  async function newestAfter(tx: Tx, refreshToken: string, client: KeyedHashes): Promise<string | null> {
    let before = refreshToken;
    for (let nth = 0; nth < MAX_SUCCESSORS; nth += 1) {
      const next = await findSuccessor(tx, before);
      if (next?.row.usedAt === null) return next.token;
      if (!next || !isAmong(next.row.usedBy, client)) return null;
      before = next.token;
    }
    return null;
  }

  async function storeRefreshToken(tx: Tx, sessionId: string, refreshToken: string): Promise<string> {
    const issuedAt = clock.now();
    const expiresAt = new Date(issuedAt.getTime() + IDLE_MS);
    await tx.refreshToken.create({ data: { tokenHash: hashOf(refreshToken), sessionId, issuedAt, expiresAt } });
    return refreshToken;
  }

  /** Concurrent lookups of several sessions share a statement. */
  const shareRead = gatherReads(async (ids: readonly string[]) => {
    const rows = await db.$queryRaw<Session[]>`
      select ${sessionColumns} from sessions where id = any(${[...ids]}::uuid[])`;
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => found.get(id));
  });

  /** The cached session, if it was read recently enough. */
  function trustedAt(now: Date, sessionId: string) {
    const known = trusted.get(sessionId);
    return known && known.until > now.getTime() && known.session.expiresAt > now ? known : undefined;
  }

  async function read(sessionId: string) {
    const now = clock.now();
    const known = trustedAt(now, sessionId);
    if (known) return known;
    trusted.get(sessionId)?.forget();

    // Subscribes before reading, so that a session that ends in between is not cached as live.
    using listening = new DisposableStack();
    let isOver = false;
    const onEnd = () => {
      isOver = true;
      trusted.get(sessionId)?.forget();
    };
    listening.defer(bus.on(sessionTopic(sessionId), onEnd));
    const row = await shareRead(sessionId);
    if (isOver || !row || row.endedAt || row.expiresAt <= now) return null;

    trusted.get(sessionId)?.forget(); // a concurrent reader cached it
    const session = { id: row.id, customerId: row.customerId, expiresAt: row.expiresAt };
    const kept = listening.move();
    const forget = () => {
      kept.dispose();
      trusted.delete(sessionId);
    };
    const fresh = { session, clientToken: row.clientToken, until: now.getTime() + TRUST_MS, forget };
    trusted.set(sessionId, fresh);
    if (trusted.size > MAX_TRUSTED) trusted.values().next().value?.forget();
    return fresh;
  }

  async function end(sessionId: string, reason: string): Promise<void> {
    await inTransaction(db, async (tx) => {
      const at = clock.now();
      const [ended] = await tx.session.updateManyAndReturn({
        where: { id: sessionId, endedAt: null },
        data: { endedAt: at, endReason: reason },
      });
      if (ended) await auditOf(tx, { action: "session.end", session: ended, at, details: { reason } });
    });
    bus.notify(sessionTopic(sessionId));
  }

  return {
    async open({ customerId, maskedMobile, clientToken, clientTokenExpiresAt, userAgent }, within) {
      const id = randomUUID();
      const createdAt = clock.now();
      const expiresAt = new Date(createdAt.getTime() + ABSOLUTE_MS);
      const write = async (tx: Tx) => {
        const mobile = maskedMobile !== undefined && { maskedMobile: maskedMobile && maskMobile(maskedMobile) };
        await tx.customer.upsert({
          where: { customerId },
          create: { customerId, createdAt, ...mobile },
          update: { ...mobile },
        });
        // The row lock orders a block and a sign-in: either this check sees the block, or the block ends the session.
        const [customer] = await tx.$queryRaw<{ isBlocked: boolean }[]>`
          select blocked_at is not null as "isBlocked" from customers where customer_id = ${customerId} for share`;
        if (customer?.isBlocked) return customerBlocked();
        await tx.session.create({
          data: {
            id,
            customerId,
            clientToken: cipher.encrypt(clientToken, id),
            clientTokenExpiresAt,
            createdAt,
            expiresAt,
            device: deviceNameOf(userAgent),
          },
        });
        return storeRefreshToken(tx, id, randomBytes(32).toString("base64url"));
      };
      const written = await (within
        ? write(within)
        : inTransaction(db, async (tx) => {
            const refreshToken = await write(tx);
            const action = typeof refreshToken === "string" ? "session.open" : "session.refuse-blocked";
            await auditOf(tx, { action, session: { id, customerId }, at: createdAt });
            return refreshToken;
          }));
      if (typeof written !== "string") return written;
      return { session: { id, customerId, expiresAt }, refreshToken: written };
    },

    async rotate(refreshToken, client) {
      const now = clock.now();
      const tokenHash = hashOf(refreshToken);
      let endedNow: string | undefined;
      const outcome = await inTransaction(db, async (tx): Promise<Rotation> => {
        // Conditional and atomic: of two concurrent uses of a token, only one succeeds.
        const { count } = await tx.refreshToken.updateMany({
          where: {
            tokenHash,
            usedAt: null,
            expiresAt: { gt: now },
            session: { endedAt: null, expiresAt: { gt: now } },
          },
          data: { usedAt: now, usedBy: client[0] },
        });
        const row = await tx.refreshToken.findUnique({ where: { tokenHash }, include: { session: true } });
        if (!row) return { kind: "unknown" };
        const { session } = row;
        const rotated = (next: string): Rotation => {
          const live = { id: session.id, customerId: session.customerId, expiresAt: session.expiresAt };
          return { kind: "rotated", session: live, refreshToken: next };
        };
        if (count === 1) return rotated(await storeRefreshToken(tx, session.id, successorOf(refreshToken)));
        if (row.usedAt === null || session.endedAt || session.expiresAt <= now) return { kind: "unknown" };
        const afterMs = now.getTime() - row.usedAt.getTime();
        const isSameClient = isAmong(row.usedBy, client);
        const reissued = isSameClient && afterMs <= GRACE_MS ? await newestAfter(tx, refreshToken, client) : null;
        if (reissued !== null) return rotated(reissued);
        await tx.session.update({
          where: { id: session.id },
          data: { endedAt: now, endReason: "refresh token reused" },
        });
        const details = {
          by: isSameClient ? "the same client" : "another client",
          afterSeconds: String(afterMs / 1_000),
        };
        await auditOf(tx, { action: "session.refresh-token-reused", session, at: now, details });
        log.warn({ sessionId: session.id, customerId: session.customerId, ...details }, REUSED);
        endedNow = session.id;
        return { kind: "reused" };
      });
      if (endedNow) bus.notify(sessionTopic(endedNow));
      return outcome;
    },

    end,

    async endAll(tx, customerId, reason, sessionId) {
      const at = clock.now();
      const ended = await tx.session.updateManyAndReturn({
        where: { customerId, endedAt: null, ...(sessionId !== undefined && { id: sessionId }) },
        data: { endedAt: at, endReason: reason },
      });
      for (const session of ended) await auditOf(tx, { action: "session.end", session, at, details: { reason } });
      afterCommit(tx, () => {
        for (const { id } of ended) bus.notify(sessionTopic(id));
      });
      return ended.filter(({ expiresAt }) => expiresAt > at).length;
    },

    async ofCustomers(customerIds) {
      const now = clock.now();
      const rows = await db.$queryRaw<(CustomerSession & { customerId: string })[]>`
        select s.* from unnest(${[...customerIds]}::text[]) as asked (customer_id), lateral (
          select id, customer_id as "customerId", created_at as "startedAt", expires_at as "expiresAt", device,
            (select max(t.used_at) from refresh_tokens t where t.session_id = sessions.id) as "refreshedAt"
          from sessions where customer_id = asked.customer_id and ended_at is null and expires_at > ${now}
            and exists (select from refresh_tokens t where t.session_id = sessions.id and t.used_at is null and t.expires_at > ${now})
          order by created_at desc limit 50) as s`;
      return Map.groupBy(rows, ({ customerId }) => customerId);
    },

    async endByRefreshToken(refreshToken, reason) {
      const row = await db.refreshToken.findUnique({ where: { tokenHash: hashOf(refreshToken) } });
      if (row) await end(row.sessionId, reason);
    },

    onEnd: (sessionId, listener) => bus.on(sessionTopic(sessionId), listener),

    async liveAmong(sessionIds) {
      const now = clock.now();
      const live = new Set(sessionIds.filter((id) => trustedAt(now, id)));
      const unknown = sessionIds.filter((id) => !live.has(id));
      if (unknown.length === 0) return live;
      const where = { id: { in: unknown }, endedAt: null, expiresAt: { gt: now } };
      for (const { id } of await db.session.findMany({ where, select: { id: true } })) live.add(id);
      return live;
    },

    live: async (sessionId) => (await read(sessionId))?.session ?? null,

    async clientToken(sessionId) {
      const found = await read(sessionId);
      return found ? cipher.decrypt(found.clientToken, sessionId) : null;
    },

    async maskedMobiles(customerIds) {
      const rows = await db.$queryRaw<{ customerId: string; maskedMobile: string | null }[]>`
        select customer_id as "customerId", masked_mobile as "maskedMobile" from customers
        where customer_id = any(${[...customerIds]})`;
      // Rows from before the gateway's own masking may hold unmasked numbers.
      return new Map(rows.map((row) => [row.customerId, row.maskedMobile && maskMobile(row.maskedMobile)]));
    },
  };
}
