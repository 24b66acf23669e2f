import DataLoader from "dataloader";
import type { PageBounds } from "../../graphql/connection.ts";
import type { Clock } from "../../platform/clock.ts";
import { type CheckInStatus, checkInStatus } from "./check-in-status.ts";
import type {
  EarnedCursor,
  EarnedReward,
  EarnedTotal,
  HeldTicket,
  HistoryStore,
  TicketCursor,
} from "./history.store.ts";

export type PageKey<Cursor> = PageBounds<Cursor> & { customerId: string };

export interface HistoryLoaders {
  award: DataLoader<string, EarnedReward | null>;
  awardByEffectKey: DataLoader<string, EarnedReward | null>;
  earned: DataLoader<PageKey<EarnedCursor>, EarnedReward[], string>;
  tickets: DataLoader<PageKey<TicketCursor>, HeldTicket[], string>;
  /** By customer. */
  earnedCount: DataLoader<string, number>;
  ticketCount: DataLoader<string, number>;
  rewardTotals: DataLoader<string, EarnedTotal[]>;
  checkIn: DataLoader<string, CheckInStatus>;
}

export function historyLoaders(
  store: HistoryStore,
  { clock, timeZone }: { clock: Clock; timeZone: string },
  options: { cache: boolean },
): HistoryLoaders {
  /** Reads the same page of many customers in one query. */
  const paged = <Cursor, Row extends { customerId: string }>(
    read: (customerIds: readonly string[], page: PageBounds<Cursor>) => Promise<Row[]>,
  ) => {
    const boundsOf = ({ customerId: _, ...bounds }: PageKey<Cursor>): PageBounds<Cursor> => bounds;
    const pageOf = ({ limit, after, before, backwards }: PageKey<Cursor>) =>
      JSON.stringify([limit, after, before, backwards]);
    return new DataLoader<PageKey<Cursor>, Row[], string>(
      async (keys) => {
        const found = new Map<string, Promise<Map<string, Row[]>>>();
        for (const [page, same] of Map.groupBy(keys, pageOf)) {
          const ids = [...new Set(same.map(({ customerId }) => customerId))];
          found.set(
            page,
            read(ids, boundsOf(same[0] as PageKey<Cursor>)).then((rows) =>
              Map.groupBy(rows, ({ customerId }) => customerId),
            ),
          );
        }
        return Promise.all(keys.map(async (key) => (await found.get(pageOf(key)))?.get(key.customerId) ?? []));
      },
      { ...options, cacheKeyFn: (key) => `${pageOf(key)} ${key.customerId}` },
    );
  };
  const byKey = (read: (keys: readonly string[]) => Promise<EarnedReward[]>, keyOf: (award: EarnedReward) => string) =>
    new DataLoader<string, EarnedReward | null>(async (keys) => {
      const found = new Map((await read(keys)).map((award) => [keyOf(award), award]));
      return keys.map((key) => found.get(key) ?? null);
    }, options);
  const counted = (count: (customerIds: readonly string[]) => Promise<Map<string, number>>) =>
    new DataLoader<string, number>(async (customerIds) => {
      const found = await count(customerIds);
      return customerIds.map((id) => found.get(id) ?? 0);
    }, options);

  return {
    award: byKey(store.byIds, ({ id }) => id),
    awardByEffectKey: byKey(store.byEffectKeys, ({ effectKey }) => effectKey),
    earned: paged(store.earned),
    tickets: paged(store.tickets),
    earnedCount: counted(store.countEarned),
    ticketCount: counted(store.countTickets),
    rewardTotals: new DataLoader<string, EarnedTotal[]>(async (customerIds) => {
      const found = Map.groupBy(await store.totals(customerIds), ({ customerId }) => customerId);
      return customerIds.map((id) => found.get(id) ?? []);
    }, options),
    checkIn: new DataLoader<string, CheckInStatus>(async (customerIds) => {
      const now = clock.now();
      const [dates, rule] = await Promise.all([store.checkIns(customerIds), store.checkInRule(now)]);
      return customerIds.map((id) => checkInStatus(dates.get(id) ?? [], { rule, now, timeZone }));
    }, options),
  };
}
