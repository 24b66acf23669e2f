import { createHash } from "node:crypto";
import { escapeHtml } from "../http/escape-html.ts";
import type { Brand } from "./brand.store.ts";
import { brandPalettes, styleSheetOf } from "./colours.ts";

/** The address of the microsite's manifest where the brand changes it: the build's manifest has a hash in its name. */
export const MANIFEST_PATH = "/app.webmanifest";

export interface BrandedPage {
  html: string;
  /** The source of the page's style sheet for `style-src` of the content security policy; undefined without one. */
  styleSource: string | undefined;
}

/** The style sheet of a brand's colours; undefined for the colours of the build. */
function styleSheet({ primaryColour }: Brand): string | undefined {
  const palettes = brandPalettes(primaryColour);
  return palettes && styleSheetOf(palettes);
}

const sourceOf = (style: string) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/**
 * Puts the brand into a built page of the microsite or the console: the name and the logo into its elements, the colours as a style sheet,
 * and all values as JSON into an element that `microsite/src/shell/brand.ts` reads. Without a brand the page stays as it was built.
 *
 * @param publicOrigin for the preview picture of a shared link
 */
export function brandPage(page: string, brand: Brand, publicOrigin = ""): BrandedPage {
  const { name, logo, supportUrl } = brand;
  const style = styleSheet(brand);
  const values = { name, logoUrl: logo?.imageUrl ?? null, supportUrl };
  const added = [
    ...(Object.values(values).some((value) => value !== null)
      ? [`<meta name="brand" content="${escapeHtml(JSON.stringify(values))}" />`]
      : []),
    ...(style === undefined ? [] : [`<style>${style}</style>`]),
  ];
  let html = page;
  if (name !== null) html = withName(html, escapeHtml(name));
  if (logo !== null) html = withLogo(html, logo.imageUrl, logo.type, publicOrigin);
  if (name !== null || logo !== null) {
    html = html.replace(/(<link rel="manifest" href=")[^"]*/, (_, before: string) => before + MANIFEST_PATH);
  }
  if (added.length > 0) html = html.replace("</head>", () => `${added.join("")}</head>`);
  return { html, styleSource: style && sourceOf(style) };
}

const withName = (html: string, name: string) =>
  html
    .replace(/(<title>(?:Console · )?)[^<]*/, (_, before: string) => before + name)
    .replaceAll(/(<meta property="og:(?:site_name|title)" content=")[^"]*/g, (_, before: string) => before + name)
    .replace(/(<div class="boot-bar">[^\n]*<span>)[^<]*/, (_, before: string) => before + name);

const withLogo = (html: string, url: string, type: string, publicOrigin: string) =>
  html
    .replace(/<link rel="icon"[^>]*>/, `<link rel="icon" type="${type}" href="${url}" />`)
    .replace(/(<link rel="apple-touch-icon" href=")[^"]*/, `$1${url}`)
    .replace(/(<meta property="og:image" content=")[^"]*/, `$1${publicOrigin}${url}`)
    .replace(/(<div class="boot-bar"><img src=")[^"]*/, `$1${url}`);

/** The manifest of the installed app with the brand's name and logo. */
export function brandManifest(built: string, { name, logo }: Brand): string {
  const manifest = JSON.parse(built) as Record<string, unknown>;
  return JSON.stringify({
    ...manifest,
    ...(name !== null && { name, short_name: name }),
    ...(logo && { icons: [{ src: logo.imageUrl, sizes: `${logo.width}x${logo.height}`, type: logo.type }] }),
  });
}
