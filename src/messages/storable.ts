/** A text without what no database takes into JSON: NUL, and halves of characters. */
export const storable = (text: string): string => text.replaceAll("\0", "\uFFFD").toWellFormed();
