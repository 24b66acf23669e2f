import { z } from "zod";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import { isVisible } from "../platform/visible-text.ts";
import { isOwn, languageTag, MAX_LANGUAGES } from "./language-tag.ts";

export interface NameTranslations {
  text: string;
  translations: { language: string; text: string }[];
}

const name = z.string().trim().min(1).max(200).refine(isVisible, "is empty");
const translations = z.object({
  text: name,
  translations: z.array(z.object({ language: languageTag, text: name })).max(MAX_LANGUAGES),
});

export interface ManageTranslations {
  /** In the order of the texts, which must be unique. */
  of(texts: readonly string[]): Promise<NameTranslations[]>;
  /** Replaces all translations of a name. */
  set(input: unknown, operatorId: string): Promise<NameTranslations | Refused>;
}

export function makeManageTranslations({ db, clock, own }: { db: Db; clock: Clock; own: string }): ManageTranslations {
  return {
    async of(texts) {
      const rows = await db.translation.findMany({ where: { text: { in: [...texts] } }, orderBy: { language: "asc" } });
      return [...new Set(texts)].map((text) => ({
        text,
        translations: rows
          .filter((row) => row.text === text)
          .map(({ language, translation }) => ({ language, text: translation })),
      }));
    },

    async set(input, operatorId) {
      const parsed = translations.safeParse(input);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const path = issue?.path.map(String) ?? [];
        return refused(refusal("INVALID_INPUT", `${path.join(".")}: ${issue?.message}`, ["input", ...path]));
      }
      const { text } = parsed.data;
      const given = parsed.data.translations.toSorted((a, b) => a.language.localeCompare(b.language));
      const field = ["input", "translations"];
      const ofOwn = given.find(({ language }) => isOwn(language, own));
      if (ofOwn)
        return refused(refusal("INVALID_INPUT", `${ofOwn.language} is the language of the name itself.`, field));
      const languages = given.map(({ language }) => language);
      if (new Set(languages).size < languages.length)
        return refused(refusal("INVALID_INPUT", "A language has two translations.", field));
      return inTransaction(db, async (tx) => {
        await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`tessera.translations:${text}`}, 0))`;
        await tx.translation.deleteMany({ where: { text, language: { notIn: languages } } });
        for (const { language, text: translation } of given) {
          await tx.translation.upsert({
            where: { text_language: { text, language } },
            create: { text, language, translation },
            update: { translation },
          });
        }
        await audit(tx, {
          at: clock.now(),
          actor: operatorId,
          action: "translations.set",
          subject: text,
          details: { languages },
        });
        return { text, translations: given };
      });
    },
  };
}
