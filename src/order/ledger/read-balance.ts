import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db.ts";
import type { SecretBox } from "../../platform/secret-box.ts";
import type { ClientPoints } from "../../upstream/client-points/client-points.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";

/**
 * The customer's balance for an order in the background, by a read of its own. Null when there is no valid token left to
 * read with, which waiting does not change.
 * @throws UpstreamError
 */
export type ReadBalance = (orderId: string, customerId: string) => Promise<number | null>;

export interface ReadBalanceDeps {
  db: Db;
  client: ClientPoints;
  /** Opens the tokens kept with open orders. */
  orderTokens: SecretBox;
  /** Opens the tokens kept with sessions. */
  sessionTokens: SecretBox;
  pointsAuth: "bearer" | "basic";
  clock: Clock;
}

export function makeReadBalance(deps: ReadBalanceDeps): ReadBalance {
  const { db, client, orderTokens, sessionTokens, pointsAuth, clock } = deps;

  /** The token kept with the order, or that of the customer's newest session, for an order settled long ago. */
  async function tokenFor(orderId: string, customerId: string): Promise<string | null> {
    const order = await db.order.findUnique({ where: { id: orderId }, select: { clientToken: true } });
    if (order?.clientToken) return orderTokens.decrypt(order.clientToken, orderId);
    const session = await db.session.findFirst({
      where: { customerId, endedAt: null, expiresAt: { gt: clock.now() } },
      orderBy: { createdAt: "desc" },
    });
    return session && sessionTokens.decrypt(session.clientToken, session.id);
  }

  return async (orderId, customerId) => {
    const token = pointsAuth === "bearer" ? await tokenFor(orderId, customerId) : null;
    if (pointsAuth === "bearer" && token === null) return null;
    try {
      return (await client.balance(customerId, token, { unshared: true })).balance;
    } catch (error) {
      if (token !== null && error instanceof UpstreamError && error.httpStatus === 401) return null;
      throw error;
    }
  };
}
