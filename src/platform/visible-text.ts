/** Whether the text has visible characters, not only spaces, direction marks, fillers and the like. */
export const isVisible = (text: string): boolean => /[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);

/** Whether the text has control characters, line breaks and tabs included. */
export const hasControls = (text: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(text);
