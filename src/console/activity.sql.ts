import type { Db } from "../platform/db.ts";

export interface Activity {
  since: Date;
  hours: { start: Date; placed: number; failed: number }[];
  placed: number;
  failed: number;
  pointsTaken: number;
  pointsReturned: number;
  /** The points of movements without an outcome, in all open orders. */
  pointsOutstanding: number;
}

const HOUR_MS = 3_600_000;

/** Up to this number of hours the activity is read for each request. */
const LIVE_HOURS = 24;
const KEPT_MS = 60_000;

/**
 * Reads the activity of the last hours. That of more than a day is kept for a minute, because it reads each order of
 * the time.
 */
export function makeReadActivity(db: Db): (hours: number, now: Date) => Promise<Activity> {
  const kept = new Map<number, { readAt: number; activity: Promise<Activity> }>();
  return (hours, now) => {
    if (hours <= LIVE_HOURS) return readActivity(db, hours, now);
    const at = now.getTime();
    const last = kept.get(hours);
    if (last && Math.abs(at - last.readAt) < KEPT_MS) return last.activity;
    const reading = { readAt: at, activity: readActivity(db, hours, now) };
    kept.set(hours, reading);
    reading.activity.catch(() => {
      if (kept.get(hours) === reading) kept.delete(hours);
    });
    return reading.activity;
  };
}

/** The orders and the moved points of the last hours, including the current hour. */
async function readActivity(db: Db, hours: number, now: Date): Promise<Activity> {
  const since = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS - (hours - 1) * HOUR_MS);
  const rows = await db.$queryRaw<{ start: Date; placed: number; failed: number }[]>`
    select hour as start, count(o.id)::int as placed, count(o.id) filter (where o.status = 'FAILED')::int as failed
    from generate_series(${since}::timestamptz, ${now}::timestamptz, interval '1 hour') as hour
    left join orders o on o.placed_at >= hour and o.placed_at < hour + interval '1 hour'
    group by hour order by hour`;
  const [points] = await db.$queryRaw<{ taken: bigint; returned: bigint; outstanding: bigint }[]>`
    select coalesce(sum(m.points) filter (where m.kind = 'TAKEN'), 0)::bigint as taken,
      coalesce(sum(m.points) filter (where m.kind = 'RETURNED'), 0)::bigint as returned,
      (select coalesce(sum(m.points), 0)::bigint from (
          select id from orders where status in ('PENDING', 'PROCESSING')
          union select id from orders where points_state = 'NEEDS_ATTENTION'
          union select (input->>'orderId')::uuid from jobs where type = 'return-points'
        ) o join points_movements m on m.order_id = o.id
        where m.state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION')) as outstanding
    from orders o cross join lateral (
      select kind, points from points_movements where order_id = o.id and state = 'CONFIRMED' offset 0) m
    where o.placed_at >= ${since}`;
  return {
    since,
    hours: rows,
    placed: rows.reduce((sum, { placed }) => sum + placed, 0),
    failed: rows.reduce((sum, { failed }) => sum + failed, 0),
    pointsTaken: Number(points?.taken ?? 0),
    pointsReturned: Number(points?.returned ?? 0),
    pointsOutstanding: Number(points?.outstanding ?? 0),
  };
}
