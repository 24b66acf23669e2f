/** Made of the Markdown files in `theme/pages/` when the site is built, see `scripts/site-pages.ts`. */
declare module "virtual:brand-pages" {
  import type { PageNode } from "../../../scripts/site-pages.ts";
  /** The title of each page, by its name in addresses and the language. */
  export const titles: Record<string, Record<string, string>>;
  /** Loads the content of a page, by its name and language: `help.en`. */
  export const loaders: Record<string, () => Promise<{ default: PageNode[] }>>;
}
