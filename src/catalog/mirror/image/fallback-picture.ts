import { letters } from "./letters.ts";

/** Outlines in a square of 24, by words of the category; the first match is drawn. */
const glyphs: readonly [RegExp, string][] = [
  [
    /coffee|tea|drink|cafe/i,
    "M4 8h13v6a5 5 0 0 1-5 5H9a5 5 0 0 1-5-5zM17 10h1.5a2.5 2.5 0 0 1 0 5H17M8 2.5V5M12.5 2.5V5",
  ],
  [
    /dining|food|snack|grocer|restaurant/i,
    "M7 3v7M4.5 3v4.5a2.5 2.5 0 0 0 5 0V3M7 10v11M17 3c-2.5 2-3 5-3 9h3zM17 3v18",
  ],
  [/electronic|gadget|mobile|game/i, "M13 2.5 5.5 13.5H11l-1 8 8-11.5h-5.5z"],
  [/cinema|entertainment|event|music|ticket/i, "M3 7h18v3a2 2 0 0 0 0 4v3H3v-3a2 2 0 0 0 0-4zM14 7v10"],
  [/fashion|cloth|shoe|style/i, "M9 4 4 6.5 5.5 11 8 10v10h8V10l2.5 1L20 6.5 15 4a3 3 0 0 1-6 0z"],
  [
    /book|stationery|learn/i,
    "M12 6C9.5 4.5 6.5 4 3.5 4.5V18c3-.5 6 0 8.5 1.5 2.5-1.5 5.5-2 8.5-1.5V4.5C17.5 4 14.5 4.5 12 6zM12 6v13.5",
  ],
  [/travel|flight|trip|stay/i, "M3 13.5 21 5l-4.5 15-4.5-6.5zM12 13.5 21 5"],
  [/wellness|health|beauty|spa/i, "M12 20c-6-3-8-8-7-13 5 .5 7 4 7 8 0-4 2-7.5 7-8 1 5-1 10-7 13zM12 20v-5"],
  [/sport|outdoor|fitness/i, "M2.5 19 9 7l4 7 2.5-4 6 9zM7 10.7l2 1.3 2-1.3"],
  [/kid|toy|baby/i, "M4 13h7v7H4zM13 13h7v7h-7zM8.5 4h7v7h-7z"],
  [/home|living|kitchen/i, "M4 11.5 12 4l8 7.5M6 10v10h12V10M10 20v-6h4v6"],
  [/cause|charity|donat/i, "M12 20S4 15 4 9a4 4 0 0 1 8-1.5A4 4 0 0 1 20 9c0 6-8 11-8 11z"],
];
const GIFT =
  "M4.5 11v9h15v-9M3.5 7.5h17V11h-17zM12 7.5V20M12 7.5C10.5 3 5.5 3 6.5 6c.5 1.5 3 1.5 5.5 1.5 2.5 0 5 0 5.5-1.5 1-3-4-3-5.5 1.5z";

/** The hue of a brand: the same for all its rewards. */
const hueOf = (brand: string): number =>
  [...brand].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);

/**
 * A placeholder for an unavailable picture: a card in the hue of its brand, with the brand's initial and a symbol of
 * the category. It uses no text element, so it needs no font.
 *
 * @returns an SVG document of 800 by 600
 */
export function fallbackPicture({ brand, category }: { brand: string; category: string }): string {
  const hue = hueOf(brand);
  const colour = (saturation: number, lightness: number) => `hsl(${hue} ${saturation}% ${lightness}%)`;
  const plain = brand.normalize("NFD").toUpperCase();
  const letter = letters[/[A-Z0-9]/.exec(plain)?.[0] ?? ""];
  const glyph = glyphs.find(([words]) => words.test(category))?.[1] ?? GIFT;
  // Without an outline for the initial, as for a brand in another script, the symbol is centred.
  const glyphAt = letter ? "translate(478 222)scale(6.2)" : "translate(307 207)scale(7.8)";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600">
<rect width="800" height="600" fill="${colour(44, 86)}"/>
<path fill="${colour(42, 78)}" d="M0 0h200a200 200 0 0 1-200 200zM400 200h-200a200 200 0 0 1 200-200zM800 0v200a200 200 0 0 1-200-200zM0 400v-200a200 200 0 0 1 200 200zM800 400h-200a200 200 0 0 1 200-200zM200 400v200a200 200 0 0 1-200-200zM400 400h200a200 200 0 0 1-200 200zM800 600h-200a200 200 0 0 1 200-200z"/>
<rect x="130" y="130" width="540" height="340" rx="34" fill="${colour(60, 62)}" transform="rotate(6 400 300)"/>
<rect x="130" y="142" width="540" height="340" rx="34" opacity=".16"/>
<rect x="130" y="130" width="540" height="340" rx="34" fill="${colour(48, 33)}"/>
<circle cx="${letter ? 552 : 400}" cy="300" r="118" fill="${colour(44, 41)}"/>
${letter ? `<path fill="#fffbf4" transform="translate(290 388)scale(2.6)" d="${letter}"/>` : ""}
<path fill="none" stroke="${colour(70, 84)}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" transform="${glyphAt}" d="${glyph}"/>
</svg>
`;
}
