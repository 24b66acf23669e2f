import { type PurchaseLoaders, queryThroughLoaders } from "../catalog/index.ts";
import { type Refusal, refusal } from "../domain/refusal.ts";
import { maySee } from "../domain/viewer.ts";
import type { Context } from "../graphql/context.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { groupIdOf, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireCustomer } from "../graphql/guards.ts";
import type { Clock } from "../platform/clock.ts";
import { availableIn } from "../wallet/index.ts";
import { assessCart, type CartAssessment } from "./assess-cart.ts";
import type { CartLoaders } from "./cart.loaders.ts";
import { type Cart, type CartLine, linePoints, pointsOf } from "./cart.ts";
import { type CartFacts, concernsCapillary, noCapillaryFacts, orNull, queryCapillary } from "./cart-facts.ts";
import { type CartOwner, type ChangeCart, type ExternalFacts, lineNotFound } from "./change-cart.ts";

export interface CartDeps {
  changeCart: ChangeCart;
  ledger: CartFacts["ledger"];
  clock: Clock;
}

type CartContext = Context<CartLoaders & PurchaseLoaders>;

export function cartResolvers({ changeCart, ledger, clock }: CartDeps): Resolvers {
  const assessments = new WeakMap<Cart, Promise<CartAssessment>>();

  /** Assesses a cart once in each operation, shared by all its fields. */
  function assess(cart: Cart, context: CartContext): Promise<CartAssessment> {
    const known = assessments.get(cart);
    if (known) return known;
    const assessment = (async () => {
      const limited = cart.lines.filter((line) => line.reward.limitPerCustomer !== null).map((line) => line.reward.id);
      const [available, external, redeemed] = await Promise.all([
        cart.lines.some(({ payWith }) => payWith === "INDIVIDUAL") ? availableTo(cart.customerId, context) : null,
        externalFactsOf(cart.lines, cart.customerId, context),
        context.loaders.redeemedUnits.loadMany(limited),
      ]);
      const alreadyRedeemed = new Map(limited.map((id, index) => [id, numberOrThrow(redeemed[index])]));
      return assessCart(cart, { available, ...external, alreadyRedeemed, ledger, now: clock.now() });
    })();
    assessments.set(cart, assessment);
    return assessment;
  }

  const owner = (context: CartContext): CartOwner => {
    const { customerId } = requireCustomer(context);
    return {
      customerId,
      available: () => availableTo(customerId, context),
      capillary: (line) => externalFactsOf([line], customerId, context),
    };
  };

  /**
   * Reads Capillary's facts about these lines. Held points are read before balances: points that are taken in between
   * are then counted twice rather than never.
   */
  async function externalFactsOf(
    lines: readonly CartLine[],
    customerId: string,
    { loaders }: CartContext,
  ): Promise<ExternalFacts> {
    if (!concernsCapillary(lines)) return { capillary: noCapillaryFacts, heldByGroup: new Map() };
    const groupIds = [...new Set(lines.flatMap(({ groupId }) => groupId ?? []))];
    const held = await loaders.heldGroupPoints.loadMany(groupIds);
    return {
      heldByGroup: new Map(groupIds.map((id, index) => [id, numberOrThrow(held[index])])),
      capillary: await queryCapillary(lines, queryThroughLoaders(loaders, customerId), ledger),
    };
  }

  async function payload(context: CartContext, found: Refusal | null) {
    const { customerId } = requireCustomer(context);
    const cart = await context.loaders.openCart.clear(customerId).load(customerId);
    return { cart, userErrors: found ? [found] : [] };
  }

  return {
    Customer: {
      cart: ({ customerId }, _, { loaders }) => loaders.openCart.load(customerId),
    },

    Mutation: {
      async addToCart(_, { input }, context) {
        const customer = owner(context);
        const rewardId = uuidOf("Reward", input.rewardId);
        const found = rewardId
          ? await changeCart.add(customer, {
              rewardId,
              quantity: input.quantity ?? 1,
              payWith: input.payWith ?? "INDIVIDUAL",
              groupId: groupWanted(input.groupWalletId),
              expectedVersion: input.expectedVersion ?? undefined,
            })
          : refusal("REWARD_NOT_FOUND", "Reward not found.", ["input", "rewardId"]);
        return payload(context, found);
      },

      async updateCartLine(_, { input }, context) {
        const customer = owner(context);
        const lineId = uuidOf("CartLine", input.lineId);
        const found = lineId
          ? await changeCart.update(customer, {
              lineId,
              quantity: input.quantity ?? undefined,
              payWith: input.payWith ?? undefined,
              groupId: groupWanted(input.groupWalletId),
              expectedVersion: input.expectedVersion ?? undefined,
            })
          : lineNotFound();
        return payload(context, found);
      },

      async removeCartLine(_, { input }, context) {
        const customer = owner(context);
        const lineId = uuidOf("CartLine", input.lineId);
        const expectedVersion = input.expectedVersion ?? undefined;
        return payload(
          context,
          lineId ? await changeCart.remove(customer, { lineId, expectedVersion }) : lineNotFound(),
        );
      },

      async clearCart(_, __, context) {
        await changeCart.clear(owner(context));
        return payload(context, null);
      },
    },

    Cart: {
      async __resolveReference({ id }, { viewer, loaders }) {
        const cartId = uuidOf("Cart", id);
        const cart = cartId ? await loaders.cart.load(cartId) : null;
        return cart && maySee(viewer, cart.customerId) ? cart : null;
      },
      id: ({ id }) => toGlobalId("Cart", id),
      total: (cart) => pointsOf(cart.lines),
      funding: async (cart, _, context) => (await assess(cart, context)).funding,
      problems: async (cart, _, context) => (await assess(cart, context)).problems,
      readyToOrder: async (cart, _, context) =>
        cart.lines.length > 0 && (await assess(cart, context)).problems.length === 0,
    },

    CartLine: {
      async __resolveReference({ id }, { viewer, loaders }) {
        const lineId = uuidOf("CartLine", id);
        const cart = lineId ? await loaders.cartOfLine.load(lineId) : null;
        return (cart && maySee(viewer, cart.customerId) && cart.lines.find((line) => line.id === lineId)) || null;
      },
      id: ({ id }) => toGlobalId("CartLine", id),
      unitPoints: ({ reward }) => reward.points,
      points: (line) => linePoints(line),
      groupWallet: ({ groupId }, _, { loaders }) => (groupId === null ? null : loaders.group.load({ groupId })),
    },

    CartFunding: {
      groupWallet: ({ groupId }, _, { loaders }) => (groupId === null ? null : loaders.group.load({ groupId })),
    },

    CartProblem: {
      lineId: ({ line }) => (line ? toGlobalId("CartLine", line.id) : null),
    },
  };
}

/** The points that the customer's own wallet can spend; null while it cannot be read. */
const availableTo = (customerId: string, { loaders }: CartContext): Promise<number | null> =>
  orNull(loaders.wallet.load(customerId).then(availableIn));

/** An id of another type counts as the id of an unknown group. */
const groupWanted = (globalId: string | null | undefined) =>
  globalId == null ? undefined : (groupIdOf(globalId) ?? "");

function numberOrThrow(value: number | Error | undefined): number {
  if (value instanceof Error) throw value;
  return value ?? 0;
}
