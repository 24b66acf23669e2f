import type { Tx } from "../platform/db.ts";
import { bumpVersion, lockOpenCart } from "./cart.store.ts";
import { MAX_LINES } from "./cart.ts";

/**
 * Puts the lines of an order that failed and was not charged into the customer's open cart. The larger quantity counts for a
 * reward that is in the cart again already, and lines that the cart has no room for are left out. A claimed prize was never in
 * a cart, and an integrator's cart never was the customer's.
 */
export async function putBack(tx: Tx, order: { id: string; customerId: string }): Promise<void> {
  const lines = await tx.orderLine.findMany({
    where: { orderId: order.id, order: { cartId: { not: null }, cart: { reference: null } } },
    orderBy: { position: "asc" },
  });
  if (lines.length === 0) return;
  const cart = await lockOpenCart(tx, order.customerId);
  const missing: typeof lines = [];
  for (const line of lines) {
    const { rewardId, payWith, groupId, quantity } = line;
    const there = cart.lines.find(
      (each) => each.reward.id === rewardId && each.payWith === payWith && each.groupId === groupId,
    );
    if (!there) missing.push(line);
    else if (there.quantity < quantity) await tx.cartLine.update({ where: { id: there.id }, data: { quantity } });
  }
  await tx.cartLine.createMany({
    data: missing
      .slice(0, Math.max(0, MAX_LINES - cart.lines.length))
      .map(({ rewardId, payWith, groupId, quantity, unitPoints }) => ({
        cartId: cart.id,
        rewardId,
        quantity,
        seenPoints: unitPoints,
        payWith,
        groupId,
      })),
  });
  await bumpVersion(tx, cart);
}
