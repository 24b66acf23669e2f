import pg from "pg";
import { Pool } from "undici";

/** The data access of the hand-written handler and stock Apollo: one hand-written query or call for each read. */
export function openStore(env: NodeJS.ProcessEnv) {
  const db = new pg.Pool({ connectionString: env["DATABASE_URL"], max: 20 });
  const upstream = new Pool(env["CLIENT_API_URL"] ?? "", { connections: 64 });
  const authorization = `Basic ${btoa(`${env["CLIENT_API_USER"]}:${env["CLIENT_API_PASSWORD"]}`)}`;

  return {
    async points(customerId: string): Promise<{ balance: number; earned: number }> {
      const path = `/api/v1/customer/points?customer_id=${customerId}`;
      const { body } = await upstream.request({ method: "GET", path, headers: { authorization } });
      const answer = (await body.json()) as { balance_points: number; points_earned: number };
      return { balance: answer.balance_points, earned: answer.points_earned };
    },
    async held(customerIds: string[]): Promise<Map<string, number>> {
      const { rows } = await db.query(
        `select customer_id, sum(points)::int as held from points_movements
         where customer_id = any($1) and kind = 'TAKEN' and state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION') group by customer_id`,
        [customerIds],
      );
      return new Map(rows.map((row) => [row.customer_id, row.held]));
    },
    async sessionIsLive(sessionId: string): Promise<boolean> {
      const { rowCount } = await db.query(
        "select from sessions where id = $1 and ended_at is null and expires_at > now()",
        [sessionId],
      );
      return rowCount === 1;
    },
    async topRewards(limit: number) {
      const { rows } = await db.query(
        `select id, sku, name, kind, points::int, brand, category, image_url as "imageUrl", stock, popularity from rewards
         where active and archived_at is null and (valid_from is null or valid_from <= now()) and (valid_until is null or valid_until > now())
         order by popularity desc, id desc limit $1`,
        [limit],
      );
      return rows;
    },
    async orders(limit: number) {
      const { rows } = await db.query(
        `select id, number, status, total::int, customer_id from orders order by placed_at desc, id desc limit $1`,
        [limit],
      );
      return rows;
    },
    async linesOf(orderIds: string[]) {
      const { rows } = await db.query(
        `select order_id, reward_id, name, quantity, (unit_points * quantity)::int as points from order_lines
         where order_id = any($1) order by position`,
        [orderIds],
      );
      return rows;
    },
    async rewards(ids: string[]) {
      const { rows } = await db.query(`select id, sku, name, image_url as "imageUrl" from rewards where id = any($1)`, [
        ids,
      ]);
      return new Map(rows.map((row) => [row.id, row]));
    },
  };
}
