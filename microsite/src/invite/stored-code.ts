/** Stores the code of a friend's invitation until it is accepted or refused: sign-in may follow days later. */
const KEY = "tessera.invitation";

export const storedCode = (): string | null => localStorage.getItem(KEY);
export const storeCode = (code: string): void => localStorage.setItem(KEY, code);
export const forgetCode = (): void => localStorage.removeItem(KEY);
