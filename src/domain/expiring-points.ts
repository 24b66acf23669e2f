/** Points of a wallet with the same expiry date. */
export interface ExpiringPoints {
  points: number;
  /** The day of the expiry in the ledger's form, such as `2027-03-31`. */
  date: string;
}

/** A page shows only the next expiries; a ledger may list one for each purchase of several years. */
const MOST = 12;

/** The next expiries: merged by day, the soonest first, whole points, at most 12, without past days. */
export function nextExpiries(listed: readonly ExpiringPoints[], now: Date): ExpiringPoints[] {
  const today = now.toISOString().slice(0, 10);
  const byDay = new Map<string, number>();
  for (const { points, date } of listed) if (date >= today) byDay.set(date, (byDay.get(date) ?? 0) + points);
  return [...byDay]
    .map(([date, points]) => ({ date, points: Math.floor(points) }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => (a.date < b.date ? -1 : 1))
    .slice(0, MOST);
}
