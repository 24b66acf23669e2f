import { titles } from "virtual:brand-pages";
import { brand } from "../../theme/brand.ts";

/** Returns the page's language: the reader's, or else English; undefined for a page that does not exist. */
export function pageLanguage(slug: string, language: string): string | undefined {
  const titlesBySlug = titles[slug];
  return [language, "en"].find((each) => titlesBySlug?.[each] !== undefined);
}

/** Returns the footer's links to the brand's pages, in the order of `theme/brand.ts`. */
export const infoLinks = (language: string): { to: string; title: string; lang: string }[] =>
  brand.pages.flatMap((slug) => {
    const lang = pageLanguage(slug, language);
    return lang ? [{ to: `/info/${slug}`, title: titles[slug]?.[lang] ?? slug, lang }] : [];
  });
