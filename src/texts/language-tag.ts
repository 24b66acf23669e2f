import { z } from "zod";

/** A language tag in stored form: `hi`, `id`, `zh-hant`. */
export const languageTag = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/, "must be a language tag such as hi or pt-BR");

/** Whether the language is the programme's own, whose texts are not translations. */
export const isOwn = (language: string, own: string) => language === own || language.startsWith(`${own}-`);

/** The maximum number of languages of one text; more indicate a mistake. */
export const MAX_LANGUAGES = 50;
