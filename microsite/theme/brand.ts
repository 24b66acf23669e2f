/** This site's brand: this file, its colours in `brand.css`, its logo, its pages in `pages/` and its home page in `home.ts`. */
export const brand = {
  name: "Tessera",
  /** For search engines, and for the preview of a link that is shared. */
  description: "Spend your points on rewards.",
  /** Whether customer numbers have capital letters only, so that small ones are typed for them; else they are sent as typed. */
  customerIds: "upper-case" as "upper-case" | "as-typed",
  /** Where an address most likely is: ISO 3166-1 alpha-2. */
  country: "IN",
  /** What English means where the browser does not say. */
  region: "IN",
  /** The pages in `pages/` that the footer links to, in this order. */
  pages: ["help", "terms", "privacy", "contact"],
};
