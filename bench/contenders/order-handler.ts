// The baseline for orders: a handler that a careful engineer writes by hand in a day, on Fastify and pg, over the same
// tables with the same triggers. For a cart of vouchers paid by the customer's own points it has the gateway's
// guarantees: the idempotency key, optimistic locks, the limits, the deduction marked before the call with the balance
// reading as evidence, the balance read again after the answer, and a sweep that settles interrupted orders by
// evidence. It has no GraphQL, no merchandise, groups or Capillary rewards, no cancellation or returns, and no
// subscription: the request is answered once the order has ended.
import { createHash, randomInt, randomUUID } from "node:crypto";
import Fastify from "fastify";
import pg from "pg";
import { Pool } from "undici";
import { z } from "zod";
import { makeAccessTokens } from "../../src/auth/access-token.ts";
import { makeSigningKeys } from "../../src/auth/signing-keys.ts";
import { makeCipher } from "../../src/platform/cipher.ts";
import { systemClock } from "../../src/platform/clock.ts";

const env = z
  .object({
    DATABASE_URL: z.string(),
    CLIENT_API_URL: z.string(),
    CLIENT_API_USER: z.string(),
    CLIENT_API_PASSWORD: z.string(),
    SESSION_SECRET: z.string(),
  })
  .parse(process.env);
const db = new pg.Pool({ connectionString: env.DATABASE_URL, max: 20 });
const client = new Pool(env.CLIENT_API_URL, { connections: 64 });
const tokens = makeAccessTokens(makeSigningKeys(env.SESSION_SECRET, systemClock), systemClock);
const sessionTokens = makeCipher(env.SESSION_SECRET, "client-token/session");
const basic = `Basic ${btoa(`${env.CLIENT_API_USER}:${env.CLIENT_API_PASSWORD}`)}`;

const TRIES = 5;
const SWEEP_MS = 5_000;
const TIMEOUT_MS = 5_000;

interface Line {
  rewardId: string;
  name: string;
  kind: string;
  quantity: number;
  points: number;
  seenPoints: number;
  stock: number | null;
  limit: number | null;
  redeemed: number;
  isOnSale: boolean;
}

interface Account {
  clientToken: Buffer;
  version: number;
  cartId: string | null;
  cartVersion: number;
  held: number;
  isBusy: boolean;
  usedBy: string | null;
  usedHash: Buffer | null;
  lines: Line[];
}

interface Wallet {
  balance: number;
  earned: number;
}

/** A deduction that is marked as sent. */
interface Marked {
  orderId: string;
  movementId: string;
  customerId: string;
  number: string;
  points: number;
  before: Wallet;
  at: string;
}

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function readAccount(customerId: string, sessionId: string, key: string): Promise<Account> {
  const { rows } = await db.query<Account>({
    name: "account",
    text: `
      select s.client_token as "clientToken", c.ledger_version as version, cart.id as "cartId", cart.version as "cartVersion",
        used.order_id as "usedBy", used.input_hash as "usedHash",
        (select coalesce(sum(points), 0)::float8 from points_movements
         where customer_id = $1 and kind = 'TAKEN' and pay_with = 'INDIVIDUAL'
           and state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION')) as held,
        exists (select from points_movements where customer_id = $1 and ledger = 'CLIENT' and sent_at is not null
          and state in ('PENDING', 'UNCERTAIN'))
        or exists (select from reward_awards where customer_id = $1 and ledger = 'CLIENT' and under_way_until > now()) as "isBusy",
        (select coalesce(jsonb_agg(jsonb_build_object('rewardId', r.id, 'name', r.name, 'kind', r.kind, 'quantity', l.quantity,
            'points', r.points, 'seenPoints', l.seen_points, 'stock', r.stock, 'limit', r.limit_per_customer,
            'isOnSale', r.active and r.archived_at is null and r.source = 'BIGCITY' and r.kind <> 'MERCHANDISE'
              and l.pay_with = 'INDIVIDUAL' and coalesce(r.valid_from <= now(), true) and coalesce(r.valid_until > now(), true),
            'redeemed', case when r.limit_per_customer is null then 0 else (
              select count(*) from orders o join order_lines ol on ol.order_id = o.id join order_units u on u.line_id = ol.id
              where o.customer_id = $1 and ol.reward_id = r.id and o.award_id is null
                and u.state in ('PENDING', 'PREPARING', 'FULFILLED')) end) order by l.id), '[]')
         from cart_lines l join rewards r on r.id = l.reward_id where l.cart_id = cart.id) as lines
      from sessions s join customers c using (customer_id)
        left join carts cart on cart.customer_id = s.customer_id and cart.status = 'OPEN'
        left join idempotency_keys used on used.actor = 'customer:' || $1 and used.mutation = 'placeOrder' and used.key = $3
      where s.customer_id = $1 and s.id = $2 and s.ended_at is null and s.expires_at > now()`,
    values: [customerId, sessionId, key],
  });
  if (!rows[0]) throw new Refused(401, "Sign in.");
  return rows[0];
}

