import { createECDH, createHash, randomUUID } from "node:crypto";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Cipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import type { PushTarget } from "./post-push.ts";
import { serviceOf } from "./push-service.ts";

export interface PushSubscription {
  id: string;
  customerId: string;
  sessionId: string;
  language: string;
  createdAt: Date;
  /** The browser and system of the session; null if they are not known. */
  device: string | null;
}

export interface PushSubscriptions {
  /** The newest first. */
  of(customerId: string): Promise<PushSubscription[]>;
  /**
   * Subscribes the browser of a session, in place of the session's last subscription. The browser's subscription of an earlier
   * session ends, with its messages: another customer may have signed in.
   */
  add(
    session: { customerId: string; sessionId: string },
    input: PushTarget & { language: string },
  ): Promise<PushSubscription | Refused>;
  remove(customerId: string, id: string): Promise<void>;
}

const MOST = 10;
const AUTH_BYTES = 16;

export interface PushSubscriptionsDeps {
  db: Db;
  clock: Clock;
  cipher: Cipher;
  /** Undefined if the gateway sends no notifications. */
  services: readonly string[] | undefined;
  mayBePrivate: boolean;
  /** Inserts the job that sends to a push service, unless it exists. */
  addSending(tx: Tx, service: string): Promise<void>;
}

export function makePushSubscriptions(deps: PushSubscriptionsDeps): PushSubscriptions {
  const { db, clock, cipher, services, mayBePrivate, addSending } = deps;
  const include = { session: { select: { device: true } } };
  const toSubscription = ({
    session,
    ...row
  }: Omit<PushSubscription, "device"> & { session: { device: string | null } }): PushSubscription => ({
    ...row,
    device: session.device,
  });

  return {
    async of(customerId) {
      const rows = await db.pushSubscription.findMany({
        where: { customerId, session: { expiresAt: { gt: clock.now() } } },
        include,
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        take: MOST,
      });
      return rows.map(toSubscription);
    },

    async add({ customerId, sessionId }, { endpoint, p256dh, auth, language }) {
      if (!services) return refused(refusal("PUSH_OFF", "Notifications are not available here.", ["input"]));
      const found = serviceOf(endpoint, { services, mayBePrivate });
      if ("problem" in found) return invalid("endpoint", found.problem);
      if (!isPublicKey(p256dh)) return invalid("p256dh", "must be a P-256 public key of 65 bytes in base64url");
      if (bytesOf(auth)?.length !== AUTH_BYTES) return invalid("auth", `must be ${AUTH_BYTES} bytes in base64url`);
      const { service } = found;
      const endpointHash = new Uint8Array(createHash("sha256").update(endpoint).digest());
      return inTransaction(db, async (tx) => {
        await tx.$queryRaw`select from customers where customer_id = ${customerId} for update`; // one at a time
        // The lock orders this and the end of the session, which deletes the session's subscription.
        const [session] = await tx.$queryRaw<unknown[]>`
          select from sessions where id = ${sessionId}::uuid and ended_at is null for share`;
        if (!session) return refused(refusal("SESSION_EXPIRED", "Please sign in again.", ["input"]));
        await tx.pushSubscription.deleteMany({
          where: {
            OR: [
              { endpointHash, NOT: { sessionId } },
              { sessionId, NOT: { endpointHash } },
            ],
          },
        });
        const existing = await tx.pushSubscription.findUnique({ where: { sessionId }, select: { id: true } });
        const id = existing?.id ?? randomUUID();
        const data = {
          ...{ customerId, sessionId, service, endpointHash, language },
          sealed: cipher.encrypt(JSON.stringify({ endpoint, p256dh, auth } satisfies PushTarget), id),
          createdAt: clock.now(),
        };
        const row = await tx.pushSubscription.upsert({ where: { id }, create: { id, ...data }, update: data, include });
        await tx.$executeRaw`
          delete from push_subscriptions where id in (
            select id from push_subscriptions where customer_id = ${customerId}
            order by created_at desc, id = ${id}::uuid desc, id offset ${MOST})`;
        await addSending(tx, service);
        return toSubscription(row);
      });
    },

    async remove(customerId, id) {
      await db.pushSubscription.deleteMany({ where: { id, customerId } });
    },
  };
}

const invalid = (field: string, message: string) =>
  refused(refusal("INVALID_INPUT", `${field}: ${message}`, ["input", field]));

function bytesOf(text: string): Buffer | null {
  return /^[\w-]{1,100}={0,2}$/.test(text) ? Buffer.from(text, "base64url") : null;
}

/** Whether the text is a point of the curve; the encryption would fail with any other. */
function isPublicKey(text: string): boolean {
  const key = bytesOf(text);
  if (key?.length !== 65) return false;
  const ecdh = createECDH("prime256v1");
  ecdh.generateKeys();
  try {
    ecdh.computeSecret(key);
    return true;
  } catch {
    return false;
  }
}
