import { askCapillary, type CapillaryFacts, concernsCapillary, nothingAsked } from "../cart/capillary-facts.ts";
import type { Cart, CartFacts } from "../cart/cart.ts";
import type { AskCapillary } from "../catalog/ask-capillary.ts";
import type { Tx } from "../platform/db.ts";
import type { OrderStore } from "./order.store.ts";

/** What Capillary said of a cart, and of which: its answers are good for that version and for no other. */
export interface Asked {
  cartId: string;
  version: number;
  /** How many movements of each group were settled before its balance was read. */
  settled: ReadonlyMap<string, number>;
  capillary: CapillaryFacts;
}

export interface AskAboutCart {
  /** Asks everything, past all that is shared. Never within a transaction. */
  ask(cart: Cart): Promise<Asked>;
  /**
   * What was asked, with what open orders hold of each group, if it is still good; null if it has to be asked again. From
   * then on nobody else places an order on these groups until the transaction ends.
   */
  answers(tx: Tx, cart: Cart, asked: Asked | null): Promise<Pick<CartFacts, "capillary" | "heldByGroup"> | null>;
}

export interface AskAboutCartDeps {
  orders: Pick<OrderStore, "heldGroupPoints" | "settledOfGroups">;
  askFresh(customerId: string): AskCapillary;
  ledger: CartFacts["ledger"];
}

export function makeAskAboutCart({ orders, askFresh, ledger }: AskAboutCartDeps): AskAboutCart {
  return {
    async ask({ id: cartId, version, customerId, lines }) {
      const settled = await orders.settledOfGroups(groupsOf(lines));
      return { cartId, version, settled, capillary: await askCapillary(lines, askFresh(customerId), ledger) };
    },

    async answers(tx, cart, asked) {
      if (!concernsCapillary(cart.lines)) return { capillary: nothingAsked, heldByGroup: new Map() };
      if (asked?.cartId !== cart.id || asked.version !== cart.version) return null;
      const { capillary } = asked;
      const groupIds = groupsOf(cart.lines);
      if (groupIds.length === 0) return { capillary, heldByGroup: new Map() };
      await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended('group ' || id, 0)) from unnest(${groupIds}::text[]) id`;
      const settled = await orders.settledOfGroups(groupIds, tx);
      if (groupIds.some((id) => settled.get(id) !== asked.settled.get(id))) return null;
      return { capillary, heldByGroup: await orders.heldGroupPoints(groupIds, tx) };
    },
  };
}

/** Always in the same order, so that two orders do not wait for each other's groups. */
const groupsOf = (lines: Cart["lines"]): string[] => [...new Set(lines.flatMap(({ groupId }) => groupId ?? []))].sort();
