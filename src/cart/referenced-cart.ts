import { randomUUID } from "node:crypto";
import { type Db, inTransaction } from "../platform/db.ts";
import type { CartLine } from "./cart.ts";

/**
 * A complete cart that an integrator sent, with an id of the integrator's own. It is independent of the customer's open
 * cart.
 */
export interface ReferencedCart {
  id: string;
  /** The number that identifies it in the REST API. */
  number: number;
  reference: string;
  lines: { rewardId: string; quantity: number }[];
}

export interface ReferencedCarts {
  find(customerId: string, reference: string): Promise<ReferencedCart | null>;
  /**
   * Inserts the cart unless the customer has a cart with this reference. @returns the customer's cart with this
   * reference
   */
  create(customerId: string, reference: string, lines: readonly NewLine[]): Promise<ReferencedCart>;
}

/** `seenPoints`: the price that the customer accepted. */
export type NewLine = { rewardId: string } & Pick<CartLine, "quantity" | "seenPoints">;

export function makeReferencedCarts(db: Db): ReferencedCarts {
  async function find(customerId: string, reference: string): Promise<ReferencedCart | null> {
    const cart = await db.cart.findUnique({
      where: { customerId_reference: { customerId, reference } },
      select: { id: true, number: true, lines: { select: { rewardId: true, quantity: true }, orderBy: { id: "asc" } } },
    });
    return cart && { ...cart, reference, number: Number(cart.number) };
  }

  return {
    find,
    async create(customerId, reference, lines) {
      await inTransaction(db, async (tx) => {
        const [made] = await tx.$queryRaw<{ id: string }[]>`
          insert into carts (id, customer_id, status, reference, number)
          values (${randomUUID()}::uuid, ${customerId}, 'ORDERED', ${reference}, nextval('rest_order_numbers'))
          on conflict (customer_id, reference) do nothing returning id`;
        if (made) await tx.cartLine.createMany({ data: lines.map((line) => ({ ...line, cartId: made.id })) });
      });
      const cart = await find(customerId, reference);
      if (!cart) throw new Error(`the cart ${reference} of ${customerId} is gone`);
      return cart;
    },
  };
}
