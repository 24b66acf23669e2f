import { randomUUID } from "node:crypto";
import { toReward } from "../catalog/index.ts";
import { databaseFailure } from "../platform/database-failure.ts";
import { type Db, inTransaction, type Prisma, type Tx } from "../platform/db.ts";
import type { Cart } from "./cart.ts";

const withLines = {
  lines: { include: { reward: true }, orderBy: { id: "asc" } },
} satisfies Prisma.CartInclude;

function toCart(row: Prisma.CartGetPayload<{ include: typeof withLines }>): Cart {
  return {
    id: row.id,
    customerId: row.customerId,
    version: row.version,
    lines: row.lines.map((line) => ({
      id: line.id,
      reward: toReward(line.reward),
      quantity: line.quantity,
      seenPoints: Number(line.seenPoints),
      payWith: line.payWith,
      groupId: line.groupId,
    })),
  };
}

/**
 * For a customer without a cart while the database is read-only. It equals the cart that will be created later, except
 * for the id.
 */
const emptyCart = (customerId: string): Cart => ({ id: randomUUID(), customerId, version: FIRST_VERSION, lines: [] });
const FIRST_VERSION = 0;

export interface CartStore {
  /** The open carts of these customers; creates missing ones. */
  open(customerIds: readonly string[]): Promise<Cart[]>;
  byIds(ids: readonly string[]): Promise<Cart[]>;
  /** The carts that contain these lines. */
  byLineIds(lineIds: readonly string[]): Promise<Cart[]>;
  /** Runs `change` with the customer's open cart locked. */
  locked<T>(customerId: string, change: (tx: Tx, cart: Cart) => Promise<T>): Promise<T>;
}

export function makeCartStore(db: Db): CartStore {
  async function open(customerIds: readonly string[]): Promise<Cart[]> {
    const where = { customerId: { in: [...customerIds] }, status: "OPEN" as const };
    const found = await db.cart.findMany({ where, include: withLines });
    const missing = customerIds.filter((id) => !found.some((cart) => cart.customerId === id));
    if (missing.length === 0) return found.map(toCart);
    // A unique index permits one open cart for each customer, so one of two concurrent inserts creates it.
    const made = await db.cart
      .createMany({ data: missing.map((customerId) => ({ customerId })), skipDuplicates: true })
      .catch((error: unknown) => {
        if (databaseFailure(error) !== "read-only") throw error;
      });
    if (!made) return [...found.map(toCart), ...missing.map(emptyCart)];
    return (await db.cart.findMany({ where, include: withLines })).map(toCart);
  }

  return {
    open,
    byIds: async (ids) => (await db.cart.findMany({ where: { id: { in: [...ids] } }, include: withLines })).map(toCart),
    async byLineIds(lineIds) {
      const where = { lines: { some: { id: { in: [...lineIds] } } } };
      return (await db.cart.findMany({ where, include: withLines })).map(toCart);
    },
    locked: (customerId, change) =>
      inTransaction({ db, lane: `customer ${customerId}` }, async (tx) =>
        change(tx, await lockOpenCart(tx, customerId)),
      ),
  };
}

/** The customer's open cart, locked until the transaction ends. */
export async function lockOpenCart(tx: Tx, customerId: string): Promise<Cart> {
  const lock = () => tx.$queryRaw<{ id: string }[]>`
    select id from carts where customer_id = ${customerId} and status = 'OPEN' for update`;
  let [locked] = await lock();
  if (!locked) {
    // No cart existed, or it was ordered while this transaction waited for its lock.
    await tx.cart.createMany({ data: [{ customerId }], skipDuplicates: true });
    [locked] = await lock();
  }
  const row = await tx.cart.findUniqueOrThrow({ where: { id: locked?.id ?? "" }, include: withLines });
  return toCart(row);
}

export async function bumpVersion(tx: Tx, cart: Cart): Promise<void> {
  await tx.cart.update({ where: { id: cart.id }, data: { version: { increment: 1 } } });
}
