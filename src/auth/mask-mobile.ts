/** The visible digits of a mobile number: the first two and the last two. */
const SHOWN = 2;
const MASKED_OR_DIGIT = /[\p{Nd}Xx*•#]/gu;

/**
 * A mobile number for display to customers. The points provider masks it; an unmasked number is masked here.
 * @returns such as `98XXXXXX45`; null if the text is not a number
 */
export function maskMobile(mobile: string): string | null {
  const places = mobile.match(MASKED_OR_DIGIT) ?? [];
  const rest = mobile.replace(MASKED_OR_DIGIT, "");
  if (places.length < 2 * SHOWN || places.length > 20 || !/^[\s()+./-]*$/.test(rest)) return null;
  const isMasked = places.filter((place) => /\p{Nd}/u.test(place)).length <= 2 * SHOWN;
  if (isMasked) return mobile;
  const hidden = places.length - 2 * SHOWN;
  return [...places.slice(0, SHOWN), "X".repeat(hidden), ...places.slice(-SHOWN)].join("");
}
