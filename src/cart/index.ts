import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { cartLoaders } from "./cart.loaders.ts";
import { cartResolvers } from "./cart.resolvers.ts";
import { makeCartStore } from "./cart.store.ts";
import { type ChangeCartDeps, makeChangeCart } from "./change-cart.ts";

export { addressRequired, assessCart, type CartAssessment } from "./assess-cart.ts";
export { lockOpenCart } from "./cart.store.ts";
export { type Cart, type CartLine, MAX_LINES, MAX_QUANTITY, pointsOf } from "./cart.ts";
export {
  type CapillaryFacts,
  type CartFacts,
  concernsCapillary,
  noCapillaryFacts,
  queryCapillary,
} from "./cart-facts.ts";
export { conflict } from "./change-cart.ts";
export { makeReferencedCarts, type ReferencedCart, type ReferencedCarts } from "./referenced-cart.ts";
export { restoreCart } from "./restore-cart.ts";

export interface CartPorts {
  config: Config;
  db: Db;
  clock: Clock;
  redeemedUnits: ChangeCartDeps["redeemedUnits"];
}

/** The customer's open cart and its assessment. */
export function openCart({ config, db, clock, redeemedUnits }: CartPorts) {
  const ledger = config.capillary.individualLedger;
  const carts = makeCartStore(db);
  const changeCart = makeChangeCart({ carts, redeemedUnits, ledger, clock });
  return {
    resolvers: cartResolvers({ changeCart, ledger, clock }),
    loaders: (options: { cache: boolean }) => cartLoaders(carts, options),
  };
}
