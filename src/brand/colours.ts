import { clampChroma, formatHex, modeLrgb, modeOklch, modeRgb, type Oklch, useMode, wcagContrast } from "culori/fn";

useMode(modeRgb);
useMode(modeLrgb);
const toOklch = useMode(modeOklch);

/** The colours of a theme that follow from the brand's colour, each as `#rrggbb`. */
export interface Palette {
  /** Background of buttons. */
  primary: string;
  onPrimary: string;
  /** Background of large areas, with white text. */
  deep: string;
  onDeepSoft: string;
  link: string;
}

export interface Palettes {
  light: Palette;
  dark: Palette;
}

/** The palettes of `microsite/theme/brand.css`. */
export const builtPalettes: Palettes = {
  light: { primary: "#12665c", onPrimary: "#fffdf8", deep: "#0c4c45", onDeepSoft: "#cfe3dc", link: "#0f5f56" },
  dark: { primary: "#3fa897", onPrimary: "#06211d", deep: "#12544c", onDeepSoft: "#b9d8cf", link: "#74cbbb" },
};

/** The backgrounds of links and buttons in `microsite/theme/brand.css`. */
export const backgrounds = {
  light: {
    grout: "#ebe7de",
    tile: "#fcfbf8",
    "tile-sunk": "#f3f0e8",
    "brick-wash": "#f8e7e0",
    "lapis-wash": "#e6eaf1",
    "sage-wash": "#e5eee1",
    "gold-wash": "#f9efd8",
  },
  dark: {
    grout: "#0f1413",
    tile: "#19201e",
    "tile-sunk": "#131918",
    "brick-wash": "#35201a",
    "lapis-wash": "#1b2432",
    "sage-wash": "#1c2a1e",
    "gold-wash": "#2d2615",
  },
} as const;
/** Text on `deep`. */
export const WHITE = "#fffdf8";

/** WCAG 2.2, level AA: 1.4.3 for text, and 1.4.11 for the parts of controls. */
export const LEAST = { text: 4.5, control: 3 } as const;
/** Secondary text on an area is less light than white text, and still needs the contrast of text. */
const AREA_CONTRAST = 7;

const BLACK: Oklch = { mode: "oklch", l: 0, c: 0 };
const LIGHTNESS_STEP = 0.005;

export const isColour = (text: string): boolean => /^#[0-9a-f]{6}$/.test(text);

/** The least contrast between a colour and the others, from 1 to 21. */
export const leastContrast = (colour: string, others: readonly string[]): number =>
  Math.min(...others.map((other) => wcagContrast(colour, other)));

const hex = (colour: Oklch): string => formatHex(clampChroma(colour, "oklch"));

/** The first colour that passes, from `from` on towards black (`by` below 0) or white. */
function towards(from: Oklch, by: number, passes: (colour: string) => boolean): string {
  for (let { l } = from; l >= 0 && l <= 1; l += by) {
    const colour = hex({ ...from, l });
    if (passes(colour)) return colour;
  }
  return by < 0 ? "#000000" : "#ffffff";
}
const darker = (from: Oklch, passes: (colour: string) => boolean) => towards(from, -LIGHTNESS_STEP, passes);
const lighter = (from: Oklch, passes: (colour: string) => boolean) => towards(from, LIGHTNESS_STEP, passes);

const against = (others: readonly string[], least: number) => (colour: string) =>
  leastContrast(colour, others) >= least;

const isVisibleInLight = against(Object.values(backgrounds.light), LEAST.control);

/**
 * The colours of both themes for a brand's colour: the hue stays, and the lightness changes until each text has a contrast of 4.5.
 *
 * @param primary `#rrggbb`, the colour of buttons in the light theme
 * @returns the palettes, or the contrast with the light theme's backgrounds if it is below 3, with the next darker colour of the same
 * hue that has it
 */
export function palettesOf(primary: string): Palettes | { contrast: number; instead: string } {
  const { l, c, h = 0 } = toOklch(primary) ?? BLACK;
  const of = (lightness: number, mostChroma = c): Oklch => ({
    mode: "oklch",
    l: lightness,
    c: Math.min(c, mostChroma),
    h,
  });
  const light = Object.values(backgrounds.light);
  const dark = Object.values(backgrounds.dark);
  if (!isVisibleInLight(primary)) {
    return { contrast: leastContrast(primary, light), instead: darker(of(l), isVisibleInLight) };
  }
  const area = against([WHITE], AREA_CONTRAST);
  const inLight = { primary, deep: darker(of(l - 0.08), area) };
  const inDark = { primary: lighter(of(Math.max(l, 0.66)), against(dark, LEAST.text)), deep: darker(of(0.41), area) };
  return {
    light: {
      ...inLight,
      onPrimary: textOn(primary),
      onDeepSoft: lighter(of(0.87, 0.04), against([inLight.deep], LEAST.text)),
      link: darker(of(l), against(light, LEAST.text)),
    },
    dark: {
      ...inDark,
      onPrimary: textOn(inDark.primary),
      onDeepSoft: lighter(of(0.87, 0.04), against([inDark.deep], LEAST.text)),
      link: lighter(of(Math.max(l, 0.76)), against(dark, LEAST.text)),
    },
  };
}

/** Black has a contrast of 4.5 to each colour to which white has less. */
const textOn = (background: string): string => [WHITE, "#ffffff"].find(against([background], LEAST.text)) ?? "#000000";

/** The palettes of a brand's colour; undefined without a colour, and for one without enough contrast. */
export function brandPalettes(primaryColour: string | null): Palettes | undefined {
  const palettes = primaryColour === null ? undefined : palettesOf(primaryColour);
  return palettes && "light" in palettes ? palettes : undefined;
}

/** The custom properties of `microsite/theme/brand.css` that a palette replaces. */
export const customProperties = ({
  primary,
  onPrimary,
  deep,
  onDeepSoft,
  link,
}: Palette): Record<`--${string}`, string> => ({
  "--glaze": primary,
  "--on-glaze": onPrimary,
  "--glaze-deep": deep,
  "--on-glaze-soft": onDeepSoft,
  "--link": link,
});

/** The style sheet that replaces the colours of `microsite/theme/brand.css`. On paper, links stay black. */
export function styleSheetOf({ light, dark }: Palettes): string {
  const rule = (selector: string, palette: Palette) =>
    `${selector}{${Object.entries(customProperties(palette))
      .map(([name, value]) => `${name}:${value}`)
      .join(";")}}`;
  return `@media screen{${rule(":root", light)}${rule(':root[data-theme="dark"]', dark)}}`;
}
