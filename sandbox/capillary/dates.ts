/** Capillary's formats of a moment, which it mixes. All are UTC unless stated otherwise. */

/** `2027-05-12 00:00:00`, no zone. */
export const spaced = (iso: string): string => iso.slice(0, 19).replace("T", " ");

/** `2027-05-12T00:00:00Z`. */
export const zulu = (iso: string): string => `${iso.slice(0, 19)}Z`;

/** `2027-05-12T05:30:00+05:30`, the brand's own time zone. */
export const indian = (iso: string): string =>
  `${new Date(Date.parse(iso) + 330 * 60_000).toISOString().slice(0, 19)}+05:30`;

/** `2027-05-12`. */
export const day = (iso: string): string => iso.slice(0, 10);

/** Milliseconds of whole seconds: fractions are cut off. */
export const epochMs = (iso: string): number => Math.floor(Date.parse(iso) / 1000) * 1000;
