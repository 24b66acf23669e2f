import { languageAmong, languagesFor, type ReaderLanguages } from "../graphql/languages.ts";
import type { RewardTexts, TextLoaders } from "./texts.loaders.ts";

interface Reading {
  languages: ReaderLanguages;
  loaders: TextLoaders;
}

/** A field with an argument `language`. Without it the reader's `Accept-Language` decides. */
export interface InLanguage {
  language?: string | null | undefined;
}

/**
 * A name in the reader's language, or unchanged without a translation. For a reader of the programme's language nothing
 * is read.
 */
export function translated(name: string, { language }: InLanguage, context: Reading): string | Promise<string> {
  const reader = languagesFor(language, context);
  if (reader.wanted.length === 0) return name;
  return context.loaders.translations.load(name).then((names) => names[languageAmong(reader, names)] ?? name);
}

/** The language of the result of `translated`. */
export function languageOf(name: string, { language }: InLanguage, context: Reading): string | Promise<string> {
  const reader = languagesFor(language, context);
  if (reader.wanted.length === 0) return reader.own;
  return context.loaders.translations.load(name).then((names) => languageAmong(reader, names));
}

/**
 * A text of a reward in the reader's language, or in the programme's if the reward has no text in a preferred language.
 */
export function rewardText<Field extends keyof RewardTexts, Own extends Record<Field, string | null>>(
  reward: { id: string } & Own,
  field: Field,
  { language }: InLanguage,
  context: Reading,
): Own[Field] | string | Promise<Own[Field] | string> {
  const reader = languagesFor(language, context);
  if (reader.wanted.length === 0) return reward[field];
  return context.loaders.rewardTexts
    .load(reward.id)
    .then((texts) => texts[languageAmong(reader, texts)]?.[field] ?? reward[field]);
}

/** The language of the result of `rewardText`. */
export function rewardLanguage(
  { id }: { id: string },
  { language }: InLanguage,
  context: Reading,
): string | Promise<string> {
  const reader = languagesFor(language, context);
  if (reader.wanted.length === 0) return reader.own;
  return context.loaders.rewardTexts.load(id).then((texts) => languageAmong(reader, texts));
}
