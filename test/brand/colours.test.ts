import { readFileSync } from "node:fs";
import { wcagContrast } from "culori";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  backgrounds,
  builtPalettes,
  customProperties,
  palettesOf,
  styleSheetOf,
  WHITE,
} from "../../src/brand/colours.ts";

const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, "0")}`);

/** The contrasts of a theme that are too low. */
function tooLow(theme: "light" | "dark", primary: string): string[] {
  const palettes = palettesOf(primary);
  if (!("light" in palettes)) throw new Error(`${primary} is refused`);
  const { primary: button, onPrimary, deep, onDeepSoft, link } = palettes[theme];
  const pairs: [name: string, one: string, other: string, least: number][] = [
    ["text of a button", onPrimary, button, 4.5],
    ["text of an area", WHITE, deep, 4.5],
    ["secondary text of an area", onDeepSoft, deep, 4.5],
    ...Object.entries(backgrounds[theme]).flatMap(([name, background]): typeof pairs => [
      [`link on ${name}`, link, background, 4.5],
      [`button on ${name}`, button, background, 3],
    ]),
  ];
  return pairs.flatMap(([name, one, other, least]) => (wcagContrast(one, other) < least ? [`${theme}: ${name}`] : []));
}

test("each colour keeps the contrasts of WCAG AA in both themes, or is refused with a darker one that does", () => {
  let refused = 0;
  fc.assert(
    fc.property(colour, (primary) => {
      const palettes = palettesOf(primary);
      if ("light" in palettes) expect(palettes.light.primary).toBe(primary);
      else {
        refused += 1;
        expect(palettes.contrast).toBeLessThan(3);
      }
      const usable = "light" in palettes ? primary : palettes.instead;
      expect([...tooLow("light", usable), ...tooLow("dark", usable)]).toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(refused).toBeGreaterThan(20);
});

test("the colours here are those of the built site", () => {
  const css = readFileSync(new URL("../../microsite/theme/brand.css", import.meta.url), "utf8");
  const [light = "", dark = ""] = css.split(':root[data-theme="dark"]');
  const valuesIn = (rules: string) =>
    Object.fromEntries([...rules.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]));
  for (const [theme, rules] of [
    ["light", light],
    ["dark", dark],
  ] as const) {
    const of = Object.entries(backgrounds[theme]).map(([name, value]) => [`--${name}`, value]);
    expect(valuesIn(rules)).toMatchObject({ ...Object.fromEntries(of), ...customProperties(builtPalettes[theme]) });
  }
});

test("the style sheet holds colours alone", () => {
  const palettes = palettesOf("#6a1b9a");
  if (!("light" in palettes)) throw new Error("the colour is refused");
  expect(styleSheetOf(palettes)).toMatch(
    /^@media screen\{:root\{(--[a-z-]+:#[0-9a-f]{6};?){5}\}:root\[data-theme="dark"\]\{(--[a-z-]+:#[0-9a-f]{6};?){5}\}\}$/,
  );
});
