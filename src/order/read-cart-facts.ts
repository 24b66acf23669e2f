import {
  type CapillaryFacts,
  type Cart,
  type CartFacts,
  concernsCapillary,
  noCapillaryFacts,
  pointsOf,
  queryCapillary,
} from "../cart/index.ts";
import type { UncachedQueries } from "../catalog/index.ts";
import type { Tx } from "../platform/db.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import type { OrderStore } from "./order.store.ts";

/** Capillary's facts about a cart. They are valid for this version of this cart only. */
export interface QueriedFacts {
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
  query(cart: Cart): Promise<QueriedFacts>;
  /**
   * Returns the facts, with the points held of each group, if they were read for this cart; null if they must be read
   * (again). Locks the groups against other orders until the transaction ends.
   */
  answers(
    tx: Tx,
    cart: Cart,
    queried: QueriedFacts | null,
  ): Promise<Pick<CartFacts, "capillary" | "heldByGroup"> | null>;
}

export interface ReadCartFactsDeps {
  orders: Pick<OrderStore, "heldGroupPoints" | "takenFromGroups">;
  uncachedQueries: UncachedQueries;
  ledger: CartFacts["ledger"];
}

export function makeReadCartFacts({ orders, uncachedQueries, ledger }: ReadCartFactsDeps): ReadCartFacts {
  const share = makeSingleFlight<QueriedFacts>();

  return {
    query: ({ id: cartId, version, customerId, lines }) =>
      share(`${cartId}@${version}`, async () => {
        const taken = await orders.takenFromGroups(groupsOf(lines));
        return { cartId, version, taken, capillary: await queryCapillary(lines, uncachedQueries(customerId), ledger) };
      }),

    async answers(tx, { id, version, lines }, queried) {
      if (!concernsCapillary(lines)) return { capillary: noCapillaryFacts, heldByGroup: new Map() };
      if (queried?.cartId !== id || queried.version !== version) return null;
      const { capillary } = queried;
      const heldByGroup = new Map<string, number>();
      const groupIds = groupsOf(lines);
      if (groupIds.length === 0) return { capillary, heldByGroup };
      await tx.$executeRaw`
        select pg_advisory_xact_lock(hashtextextended('group ' || id, 0)) from unnest(${groupIds}::text[]) id`;
      const held = await orders.heldGroupPoints(groupIds, tx);
      const taken = await orders.takenFromGroups(groupIds, tx);
      for (const groupId of groupIds) {
        const open = held.get(groupId) ?? 0;
        const since = (taken.get(groupId) ?? 0) - (queried.taken.get(groupId) ?? 0);
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
