import type { HomeSection } from "../src/home/home-section.ts";

/**
 * Sections of the home page below the balance, from top to bottom. Remove or reorder them freely; a section without
 * content is not shown.
 *
 * A collection shows the eight most popular rewards of a catalogue search and links to all of them. Its title needs an
 * English text; titles in the site's other languages are optional.
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
