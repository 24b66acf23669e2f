import { titles } from "virtual:brand-pages";
import { brand } from "../../theme/brand.ts";

/** The language in which the page is shown: the reader's, or else English; undefined for a page that does not exist. */
export function pageLanguage(slug: string, language: string): string | undefined {
  const written = titles[slug];
  return [language, "en"].find((each) => written?.[each] !== undefined);
}

/** The pages of the brand, in the order of `theme/brand.ts`, for the footer. */
export const infoLinks = (language: string): { to: string; title: string; lang: string }[] =>
  brand.pages.flatMap((slug) => {
    const lang = pageLanguage(slug, language);
    return lang ? [{ to: `/info/${slug}`, title: titles[slug]?.[lang] ?? slug, lang }] : [];
  });
