import { makeReferencedCarts, type ReferencedCarts } from "../cart/index.ts";
import type { ReadProducts, Reward } from "../catalog/index.ts";
import type { OrderStore, PlaceOrder, RevealVoucher, WatchOrder } from "../order/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { makeRestPlaceOrder } from "./place-order.ts";
import { makeReadStatus } from "./read-status.ts";

export { mountRest } from "./routes.ts";

export interface RestOrderDeps {
  carts: ReferencedCarts;
  orders: OrderStore;
  placeOrder: PlaceOrder;
  revealVoucher: RevealVoucher;
  watchOrder: WatchOrder;
  rewardsByIds(ids: readonly string[]): Promise<Reward[]>;
  rewardsBySkus(skus: readonly string[]): Promise<Reward[]>;
  /** The points provider's token of a session; null if the session has ended. */
  clientToken(sessionId: string): Promise<string | null>;
  /** The longest wait for an order to be fulfilled, in milliseconds. */
  waitMs: number;
}

export interface RestPorts extends Omit<RestOrderDeps, "carts"> {
  db: Db;
  clock: Clock;
  readProducts: ReadProducts;
}

export type Rest = ReturnType<typeof openRest>;

/** The REST API: catalogue, orders and their status for integrators without GraphQL, on the storefront's use cases. */
export function openRest({ db, clock, readProducts, ...ports }: RestPorts) {
  const carts = makeReferencedCarts(db);
  return {
    readProducts: (page: { afterNumber: number; limit: number }) => readProducts({ ...page, now: clock.now() }),
    placeOrder: makeRestPlaceOrder({ ...ports, carts }),
    readStatus: makeReadStatus({ ...ports, carts }),
  };
}
