/** Whether a reader sees anything of the text: not only blanks, marks of writing direction, fillers and the like. */
export const isVisible = (text: string): boolean => /[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);

/** Whether the text has control characters, line breaks and tabs included. */
export const hasControls = (text: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(text);
