import Negotiator from "negotiator";

/** The languages of an operation's reader. Tags are in lower case. */
export interface ReaderLanguages {
  /** The language of the programme's own texts: PROGRAM_LANGUAGE. */
  readonly own: string;
  /** The languages that are better than `own` for the reader, the best first. */
  readonly wanted: readonly string[];
}

/** Browsers send some five; a longer list is a burden for every text. */
const MOST = 10;
/** A longer text is no language tag. */
const MAX_LENGTH = 35;

/** @param header `Accept-Language`; without it the reader gets the programme's own texts */
export function readLanguages(header: string | undefined, own: string): ReaderLanguages {
  if (header === undefined) return { own, wanted: [] };
  const tags = new Negotiator({ headers: { "accept-language": header } }).languages();
  return { own, wanted: betterThan(own, tags.slice(0, MOST)) };
}

/** The same for a field with an argument `language`, which says more than the header. */
export function languagesFor(language: string | null | undefined, { languages }: { languages: ReaderLanguages }) {
  return language ? { own: languages.own, wanted: betterThan(languages.own, [language]) } : languages;
}

/** The best of the languages that a text exists in; `own` if the reader wants none of them. */
export function languageAmong({ own, wanted }: ReaderLanguages, texts: object): string {
  return wanted.find((language) => Object.hasOwn(texts, language)) ?? own;
}

/** Each tag with the shorter ones that it is a kind of, `hi-IN` and `hi`, up to the programme's own language, with or without a region, or `*`. */
function betterThan(own: string, tags: readonly string[]): string[] {
  const all = tags
    .filter((tag) => tag.length <= MAX_LENGTH)
    .flatMap((tag) => {
      const parts = tag.toLowerCase().split("-");
      return parts.map((_, place) => parts.slice(0, parts.length - place).join("-"));
    });
  const end = all.findIndex((tag) => tag === own || tag.startsWith(`${own}-`) || tag === "*");
  return [...new Set(end < 0 ? all : all.slice(0, end))];
}
