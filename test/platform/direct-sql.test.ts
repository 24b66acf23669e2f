import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Db, inTransaction, isLockTimeout, openDb, Prisma, type Tx, violates } from "../../src/platform/db.ts";
import { cloneDatabase } from "../support/gateway.ts";

let db: Db;
beforeAll(async () => {
  db = openDb(await cloneDatabase(), 4);
});
afterAll(() => db.$disconnect());

const customer = async (customerId: string = randomUUID()) =>
  (await db.customer.create({ data: { customerId } })).customerId;
const raise = (tx: Tx, id: string) =>
  tx.$executeRaw`update customers set ledger_version = ledger_version + 1 where customer_id = ${id}`;

test("a statement returns values like Prisma's engine", async () => {
  const columns = `select 9007199254740993::bigint as big, 7 as small, 1.5::float8 as float, true as yes, null::text as nothing, 'ä' as text,
    '2026-11-29'::date as day, '2026-11-29T23:59:59.123+07'::timestamptz as moment, '{"a": [1]}'::jsonb as json, '\\xbeef'::bytea as bytes,
    array['a', 'b']::text[] as texts, '0197e8c2-0000-7000-8000-000000000000'::uuid as id`;
  const [direct] = await db.$queryRaw<Record<string, unknown>[]>`${Prisma.raw(columns)}`;
  const [byEngine] = await db.$queryRawUnsafe<Record<string, unknown>[]>(columns);
  const plain = (row = {} as Record<string, unknown>) => ({ ...row, bytes: [...(row["bytes"] as Uint8Array)] });
  expect(plain(direct)).toEqual(plain(byEngine));
});

test.each([
  ["a moment", new Date("2026-03-01T00:30:00.000Z"), "timestamptz"],
  ["a day", new Date("2026-03-01T00:00:00.000Z"), "date"],
  ["a whole number", 9_007_199_254_740_993n, "bigint"],
  ["a text", "é ' \\ 𝄞", "text"],
  ["bytes", new Uint8Array([0, 255]), "bytea"],
  ["texts", ["a", 'b"', "{c}"], "text[]"],
  ["nothing", null, "text"],
])("%s survives a round trip in every time zone of the process", async (_, value, type) => {
  const [row] = await db.$queryRaw<{ value: unknown }[]>`select ${value}::${Prisma.raw(type)} as value`;
  expect(value instanceof Uint8Array ? new Uint8Array(row?.value as Uint8Array) : row?.value).toEqual(value);
});

describe("in a transaction", () => {
  test("models and statements see each other's writes, and roll back together", async () => {
    const id: string = randomUUID();
    const failed = inTransaction(db, async (tx) => {
      await tx.customer.create({ data: { customerId: id } });
      expect(await raise(tx, id)).toBe(1);
      expect(await tx.customer.findUnique({ where: { customerId: id } })).toMatchObject({ ledgerVersion: 1 });
      throw new Error("undone");
    });
    await expect(failed).rejects.toThrow("undone");
    expect(await db.customer.findUnique({ where: { customerId: id } })).toBeNull();
  });

  test("a statement after the end is refused, and does not run on another transaction's connection", async () => {
    const id = await customer();
    let kept: Tx | undefined;
    await inTransaction(db, async (tx) => {
      kept = tx;
      await raise(tx, id);
    });
    await inTransaction(db, async () => {
      await expect(raise(kept as Tx, id)).rejects.toThrow("Transaction");
    });
    expect(await db.customer.findUnique({ where: { customerId: id } })).toMatchObject({ ledgerVersion: 1 });
  });

  test("that is a deadlock's victim, the whole transaction is retried", async () => {
    const [first, second] = [await customer(), await customer()];
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const crossing = (own: string, other: string, mine: 0 | 1) =>
      inTransaction(db, async (tx) => {
        await raise(tx, own);
        both[mine].resolve();
        await both[mine === 0 ? 1 : 0].promise;
        await raise(tx, other);
      });
    await Promise.all([crossing(first, second, 0), crossing(second, first, 1)]);
    const rows = await db.customer.findMany({ where: { customerId: { in: [first, second] } } });
    expect(rows.map(({ ledgerVersion }) => ledgerVersion)).toEqual([2, 2]);
  });

  test("the reason of a refusal is reported, for models and for statements", async () => {
    const id = await customer();
    const refusals = await Promise.allSettled([
      inTransaction(db, (tx) => tx.$executeRaw`insert into customers (customer_id) values (${id})`),
      inTransaction(db, (tx) => tx.customer.create({ data: { customerId: id } })),
    ]);
    const reasons = refusals.map((refusal) => refusal.status === "rejected" && refusal.reason);
    expect(reasons.map((reason) => violates(reason, "customers_pkey"))).toEqual([true, true]);
    expect(reasons.map((reason) => violates(reason, "orders_pkey"))).toEqual([false, false]);
  });

  test("a lock that is not available is distinguished from other failures", async () => {
    const id = await customer();
    const tooLong = await inTransaction(db, async (tx) => {
      await raise(tx, id);
      return inTransaction(db, async (other) => {
        await other.$executeRaw`select set_config('lock_timeout', '1ms', true)`;
        await raise(other, id);
      }).catch((error: unknown) => error);
    });
    expect(isLockTimeout(tooLong)).toBe(true);
    expect(isLockTimeout(new Error("another"))).toBe(false);
  });
});
