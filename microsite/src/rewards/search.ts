import type { RewardFilter, RewardKind, RewardSort, WalletInput } from "../graphql/generated/graphql.ts";

export const kinds = ["E_GIFT_VOUCHER", "MERCHANDISE", "COUPON"] as const satisfies RewardKind[];
export const sorts = ["POPULAR", "POINTS_ASC", "POINTS_DESC", "NEWEST", "NAME"] as const satisfies RewardSort[];

/** What the catalogue is asked for, as its address says: it can be sent to a friend, and the back button works. */
export interface Search {
  text: string;
  kind: RewardKind | null;
  category: string;
  sort: RewardSort;
  /** A group's id, or empty for one's own points. */
  group: string;
  isWithin: boolean;
}

const among = <Value extends string>(values: readonly Value[], text: string | null) =>
  values.find((value) => value === text);

export const readSearch = (params: URLSearchParams): Search => ({
  text: params.get("q") ?? "",
  kind: among(kinds, params.get("kind")) ?? null,
  category: params.get("category") ?? "",
  sort: among(sorts, params.get("sort")) ?? "POPULAR",
  group: params.get("group") ?? "",
  isWithin: params.get("within") === "1",
});

export function writeSearch(search: Search): URLSearchParams {
  const { text, kind, category, sort, group, isWithin } = search;
  const given = { q: text, kind, category, sort: sort === "POPULAR" ? "" : sort, group, within: isWithin ? "1" : "" };
  return new URLSearchParams(Object.entries(given).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** A search shows the best match first, until another order is chosen. */
export const sortOf = ({ text, sort }: Search): RewardSort => (text.trim() && sort === "POPULAR" ? "RELEVANCE" : sort);

export const walletOf = (group: string): WalletInput =>
  group ? { payWith: "GROUP", groupWalletId: group } : { payWith: "INDIVIDUAL" };

export function filterOf({ text, kind, category, group, isWithin }: Search, isSignedIn: boolean): RewardFilter {
  return {
    payableWith: group ? ["GROUP"] : ["INDIVIDUAL", "GROUP"], // rewards that no wallet can pay for are not shown
    ...(text.trim() && { search: text.trim() }),
    ...(kind && { kinds: [kind] }),
    ...(category && { categories: [category] }),
    ...(isWithin && isSignedIn && { affordableWith: walletOf(group) }),
  };
}

/** How many filters narrow or sort the catalogue, besides the search text. */
export const filterCount = ({ kind, category, sort, group, isWithin }: Search): number =>
  [kind, category, sort !== "POPULAR", group, isWithin].filter(Boolean).length;
