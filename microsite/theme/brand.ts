import logo from "./logo.svg";

/** What makes this site one brand's: this file, its colours in `brand.css`, and its logo. */
export const brand = {
  name: "Tessera",
  logo,
  /** Whether customer numbers have capital letters only, so that small ones are typed for them; else they are sent as typed. */
  customerIds: "upper-case" as "upper-case" | "as-typed",
  /** Where an address most likely is: ISO 3166-1 alpha-2. */
  country: "IN",
  /** What English means where the browser does not say. */
  region: "IN",
};
