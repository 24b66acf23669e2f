import type { Cipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { ClientPoints, PointsBalance } from "../upstream/client-points/client-points.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";

/**
 * Reads the customer's own wallet for a background job, always with a new call. Null without a valid token, which a
 * retry cannot change.
 *
 * @param sealedToken the token stored with the order, if the caller has it
 * @throws UpstreamError
 */
export type ReadBalance = (
  orderId: string,
  customerId: string,
  sealedToken?: Uint8Array | null,
) => Promise<PointsBalance | null>;

export interface ReadBalanceDeps {
  db: Db;
  client: ClientPoints;
  /** Decrypts the tokens stored with open orders. */
  orderTokens: Cipher;
  /** Decrypts the tokens stored with sessions. */
  sessionTokens: Cipher;
  pointsAuth: "bearer" | "basic";
  clock: Clock;
}

export function makeReadBalance(deps: ReadBalanceDeps): ReadBalance {
  const { db, client, orderTokens, sessionTokens, pointsAuth, clock } = deps;

  /** The token stored with the order; for an order settled long ago, the token of the customer's newest session. */
  async function tokenFor(orderId: string, customerId: string, known?: Uint8Array | null): Promise<string | null> {
    const sealed =
      known ?? (await db.order.findUnique({ where: { id: orderId }, select: { clientToken: true } }))?.clientToken;
    if (sealed) return orderTokens.decrypt(sealed, orderId);
    const session = await db.session.findFirst({
      where: { customerId, endedAt: null, expiresAt: { gt: clock.now() } },
      orderBy: { createdAt: "desc" },
    });
    return session && sessionTokens.decrypt(session.clientToken, session.id);
  }

  return async (orderId, customerId, sealedToken) => {
    const token = pointsAuth === "bearer" ? await tokenFor(orderId, customerId, sealedToken) : null;
    if (pointsAuth === "bearer" && token === null) return null;
    try {
      return await client.balance(customerId, token, { unshared: true });
    } catch (error) {
      if (token !== null && error instanceof UpstreamError && error.httpStatus === 401) return null;
      throw error;
    }
  };
}
