import {
  askCapillary,
  type CapillaryFacts,
  type Cart,
  type CartFacts,
  concernsCapillary,
  noCapillaryFacts,
  pointsOf,
} from "../cart/index.ts";
import type { AskFresh } from "../catalog/index.ts";
import type { Tx } from "../platform/db.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import type { OrderStore } from "./order.store.ts";

/** Capillary's facts about a cart. They are valid for this version of this cart only. */
export interface Asked {
  cartId: string;
  version: number;
  /** The points taken from each group before its balance was read. */
  taken: ReadonlyMap<string, number>;
  capillary: CapillaryFacts;
}

export interface ReadCartFacts {
  /**
   * Queries Capillary past the shared caches; only concurrent orders of the same cart share the answers. Must run
   * outside a transaction.
   */
  ask(cart: Cart): Promise<Asked>;
  /**
   * Returns the facts, with the points held of each group, if they were read for this cart; null if they must be read
   * (again). Locks the groups against other orders until the transaction ends.
   */
  answers(tx: Tx, cart: Cart, asked: Asked | null): Promise<Pick<CartFacts, "capillary" | "heldByGroup"> | null>;
}

export interface ReadCartFactsDeps {
  orders: Pick<OrderStore, "heldGroupPoints" | "takenFromGroups">;
  askFresh: AskFresh;
  ledger: CartFacts["ledger"];
}

export function makeReadCartFacts({ orders, askFresh, ledger }: ReadCartFactsDeps): ReadCartFacts {
  const share = makeSingleFlight<Asked>();

  return {
    ask: ({ id: cartId, version, customerId, lines }) =>
      share(`${cartId}@${version}`, async () => {
        const taken = await orders.takenFromGroups(groupsOf(lines));
        return { cartId, version, taken, capillary: await askCapillary(lines, askFresh(customerId), ledger) };
      }),

    async answers(tx, { id, version, lines }, asked) {
      if (!concernsCapillary(lines)) return { capillary: noCapillaryFacts, heldByGroup: new Map() };
      if (asked?.cartId !== id || asked.version !== version) return null;
      const { capillary } = asked;
      const heldByGroup = new Map<string, number>();
      const groupIds = groupsOf(lines);
      if (groupIds.length === 0) return { capillary, heldByGroup };
      await tx.$executeRaw`
        select pg_advisory_xact_lock(hashtextextended('group ' || id, 0)) from unnest(${groupIds}::text[]) id`;
      const held = await orders.heldGroupPoints(groupIds, tx);
      const taken = await orders.takenFromGroups(groupIds, tx);
      for (const groupId of groupIds) {
        const open = held.get(groupId) ?? 0;
        const since = (taken.get(groupId) ?? 0) - (asked.taken.get(groupId) ?? 0);
        // The balance may or may not reflect points taken since the request. They count as missing while the balance
        // covers that.
        const standing = capillary.groups.get(groupId);
        const wanted = pointsOf(lines.filter((line) => line.groupId === groupId));
        const left = standing?.isMember ? standing.balance - open - wanted : null;
        if (left !== null && left >= 0 && left < since) return null;
        heldByGroup.set(groupId, open + since);
      }
      return { capillary, heldByGroup };
    },
  };
}

/** Sorted, so that two orders lock their groups in the same sequence: that prevents deadlocks. */
const groupsOf = (lines: Cart["lines"]): string[] => [...new Set(lines.flatMap(({ groupId }) => groupId ?? []))].sort();
