import { toReward } from "../catalog/index.ts";
import type { WalletKind } from "../domain/generated/words.ts";
import { type Refusal, refusal } from "../domain/refusal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Tx } from "../platform/db.ts";
import { asOfNow } from "./assess-cart.ts";
import { bumpVersion, type CartStore } from "./cart.store.ts";
import { type Cart, type CartLine, type CartProblem, isSameWallet, MAX_LINES, MAX_QUANTITY } from "./cart.ts";
import { type CapillaryFacts, type CartFacts, concernsCapillary, noCapillaryFacts } from "./cart-facts.ts";
import { fundingOf, insufficientPoints } from "./cart-funding.ts";
import { lineProblems, unsupportedWallet } from "./line-problems.ts";

/** The customer whose cart is changed, and the readers of that customer's facts in other systems. */
export interface CartOwner {
  customerId: string;
  /** The points that the customer's own wallet can spend; null while it cannot be read. */
  available(): Promise<number | null>;
  /** Capillary's facts about a line, and the points of its group that open orders are about to take. */
  capillary(line: CartLine): Promise<ExternalFacts>;
}

export type ExternalFacts = Pick<CartFacts, "capillary" | "heldByGroup">;

/** The requested payment of a line. */
export interface WalletWish {
  payWith?: WalletKind | undefined;
  groupId?: string | undefined;
}

export interface ChangeCart {
  /**
   * Each method returns null after the change, or a refusal. It checks and changes under the cart's lock, so concurrent
   * changes are not lost.
   */
  add(
    owner: CartOwner,
    input: WalletWish & { rewardId: string; quantity: number; expectedVersion?: number | undefined },
  ): Promise<Refusal | null>;
  /** An omitted wallet stays unchanged. Payment by the customer removes the group. */
  update(
    owner: CartOwner,
    input: WalletWish & { lineId: string; quantity?: number | undefined; expectedVersion?: number | undefined },
  ): Promise<Refusal | null>;
  remove(owner: CartOwner, input: { lineId: string; expectedVersion?: number | undefined }): Promise<Refusal | null>;
  clear(owner: CartOwner): Promise<void>;
}

export interface ChangeCartDeps {
  carts: CartStore;
  redeemedUnits(tx: Tx, customerId: string, rewardIds: readonly string[]): Promise<Map<string, number>>;
  ledger: CartFacts["ledger"];
  clock: Clock;
}

/** A line whose Capillary facts must be read before its evaluation, without a lock. */
interface MissingFacts {
  ask: CartLine;
}