function judge({ lines, held }: Account, { balance }: Wallet): number {
  if (lines.length === 0) throw new Refused(422, "The cart is empty.");
  for (const { name, quantity, points, seenPoints, stock, limit, redeemed, isOnSale } of lines) {
    if (!isOnSale) throw new Refused(422, `${name} is not on sale.`);
    if (points !== seenPoints) throw new Refused(409, `${name} has another price now.`);
    if (stock !== null && stock < quantity) throw new Refused(422, `${name} is sold out.`);
    if (limit !== null && redeemed + quantity > limit)
      throw new Refused(422, `${name} is limited to ${limit} a customer.`);
  }
  const total = lines.reduce((sum, { points, quantity }) => sum + points * quantity, 0);
  if (balance - held < total) throw new Refused(422, "The wallet does not have enough points.");
  return total;
}

/** @returns null if the cart or the ledger has changed since it was read */
async function insertOrder(
  account: Account,
  customerId: string,
  key: { key: string; hash: Buffer },
  total: number,
  before: Wallet,
): Promise<Marked | null> {
  const [orderId, movementId, at] = [randomUUID(), randomUUID(), new Date().toISOString()];
  const number = `ORD-${at.slice(2, 10).replaceAll("-", "")}-${randomInt(2 ** 47)
    .toString(36)
    .toUpperCase()
    .padStart(10, "0")}`;
  const lines = account.lines.map((line, index) => ({ ...line, id: randomUUID(), position: index + 1 }));
  const { rowCount } = await db.query({
    name: "place",
    text: `
      with account as (
        update customers set ledger_version = ledger_version + 1 where customer_id = $1 and ledger_version = $2 returning customer_id
      ), cart as (
        update carts set status = 'ORDERED' from account
        where carts.customer_id = account.customer_id and carts.id = $3 and carts.version = $4 and carts.status = 'OPEN'
        returning carts.id
      ), new_order as (
        insert into orders (id, number, customer_id, cart_id, total, placed_at, seq, points_state)
        select $5, $6, $1, cart.id, $7, $8, 1, 'TAKING' from cart returning id
      ), used_key as (
        insert into idempotency_keys (actor, mutation, key, input_hash, order_id, created_at)
        select 'customer:' || $1, 'placeOrder', $9, $10, id, $8 from new_order
      ), new_lines as (
        insert into order_lines (id, order_id, position, reward_id, name, kind, source, quantity, unit_points, pay_with)
        select line.id, new_order.id, position, "rewardId", name, kind, 'BIGCITY', quantity, points, 'INDIVIDUAL'
        from new_order, jsonb_to_recordset($11) as line (id uuid, position int, "rewardId" uuid, name text, kind reward_kind,
          quantity int, points bigint)
      ), new_units as (
        insert into order_units (id, line_id, unit)
        select gen_random_uuid(), line.id, unit
        from new_order, jsonb_to_recordset($11) as line (id uuid, quantity int), generate_series(1, quantity) as unit
      ), new_movement as (
        insert into points_movements (id, order_id, customer_id, kind, number, ledger, pay_with, points, line_ids, reference,
          requested_at, attempts, sent_at, balance_before, earned_before)
        select $12, id, $1, 'TAKEN', 1, 'CLIENT', 'INDIVIDUAL', $7, $13, $6, $8, 1, $8, $14, $15 from new_order
      )
      insert into order_events (order_id, seq, status, points_state, message, at)
      select id, 1, 'PENDING', 'TAKING', 'Your points are being deducted.', $8 from new_order`,
    values: [
      customerId,
      account.version,
      account.cartId,
      account.cartVersion,
      orderId,
      number,
      total,
      at,
      key.key,
      key.hash,
      JSON.stringify(lines),
      movementId,
      lines.map(({ id }) => id),
      before.balance,
      before.earned,
    ],
  });
  return rowCount === 0 ? null : { orderId, movementId, customerId, number, points: total, before, at };
}

async function readWallet(customerId: string, token: string): Promise<Wallet> {
  const { statusCode, body } = await client.request({
    method: "GET",
    path: `/api/v1/customer/points?customer_id=${customerId}`,
    headers: { authorization: `Bearer ${token}` },
    headersTimeout: TIMEOUT_MS,
  });
  const answer = (await body.json()) as { status: boolean; balance_points: number; points_earned: number };
  if (statusCode !== 200 || !answer.status) throw new Error("the balance cannot be read");
  return { balance: answer.balance_points, earned: answer.points_earned };
}

