import DataLoader from "dataloader";
import type { CartStore } from "./cart.store.ts";
import type { Cart } from "./cart.ts";

export interface CartLoaders {
  /** By customer. */
  openCart: DataLoader<string, Cart>;
  cart: DataLoader<string, Cart | null>;
  cartOfLine: DataLoader<string, Cart | null>;
}

export function cartLoaders(carts: CartStore, options: { cache: boolean }): CartLoaders {
  return {
    openCart: new DataLoader<string, Cart>(async (customerIds) => {
      const found = new Map((await carts.open(customerIds)).map((cart) => [cart.customerId, cart]));
      return customerIds.map((id) => found.get(id) ?? new Error(`no open cart of ${id}`));
    }, options),

    cart: new DataLoader<string, Cart | null>(async (ids) => {
      const found = new Map((await carts.byIds(ids)).map((cart) => [cart.id, cart]));
      return ids.map((id) => found.get(id) ?? null);
    }, options),

    cartOfLine: new DataLoader<string, Cart | null>(async (lineIds) => {
      const found = await carts.byLineIds(lineIds);
      return lineIds.map((id) => found.find(({ lines }) => lines.some((line) => line.id === id)) ?? null);
    }, options),
  };
}