export function makeChangeCart({ carts, redeemedUnits, ledger, clock }: ChangeCartDeps): ChangeCart {
  /**
   * Checks whether the cart may hold this line after the change. Only increases are checked: a customer may always
   * reduce a line.
   */
  async function growthRefusal(
    tx: Tx,
    cart: Cart,
    wanted: CartLine,
    owner: CartOwner,
    own: { available: number | null; external: ExternalFacts | null },
  ): Promise<Refusal | MissingFacts | null> {
    const unsupported = unsupportedWallet(wanted.reward, wanted.payWith);
    if (!unsupported && concernsCapillary([wanted]) && !isAbout(wanted, own.external)) return { ask: wanted };
    const { limitPerCustomer, id: rewardId } = wanted.reward;
    const facts: CartFacts = {
      available: own.available,
      ...(own.external ?? { capillary: noCapillaryFacts, heldByGroup: new Map() }),
      alreadyRedeemed: limitPerCustomer === null ? new Map() : await redeemedUnits(tx, owner.customerId, [rewardId]),
      ledger,
      now: clock.now(),
    };
    const line = asOfNow(wanted, facts);
    const others = cart.lines.filter((other) => other.id !== line.id);
    const unpayable = unsupported ? null : groupRefusal(line, facts.capillary);
    if (unpayable) return unpayable;
    const [problem] = lineProblems(line, [...others, line], facts).filter(isPermanent);
    if (problem) return problem.refusal;
    const funding = fundingOf(line, [...others, line], facts);
    if (!Number.isSafeInteger(funding.points)) return quantityInvalid("These are more points than can be counted.");
    // An unreadable balance is checked when the order is placed.
    if (funding.available === null || funding.shortBy === null) return null;
    const standing = facts.capillary.groups.get(line.groupId ?? "");
    return insufficientPoints(funding.points, funding.available, standing?.isMember ? standing.name : null).refusal;
  }

  /** Changes the cart under its lock. If facts are missing, reads them without the lock and then tries again. */
  async function guarded(
    owner: CartOwner,
    expectedVersion: number | undefined,
    change: (tx: Tx, cart: Cart, external: ExternalFacts | null) => Promise<Refusal | MissingFacts | null>,
  ): Promise<Refusal | null> {
    let external: ExternalFacts | null = null;
    for (;;) {
      const found: Refusal | MissingFacts | null = await carts.locked(owner.customerId, async (tx, cart) => {
        if (expectedVersion !== undefined && expectedVersion !== cart.version) return conflict(cart);
        const answer = await change(tx, cart, external);
        if (!answer) await bumpVersion(tx, cart);
        return answer;
      });
      if (!found || !("ask" in found)) return found;
      external = await owner.capillary(found.ask);
    }
  }

  return {
    async add(owner, { rewardId, quantity, payWith = "INDIVIDUAL", groupId = null, expectedVersion }) {
      if (!isQuantity(quantity, 1)) return quantityInvalid(`Between 1 and ${MAX_QUANTITY} can be added.`);
      const wallet = { payWith, groupId };
      const walletRefusal = walletRefusalOf(wallet);
      if (walletRefusal) return walletRefusal;
      const available = groupId === null ? await owner.available() : null;
      return guarded(owner, expectedVersion, async (tx, cart, external) => {
        const row = await tx.reward.findUnique({ where: { id: rewardId } });
        if (!row) return refusal("REWARD_NOT_FOUND", "Reward not found.", ["input", "rewardId"]);
        const reward = toReward(row);
        const existing = cart.lines.find((line) => line.reward.id === rewardId && isSameWallet(line, wallet));
        if (!existing && cart.lines.length >= MAX_LINES)
          return quantityInvalid(`A cart holds at most ${MAX_LINES} lines.`);
        const total = (existing?.quantity ?? 0) + quantity;
        if (total > MAX_QUANTITY)
          return quantityInvalid(`A line holds at most ${MAX_QUANTITY}; there are ${existing?.quantity ?? 0} already.`);

        const line = { id: existing?.id ?? "", reward, quantity: total, seenPoints: reward.points, ...wallet };
        const found = await growthRefusal(tx, cart, line, owner, { available, external });
        if (found) return found;
        if (existing) await tx.cartLine.update({ where: { id: existing.id }, data: { quantity: total } });
        else
          await tx.cartLine.create({
            data: { cartId: cart.id, rewardId, quantity, ...wallet, seenPoints: reward.points },
          });
        return null;
      });
    },

    async update(owner, { lineId, quantity, expectedVersion, ...wish }) {
      if (quantity !== undefined && !isQuantity(quantity, 0)) {
        return quantityInvalid(`A line holds 1 to ${MAX_QUANTITY}; 0 removes it.`);
      }
      const available = wish.groupId === undefined ? await owner.available() : null;
      return guarded(owner, expectedVersion, async (tx, cart, external) => {
        const line = cart.lines.find((candidate) => candidate.id === lineId);
        if (!line) return lineNotFound();
        if (quantity === 0) {
          await tx.cartLine.delete({ where: { id: lineId } });
          return null;
        }
        const wallet = walletWished(line, wish);
        const walletRefusal = walletRefusalOf(wallet);
        if (walletRefusal) return walletRefusal;
        const next = { ...line, quantity: quantity ?? line.quantity, ...wallet };
        const grows = next.quantity > line.quantity || !isSameWallet(next, line);
        const found = grows ? await growthRefusal(tx, cart, next, owner, { available, external }) : null;
        if (found) return found;
        const sameRewardLine = cart.lines.find(
          (o) => o.id !== lineId && o.reward.id === line.reward.id && isSameWallet(o, next),
        );
        if (sameRewardLine)
          return refusal("WALLET_NOT_SUPPORTED", "Another line already pays for this reward from that wallet.", [
            "input",
            "payWith",
          ]);
        const data = { quantity: next.quantity, ...wallet, seenPoints: line.reward.points };
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

/** The wallet of a line after the change. */
function walletWished(line: CartLine, { payWith, groupId }: WalletWish): Pick<CartLine, "payWith" | "groupId"> {
  const kind = payWith ?? line.payWith;
  const keptGroupId = kind === "GROUP" ? line.groupId : null;
  return { payWith: kind, groupId: groupId ?? keptGroupId };
}

const isAbout = ({ reward, groupId }: CartLine, external: ExternalFacts | null): boolean =>
  external?.capillary.views.has(reward.id) === true && (groupId === null || external.capillary.groups.has(groupId));

/** Refuses a group without `GROUP` payment, and `GROUP` payment without a group. */
function walletRefusalOf({ payWith, groupId }: Pick<CartLine, "payWith" | "groupId">): Refusal | null {
  if ((payWith === "GROUP") === (groupId !== null)) return null;
  const message =
    payWith === "GROUP" ? "Say which group is to pay." : "A group is only named where a group's points are to pay.";
  return refusal("INVALID_INPUT", message, ["input", "groupWalletId"]);
}

/**
 * Accepts a group only if the customer is certainly a member. Unknown groups and groups of others give the same answer.
 */
function groupRefusal({ groupId }: CartLine, { groups }: CapillaryFacts): Refusal | null {
  if (groupId === null) return null;
  const field = ["input", "groupWalletId"];
  const standing = groups.get(groupId) ?? null;
  if (!standing) {
    return refusal("UPSTREAM_UNAVAILABLE", "Your groups cannot be read right now. Try again in a moment.", field);
  }
  if (standing.isMember && standing.status !== "DELETED") return null;
  return refusal("GROUP_NOT_FOUND", "You are not in this group.", field);
}

/**
 * An unaccepted price does not prevent the change, and facts that cannot be read now are checked when the order is
 * placed.
 */
const isPermanent = ({ code }: CartProblem) => code !== "PRICE_CHANGED" && code !== "UPSTREAM_UNAVAILABLE";

const isQuantity = (value: number, min: number) => Number.isInteger(value) && value >= min && value <= MAX_QUANTITY;
const quantityInvalid = (message: string) => refusal("QUANTITY_INVALID", message, ["input", "quantity"]);
export const lineNotFound = () => refusal("LINE_NOT_FOUND", "The cart has no such line.", ["input", "lineId"]);

export function conflict(cart: Cart): Refusal {
  const message = "The cart changed meanwhile. Look at it again.";
  return { __typename: "CartConflict", code: "CART_CONFLICT", message, currentVersion: cart.version };
}
