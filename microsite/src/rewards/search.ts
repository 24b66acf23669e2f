import type { RewardFilter, RewardKind, RewardSort, WalletInput } from "../graphql/generated/graphql.ts";

export const kinds = ["E_GIFT_VOUCHER", "MERCHANDISE", "COUPON"] as const satisfies RewardKind[];
export const sorts = ["POPULAR", "POINTS_ASC", "POINTS_DESC", "NEWEST", "NAME"] as const satisfies RewardSort[];

/** Search of the catalogue, stored in the address, so it can be shared and the back button works. */
export interface Search {
  text: string;
  kind: RewardKind | null;
  category: string;
  sort: RewardSort;
  /** Group wallet's id; empty for the member's own points. */
  group: string;
  isWithin: boolean;
}

const oneOf = <Value extends string>(values: readonly Value[], text: string | null) =>
  values.find((value) => value === text);

export const readSearch = (params: URLSearchParams): Search => ({
  text: params.get("q") ?? "",
  kind: oneOf(kinds, params.get("kind")) ?? null,
  category: params.get("category") ?? "",
  sort: oneOf(sorts, params.get("sort")) ?? "POPULAR",
  group: params.get("group") ?? "",
  isWithin: params.get("within") === "1",
});

export function writeSearch(search: Search): URLSearchParams {
  const { text, kind, category, sort, group, isWithin } = search;
  const params = { q: text, kind, category, sort: sort === "POPULAR" ? "" : sort, group, within: isWithin ? "1" : "" };
  return new URLSearchParams(Object.entries(params).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** A search sorts by relevance until the reader chooses another order. */
export const sortOf = ({ text, sort }: Search): RewardSort => (text.trim() && sort === "POPULAR" ? "RELEVANCE" : sort);

export const walletOf = (group: string): WalletInput =>
  group ? { payWith: "GROUP", groupWalletId: group } : { payWith: "INDIVIDUAL" };

export function filterOf({ text, kind, category, group, isWithin }: Search, isSignedIn: boolean): RewardFilter {
  return {
    payableWith: group ? ["GROUP"] : ["INDIVIDUAL", "GROUP"], // hides rewards that no wallet can pay for
    ...(text.trim() && { search: text.trim() }),
    ...(kind && { kinds: [kind] }),
    ...(category && { categories: [category] }),
    ...(isWithin && isSignedIn && { affordableWith: walletOf(group) }),
  };
}

/** Returns the number of active filters, sort order included and search text excluded. */
export const filterCount = ({ kind, category, sort, group, isWithin }: Search): number =>
  [kind, category, sort !== "POPULAR", group, isWithin].filter(Boolean).length;
