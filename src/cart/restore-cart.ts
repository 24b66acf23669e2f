import type { Tx } from "../platform/db.ts";
import { bumpVersion, lockOpenCart } from "./cart.store.ts";
import { MAX_LINES } from "./cart.ts";

/**
 * Puts the lines of a failed order without a charge back into the customer's open cart. If the cart contains the reward
 * again, the larger quantity counts; lines that exceed the cart's size are dropped. Claimed prizes and integrators'
 * carts are excluded, because their lines never were in this cart.
 */
export async function restoreCart(tx: Tx, order: { id: string; customerId: string }): Promise<void> {
  const lines = await tx.orderLine.findMany({
    where: { orderId: order.id, order: { cartId: { not: null }, cart: { reference: null } } },
    orderBy: { position: "asc" },
  });
  if (lines.length === 0) return;
  const cart = await lockOpenCart(tx, order.customerId);
  const missing: typeof lines = [];
  for (const line of lines) {
    const { rewardId, payWith, groupId, quantity } = line;
    const existing = cart.lines.find(
      (each) => each.reward.id === rewardId && each.payWith === payWith && each.groupId === groupId,
    );
    if (!existing) missing.push(line);
    else if (existing.quantity < quantity) await tx.cartLine.update({ where: { id: existing.id }, data: { quantity } });
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