async function redeem({ number, customerId, points, at }: Marked): Promise<"taken" | "refused" | "unknown"> {
  try {
    const { statusCode, body } = await client.request({
      method: "POST",
      path: "/api/v1/orders/redeem",
      headers: { authorization: basic, "content-type": "application/json" },
      body: JSON.stringify({
        order_id: number,
        customer_id: customerId,
        points_consumed: points,
        transaction_date: at,
      }),
      headersTimeout: TIMEOUT_MS,
    });
    const { status } = (await body.json()) as { status: boolean };
    if (statusCode >= 500) return "unknown";
    return status ? "taken" : "refused";
  } catch {
    return "unknown";
  }
}

/**
 * Confirms the deduction and assigns a code to each unit, in one statement, for orders of one reward: two rewards could
 * deadlock. Without enough codes the order stays PROCESSING, for an operator.
 */
async function give({ orderId, movementId, customerId }: Marked, message: string | null): Promise<string> {
  const { rows } = await db.query<{ status: string }>({
    name: "give",
    text: `
      with movement as (
        update points_movements set state = 'CONFIRMED', settled_at = now(), last_error = $4
        where id = $1 and state in ('PENDING', 'UNCERTAIN') returning order_id
      ), version as (
        update customers set ledger_version = ledger_version + 1 from movement where customer_id = $3
      ), line as (
        select line.id, reward_id, quantity from order_lines line join movement using (order_id)
      ), code as (
        select line.id as line_id, line.reward_id, chosen.id, row_number() over (partition by line.id) as unit
        from line cross join lateral (
          select id from voucher_codes
          where reward_id = line.reward_id and state = 'AVAILABLE' and (valid_until is null or valid_until >= current_date)
          order by valid_until nulls last, id limit line.quantity for update skip locked
        ) chosen
      ), enough as (
        select where (select count(*) from code) = (select sum(quantity) from line)
      ), unit as (
        update order_units set state = 'FULFILLED' from code, enough
        where order_units.line_id = code.line_id and order_units.unit = code.unit returning order_units.id, code.id as code_id
      ), allocated as (
        update voucher_codes set state = 'ALLOCATED', unit_id = unit.id, allocated_at = now() from unit
        where voucher_codes.id = unit.code_id
      ), fulfilled as (
        update order_lines set status = 'FULFILLED', fulfilled_quantity = order_lines.quantity from line, enough
        where order_lines.id = line.id
      ), counted as (
        insert into redemptions_to_count (reward_id, units) select reward_id, count(*) from code, enough group by reward_id
      ), stock as (
        update rewards set stock = stock - taken.units, updated_at = now()
        from (select reward_id, count(*) as units from code, enough group by reward_id) taken where rewards.id = taken.reward_id
      ), ended as (
        update orders set status = case when exists (select from enough) then 'FULFILLED' else 'PROCESSING' end::order_status,
          points_state = 'TAKEN', seq = 2
        from movement where orders.id = movement.order_id returning orders.id, status
      ), event as (
        insert into order_events (order_id, seq, status, previous_status, points_state, message, at)
        select id, 2, status, 'PENDING', 'TAKEN', case status when 'FULFILLED' then 'Your order is complete.' end, now() from ended
      )
      select status from ended union all select status from orders where id = $2 and not exists (select from ended)`,
    values: [movementId, orderId, customerId, message],
  });
  return rows[0]?.status ?? "UNKNOWN";
}

async function fail({ orderId, movementId, customerId }: Marked, why: string): Promise<string> {
  await db.query({
    name: "fail",
    text: `
      with movement as (
        update points_movements set state = 'REFUSED', settled_at = now(), last_error = $4
        where id = $1 and state in ('PENDING', 'UNCERTAIN') returning order_id
      ), version as (
        update customers set ledger_version = ledger_version + 1 from movement where customer_id = $3
      ), unit as (
        update order_units set state = 'FAILED' from movement, order_lines line
        where line.order_id = movement.order_id and order_units.line_id = line.id
      ), line as (
        update order_lines set status = 'FAILED', failure_reason = 'UPSTREAM_REFUSED', failure_message = $4 from movement
        where order_lines.order_id = movement.order_id
      ), ended as (
        update orders set status = 'FAILED', points_state = 'NOT_TAKEN', seq = 2 from movement where orders.id = $2
        returning orders.id
      )
      insert into order_events (order_id, seq, status, previous_status, points_state, message, at)
      select id, 2, 'FAILED', 'PENDING', 'NOT_TAKEN', $4, now() from ended`,
    values: [movementId, orderId, customerId, why],
  });
  return "FAILED";
}

