import { customerFor } from "../auth/auth.resolvers.ts";
import { maySee } from "../auth/viewer.ts";
import { MAX_PAGE } from "./connection.ts";
import type { Context } from "./context.ts";
import { badUserInput } from "./errors.ts";
import type { Resolvers } from "./generated/resolvers.ts";
import { customerIdOf, fromGlobalId, type GlobalType, groupIdOf, uuidOf } from "./global-id.ts";

type Finder = (globalId: string, context: Context) => object | null | Promise<object | null>;

/** How each kind of node is found, for a viewer who may see it. */
const finders: Partial<Record<GlobalType, Finder>> = {
  Customer: (id, { viewer }) => customerFor(customerIdOf("Customer", id), viewer),
  Wallet(id, { viewer, loaders }) {
    const customer = customerFor(customerIdOf("Wallet", id), viewer);
    return customer && loaders.wallet.load(customer.customerId);
  },
  GroupWallet(id, { loaders }) {
    const groupId = groupIdOf(id);
    return groupId === null ? null : loaders.group.load({ groupId });
  },
  Reward(id, { loaders }) {
    const rewardId = uuidOf("Reward", id);
    return rewardId ? loaders.reward.load(rewardId) : null;
  },
  async Cart(id, { viewer, loaders }) {
    const cartId = uuidOf("Cart", id);
    const cart = cartId ? await loaders.cart.load(cartId) : null;
    return cart && maySee(viewer, cart.customerId) ? cart : null;
  },
  async Order(id, { viewer, loaders }) {
    const orderId = uuidOf("Order", id);
    const order = orderId ? await loaders.order.load(orderId) : null;
    return order && maySee(viewer, order.customerId) ? order : null;
  },
};

async function find(globalId: string, context: Context) {
  const type = fromGlobalId(globalId)?.type;
  if (type === undefined || !Object.hasOwn(finders, type)) return null;
  const found = await finders[type as GlobalType]?.(globalId, context);
  // The interface needs to know which type it is, and rows of the database do not say.
  return found ? Object.assign(Object.create(null), found, { __typename: type }) : null;
}

export function nodeResolvers(): Resolvers {
  return {
    Query: {
      node: (_, { id }, context) => find(id, context),
      nodes(_, { ids }, context) {
        if (ids.length > MAX_PAGE) throw badUserInput("ids", `at most ${MAX_PAGE}, found ${ids.length}`);
        // Each by itself: one that cannot be read now does not darken the others.
        return ids.map((id) => find(id, context));
      },
    },
    Node: { __resolveType: (node) => typeNameOf(node) as "Reward" },
    MemberEvent: { __resolveType: (event) => typeNameOf(event) as "AwardMade" },
    UserError: { __resolveType: (error) => typeNameOf(error) as "BasicUserError" },
  };
}

const typeNameOf = (value: object): string => ("__typename" in value ? String(value.__typename) : "");
