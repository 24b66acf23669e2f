/** Digits that may be seen of a mobile number: two at its beginning and two at its end. */
const SHOWN = 2;
const MASKED_OR_DIGIT = /[\p{Nd}Xx*•#]/gu;

/**
 * A mobile number as customers may see it. The points provider masks it; a number that it forgot to mask is masked here.
 * @returns such as `98XXXXXX45`; null for a text that is no number
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
