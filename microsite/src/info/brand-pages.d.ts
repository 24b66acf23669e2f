/** Generated from the Markdown files in `theme/pages/` at build time, see `scripts/site-pages.ts`. */
declare module "virtual:brand-pages" {
  import type { PageNode } from "../../../scripts/site-pages.ts";
  /** Titles by page slug and language. */
  export const titles: Record<string, Record<string, string>>;
  /** Loads a page's content, by slug and language: `help.en`. */
  export const loaders: Record<string, () => Promise<{ default: PageNode[] }>>;
}
