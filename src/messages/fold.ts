/** A word without what producers write differently each time: `id-user-share`, `id_user_share`, `idUserShare`. */
export const fold = (word: string): string => word.toLowerCase().replace(/[\s_-]/g, "");
