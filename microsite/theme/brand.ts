/**
 * The site's brand: this file, the colours in `brand.css`, the logo, the pages in `pages/` and the home page in
 * `home.ts`.
 */
export const brand = {
  name: "Tessera",
  /** Description for search engines and link previews. */
  description: "Spend your points on rewards.",
  /**
   * `upper-case`: the sign-in form changes typed customer numbers to capital letters; `as-typed`: it leaves them
   * unchanged.
   */
  customerIds: "upper-case" as "upper-case" | "as-typed",
  /** Default country of an address: ISO 3166-1 alpha-2. */
  country: "IN",
  /** Region of the English locale if the browser names none. */
  region: "IN",
  /** Pages in `pages/` that the footer links to, in this order. */
  pages: ["help", "terms", "privacy", "contact"],
};
