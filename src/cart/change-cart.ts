import type { Reward } from "../catalog/reward.ts";
import { toReward } from "../catalog/reward.ts";
import type { WalletKind } from "../graphql/generated/resolvers.ts";
import type { Clock } from "../platform/clock.ts";
import type { Tx } from "../platform/db.ts";
import { type Refusal, refusal } from "../refusal.ts";
import { bumpVersion, type CartStore } from "./cart.store.ts";
import {
  type Cart,
  type CartLine,
  insufficientPoints,
  limitReached,
  linePoints,
  MAX_LINES,
  MAX_QUANTITY,
  offOffer,
  soldOut,
  unsupportedWallet,
} from "./cart.ts";

/** The customer whose cart is changed, and how their points are read: null while they cannot be. */
export interface CartOwner {
  customerId: string;
  available(): Promise<number | null>;
}

export interface ChangeCart {
  /** Each answers null when done, or why not. Checked and done under the cart's lock, so nothing is lost between two at once. */
  add(
    owner: CartOwner,
    input: { rewardId: string; quantity: number; payWith: WalletKind; expectedVersion?: number | undefined },
  ): Promise<Refusal | null>;
  update(
    owner: CartOwner,
    input: {
      lineId: string;
      quantity?: number | undefined;
      payWith?: WalletKind | undefined;
      expectedVersion?: number | undefined;
    },
  ): Promise<Refusal | null>;
  remove(owner: CartOwner, input: { lineId: string; expectedVersion?: number | undefined }): Promise<Refusal | null>;
  clear(owner: CartOwner): Promise<void>;
}

export interface ChangeCartDeps {
  carts: CartStore;
  redeemedUnits(tx: Tx, customerId: string, rewardIds: readonly string[]): Promise<Map<string, number>>;
  clock: Clock;
}

export function makeChangeCart({ carts, redeemedUnits, clock }: ChangeCartDeps): ChangeCart {
  /** Whether the cart may hold this line as it would then be. Only what grows is checked: a customer may always take less. */
  async function growthRefusal(
    tx: Tx,
    cart: Cart,
    line: CartLine,
    owner: CartOwner,
    available: number | null,
  ): Promise<Refusal | null> {
    const { reward } = line;
    const others = cart.lines.filter((other) => other.id !== line.id);
    const wanted =
      line.quantity + others.filter((o) => o.reward.id === reward.id).reduce((sum, o) => sum + o.quantity, 0);
    const total =
      linePoints(line) + others.filter((o) => o.payWith === line.payWith).reduce((sum, o) => sum + linePoints(o), 0);
    const already =
      reward.limitPerCustomer === null
        ? 0
        : ((await redeemedUnits(tx, owner.customerId, [reward.id])).get(reward.id) ?? 0);
    const found =
      offOffer(reward, clock.now()) ??
      unsupportedWallet(reward, line.payWith) ??
      soldOut(reward, wanted) ??
      limitReached(reward, wanted, already);
    if (found) return found;
    if (!Number.isSafeInteger(total)) return quantityInvalid("These are more points than can be counted.");
    // Points that cannot be read now are checked when the order is placed.
    return available !== null && total > available ? insufficientPoints(total, available).refusal : null;
  }

  const guarded = (
    owner: CartOwner,
    expectedVersion: number | undefined,
    change: (tx: Tx, cart: Cart) => Promise<Refusal | null>,
  ) =>
    carts.locked(owner.customerId, async (tx, cart) => {
      if (expectedVersion !== undefined && expectedVersion !== cart.version) return conflict(cart);
      const found = await change(tx, cart);
      if (!found) await bumpVersion(tx, cart);
      return found;
    });

  return {
    async add(owner, { rewardId, quantity, payWith, expectedVersion }) {
      if (!isQuantity(quantity, 1)) return quantityInvalid(`Between 1 and ${MAX_QUANTITY} can be added.`);
      const available = await owner.available();
      return guarded(owner, expectedVersion, async (tx, cart) => {
        const row = await tx.reward.findUnique({ where: { id: rewardId } });
        if (!row) return refusal("REWARD_NOT_FOUND", "There is no such reward.", ["input", "rewardId"]);
        const reward: Reward = toReward(row);
        const existing = cart.lines.find((line) => line.reward.id === rewardId && line.payWith === payWith);
        if (!existing && cart.lines.length >= MAX_LINES)
          return quantityInvalid(`A cart holds at most ${MAX_LINES} lines.`);
        const total = (existing?.quantity ?? 0) + quantity;
        if (total > MAX_QUANTITY)
          return quantityInvalid(`A line holds at most ${MAX_QUANTITY}; there are ${existing?.quantity ?? 0} already.`);

        const line = {
          id: existing?.id ?? "",
          reward,
          quantity: total,
          seenPoints: reward.points,
          payWith,
          groupId: null,
        };
        const found = await growthRefusal(tx, cart, line, owner, available);
        if (found) return found;
        if (existing) await tx.cartLine.update({ where: { id: existing.id }, data: { quantity: total } });
        else
          await tx.cartLine.create({
            data: { cartId: cart.id, rewardId, quantity, payWith, seenPoints: reward.points },
          });
        return null;
      });
    },

    async update(owner, { lineId, quantity, payWith, expectedVersion }) {
      if (quantity !== undefined && !isQuantity(quantity, 0)) {
        return quantityInvalid(`A line holds 1 to ${MAX_QUANTITY}; 0 removes it.`);
      }
      const available = await owner.available();
      return guarded(owner, expectedVersion, async (tx, cart) => {
        const line = cart.lines.find((candidate) => candidate.id === lineId);
        if (!line) return lineNotFound();
        if (quantity === 0) {
          await tx.cartLine.delete({ where: { id: lineId } });
          return null;
        }
        const next = { ...line, quantity: quantity ?? line.quantity, payWith: payWith ?? line.payWith };
        const grows = next.quantity > line.quantity || next.payWith !== line.payWith;
        const found = grows ? await growthRefusal(tx, cart, next, owner, available) : null;
        if (found) return found;
        const twin = cart.lines.find(
          (o) => o.id !== lineId && o.reward.id === line.reward.id && o.payWith === next.payWith,
        );
        if (twin)
          return refusal("WALLET_NOT_SUPPORTED", "Another line already pays for this reward from that wallet.", [
            "input",
            "payWith",
          ]);
        const data = { quantity: next.quantity, payWith: next.payWith, seenPoints: line.reward.points };
        await tx.cartLine.update({ where: { id: lineId }, data });
        return null;
      });
    },

    remove: (owner, { lineId, expectedVersion }) =>
      guarded(owner, expectedVersion, async (tx, cart) => {
        if (!cart.lines.some((line) => line.id === lineId)) return lineNotFound();
        await tx.cartLine.delete({ where: { id: lineId } });
        return null;
      }),

    async clear(owner) {
      await guarded(owner, undefined, async (tx, cart) => {
        await tx.cartLine.deleteMany({ where: { cartId: cart.id } });
        return null;
      });
    },
  };
}

const isQuantity = (value: number, min: number) => Number.isInteger(value) && value >= min && value <= MAX_QUANTITY;
const quantityInvalid = (message: string) => refusal("QUANTITY_INVALID", message, ["input", "quantity"]);
export const lineNotFound = () => refusal("LINE_NOT_FOUND", "The cart has no such line.", ["input", "lineId"]);

export function conflict(cart: Cart): Refusal {
  const message = "The cart changed meanwhile. Look at it again.";
  return { __typename: "CartConflict", code: "CART_CONFLICT", message, currentVersion: cart.version };
}
