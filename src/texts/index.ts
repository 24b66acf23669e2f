import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { makeManageTranslations } from "./manage-translations.ts";
import { makeTextLoaders } from "./texts.loaders.ts";
import { textsResolvers } from "./texts.resolvers.ts";

export { languageOf, rewardLanguage, rewardText, translated } from "./in-language.ts";
export { isOwn, languageTag, MAX_LANGUAGES } from "./language-tag.ts";
export type { ByLanguage, RewardTexts, TextLoaders } from "./texts.loaders.ts";

/** Translations of rewards' texts and of the names of categories, rules, draws and prizes. */
export function openTexts({ db, clock, config }: { db: Db; clock: Clock; config: Config }) {
  return {
    resolvers: textsResolvers(makeManageTranslations({ db, clock, own: config.programLanguage })),
    loaders: makeTextLoaders(db),
  };
}
