import DataLoader from "dataloader";
import { type Db, Prisma } from "../platform/db.ts";

/** The texts of a reward in one language. */
export interface RewardTexts {
  name: string;
  description: string;
  terms?: string | null;
  howToUse?: string | null;
}

/** By language. */
export type ByLanguage<Value> = Readonly<Record<string, Value>>;

export interface TextLoaders {
  /** By reward. */
  rewardTexts: DataLoader<string, ByLanguage<RewardTexts>>;
  /** By the name in the programme's language. */
  translations: DataLoader<string, ByLanguage<string>>;
}

const NONE = {};

/** A single statement loads the texts of all rewards of an operation, and another its names. */
export function makeTextLoaders(db: Db) {
  const readTexts = async (ids: readonly string[]) => {
    const rows = await db.$queryRaw<{ id: string; texts: ByLanguage<RewardTexts> }[]>(
      Prisma.sql`select id, texts from rewards where id = any(${[...ids]}::uuid[]) and texts <> '{}'`,
    );
    const found = new Map(rows.map(({ id, texts }) => [id, texts]));
    return ids.map((id) => found.get(id) ?? NONE);
  };
  const readTranslations = async (texts: readonly string[]) => {
    const rows = await db.$queryRaw<{ text: string; names: ByLanguage<string> }[]>(Prisma.sql`
      select text, jsonb_object_agg(language, translation) as names from translations
      where text = any(${[...texts]}::text[]) group by text`);
    const found = new Map(rows.map(({ text, names }) => [text, names]));
    return texts.map((text) => found.get(text) ?? NONE);
  };
  return (options: { cache: boolean }): TextLoaders => ({
    rewardTexts: new DataLoader(readTexts, options),
    translations: new DataLoader(readTranslations, options),
  });
}
