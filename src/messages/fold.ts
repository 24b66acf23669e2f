/** Normalises spellings of a word: `id-user-share`, `id_user_share` and `idUserShare` become equal. */
export const fold = (word: string): string => word.toLowerCase().replace(/[\s_-]/g, "");
