import type { HomeSection } from "../src/home/home-section.ts";

/**
 * The home page below the balance, from top to bottom. Leave a section out, or move it; a section without content is not shown.
 *
 * A collection shows the eight most popular rewards of a search of the catalogue, and links to all of them. It has a title in
 * English, and in the other languages of the site where you know it.
 */
export const home: HomeSection[] = [
  { kind: "within-reach" },
  { kind: "wishes" },
  {
    kind: "collection",
    id: "coffee",
    title: { en: "For coffee lovers", hi: "कॉफ़ी के शौकीनों के लिए", id: "Untuk pencinta kopi" },
    search: { category: "Coffee & Tea" },
  },
  { kind: "orders" },
  {
    kind: "collection",
    id: "evening",
    title: { en: "An evening out", hi: "शाम की सैर", id: "Malam di luar" },
    search: { category: "Entertainment" },
  },
];
