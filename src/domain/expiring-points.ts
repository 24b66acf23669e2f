/** Points of a wallet that expire together. */
export interface ExpiringPoints {
  points: number;
  /** The day of the expiry as the ledger names it, `2027-03-31`. */
  date: string;
}

/** A page shows the next expiries; a ledger may tell one for each purchase of years. */
const MOST = 12;

/** The expiries to show: those of one day together, the soonest first, whole points, at most 12. Days that are over are left out. */
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
