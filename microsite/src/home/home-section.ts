import type { Search } from "../rewards/search.ts";

export interface Collection {
  kind: "collection";
  /** Unique on the page. */
  id: string;
  /** Titles by language; English is the fallback. */
  title: { en: string } & Record<string, string>;
  search: Partial<Omit<Search, "group">>;
}

/** A section of the home page, see `theme/home.ts`. */
export type HomeSection = { kind: "within-reach" | "wishes" | "orders" } | Collection;
