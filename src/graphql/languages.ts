import Negotiator from "negotiator";

/** The languages of an operation's reader. Tags are in lower case. */
export interface ReaderLanguages {
  /** The language of the programme's own texts: PROGRAM_LANGUAGE. */
  readonly own: string;
  /** The languages that the reader prefers to `own`, the best first. */
  readonly wanted: readonly string[];
}

/** Browsers send about five; a longer list would slow down every text. */
const MOST = 10;
/** A longer text is not a language tag. */
const MAX_LENGTH = 35;

/** @param header `Accept-Language`; without it the reader gets the programme's own texts */
export function readLanguages(header: string | undefined, own: string): ReaderLanguages {
  if (header === undefined) return { own, wanted: [] };
  const tags = new Negotiator({ headers: { "accept-language": header } }).languages();
  return { own, wanted: betterThan(own, tags.slice(0, MOST)) };
}

/** The same for a field with an argument `language`, which overrides the header. */
export function languagesFor(language: string | null | undefined, { languages }: { languages: ReaderLanguages }) {
  return language ? { own: languages.own, wanted: betterThan(languages.own, [language]) } : languages;
}

/** The reader's best language among those of a text; `own` if none matches. */
export function languageAmong({ own, wanted }: ReaderLanguages, texts: object): string {
  return wanted.find((language) => Object.hasOwn(texts, language)) ?? own;
}

/**
 * Each tag and its shorter forms, such as `hi-IN` and `hi`, up to the programme's own language, with or without a
 * region, or `*`.
 */
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
