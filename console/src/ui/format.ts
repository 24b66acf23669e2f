const numbers = new Intl.NumberFormat();
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

export const count = (value: number): string => numbers.format(value);
/** A list's `totalCount`, which stops counting at 1,001. */
export const total = (totalCount: number): string =>
  totalCount > 1_000 ? `${numbers.format(1_000)}+` : numbers.format(totalCount);
export const points = (value: number): string => `${numbers.format(value)} ${value === 1 ? "point" : "points"}`;
/** A moment in the operator's own time zone. */
export const moment = (iso: string | null | undefined): string => (iso ? moments.format(new Date(iso)) : "–");
/** A day without a time or zone, such as `2027-03-31`. */
export const day = (iso: string | null | undefined): string =>
  iso ? days.format(new Date(`${iso.slice(0, 10)}T12:00:00`)) : "–";

/** `OUTCOME_UNKNOWN` as `Outcome unknown`. */
export const words = (name: string): string => {
  const text = name.toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** How long ago, in the largest whole unit: `3 days`. */
export function age(seconds: number): string {
  const units: [number, string][] = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ];
  for (const [size, unit] of units) {
    const value = Math.floor(seconds / size);
    if (value >= 1) return `${value} ${unit}${value === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}
export const ageSince = (iso: string): string => age((Date.now() - Date.parse(iso)) / 1_000);

/** A moment for an input of type `datetime-local`, in the operator's own time zone. Empty without a moment. */
export function localMoment(iso: string | null | undefined): string {
  if (!iso) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