/**
 * Neither the answer nor the balance shows the outcome: the sweep reads the balance again, then an operator decides.
 */
async function leave({ movementId }: Marked, state: "UNCERTAIN" | "NEEDS_ATTENTION", why: string): Promise<string> {
  const text =
    "update points_movements set state = $2, last_error = $3 where id = $1 and state in ('PENDING', 'UNCERTAIN')";
  await db.query(text, [movementId, state, why]);
  return "PENDING";
}

/** The points by which the balance fell, apart from points earned in between. */
const spentBetween = (before: Wallet, after: Wallet): number =>
  after.earned - after.balance - (before.earned - before.balance);

async function settle(marked: Marked, token: string): Promise<string> {
  const answer = await redeem(marked);
  if (answer === "unknown") return leave(marked, "UNCERTAIN", "the answer was lost");
  const after = await readWallet(marked.customerId, token).catch(() => null);
  const spent = after && spentBetween(marked.before, after);
  if (answer === "taken") return give(marked, spent === 2 * marked.points ? "taken twice, by the wallet" : null);
  if (spent === null) return leave(marked, "UNCERTAIN", "refused, and the wallet cannot be read");
  if (spent === marked.points) return give(marked, "refused, but the wallet fell by exactly the points");
  return fail(marked, "The points could not be deducted.");
}

async function place(customerId: string, sessionId: string, key: string): Promise<{ status: string; orderId: string }> {
  const hash = createHash("sha256").update("{}").digest();
  for (let tries = 0; tries < TRIES; tries += 1) {
    const account = await readAccount(customerId, sessionId, key);
    if (account.usedBy) {
      if (!account.usedHash?.equals(hash)) throw new Refused(409, "The key was used for another request.");
      const { rows } = await db.query("select status from orders where id = $1", [account.usedBy]);
      return { orderId: account.usedBy, status: rows[0].status };
    }
    if (account.isBusy) throw new Refused(409, "Another order of yours is under way. Send the same request again.");
    const token = sessionTokens.decrypt(account.clientToken, sessionId);
    const before = await readWallet(customerId, token); // after the version, so that it misses no own movement
    const total = judge(account, before);
    const marked = await insertOrder(account, customerId, { key, hash }, total, before);
    if (marked) return { orderId: marked.orderId, status: await settle(marked, token) };
  }
  throw new Refused(409, "Your cart or your points change at this moment. Send the same request again.");
}

/** Settles by evidence the orders of an ended process or a lost answer. */
async function sweep(): Promise<void> {
  const { rows } = await db.query(`
    select m.id as "movementId", o.id as "orderId", o.number, m.customer_id as "customerId", m.points::float8,
      m.balance_before::float8 as balance, m.earned_before::float8 as earned, s.id as "sessionId", s.client_token as "clientToken"
    from points_movements m join orders o on o.id = m.order_id
      cross join lateral (select id, client_token from sessions where customer_id = m.customer_id and ended_at is null
        order by created_at desc limit 1) s
    where m.kind = 'TAKEN' and m.state in ('PENDING', 'UNCERTAIN') and m.sent_at < now() - interval '30 s' and o.client_token is null
    limit 50`);
  for (const { sessionId, clientToken, balance, earned, ...row } of rows) {
    const marked: Marked = { ...row, before: { balance, earned }, at: "" };
    const after = await readWallet(marked.customerId, sessionTokens.decrypt(clientToken, sessionId));
    const spent = spentBetween(marked.before, after);
    if (spent === marked.points) await give(marked, "inferred from the wallet");
    else if (spent === 0) await fail(marked, "The points could not be deducted.");
    else await leave(marked, "NEEDS_ATTENTION", "the wallet does not tell what happened");
  }
}

const body = z.object({ idempotencyKey: z.string().min(8).max(128) });
const fastify = Fastify();
fastify.post("/orders", async (request, reply) => {
  const claims = await tokens.verify(request.headers.authorization?.slice("Bearer ".length) ?? "");
  if (!claims) return reply.code(401).send({ message: "Sign in." });
  const { idempotencyKey } = body.parse(request.body);
  try {
    return await place(claims.customerId, claims.sessionId, idempotencyKey);
  } catch (error) {
    if (error instanceof Refused) return reply.code(error.status).send({ message: error.message });
    throw error;
  }
});
setInterval(() => void sweep().catch((error) => process.stderr.write(`${error}\n`)), SWEEP_MS);
process.send?.({ url: await fastify.listen({ port: 0 }) });
process.on("SIGTERM", () => process.exit(0));
