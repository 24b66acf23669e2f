import pg from "pg";
import { expect, test } from "vitest";
import { afterCommit, inTransaction, openDb, poolOf } from "../../src/platform/db.ts";
import { cloneDatabase } from "../support/gateway.ts";

test("connections that are cut under load end only their own transactions, and no process", async () => {
  const url = await cloneDatabase();
  const db = openDb(url, 2);
  const operator = new pg.Client({ connectionString: url });
  await operator.connect();
  let isOver = false;
  const working = Promise.all(
    Array.from({ length: 20 }, async () => {
      while (!isOver) await inTransaction(db, (tx) => tx.$queryRaw`select 1`).catch(() => {});
    }),
  );
  for (let cuts = 0; cuts < 30; cuts += 1) {
    await operator.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await new Promise(setImmediate);
  }
  isOver = true;
  await working;
  expect(await db.$queryRaw`select 1 as one`).toEqual([{ one: 1 }]);
  await db.$disconnect();
  await operator.end();
});

test("idle connections that are cut end no process, even before the first use of a model", async () => {
  const url = await cloneDatabase();
  const db = openDb(url, 2);
  expect(await db.$queryRaw`select 1 as one`).toEqual([{ one: 1 }]);
  const operator = new pg.Client({ connectionString: url });
  await operator.connect();
  const isCut = async () => {
    const { rows } = await operator.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    return rows.length === 0;
  };
  while (!(await isCut())) await new Promise(setImmediate);
  // The server forgets a connection before it closes it, and the pool must notice.
  while (poolOf(db)?.totalCount !== 0) await new Promise(setImmediate);
  expect(await db.$queryRaw`select 1 as one`).toEqual([{ one: 1 }]);
  await db.$disconnect();
  while (!(await isCut())) await new Promise(setImmediate); // nor has the pool opened another
  await expect(db.$queryRaw`select 1`).rejects.toThrow("after calling end on the pool");
  await operator.end();
});

test("transactions that wait in a lane hold no connection, and each lane runs one at a time", async () => {
  const db = openDb(await cloneDatabase(), 2);
  const hold = Promise.withResolvers<void>();
  let underWay = 0;
  let most = 0;
  const waiting = Array.from({ length: 20 }, () =>
    inTransaction({ db, lane: "order 1" }, async (tx) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await tx.$queryRaw`select 1`;
      await hold.promise;
      underWay -= 1;
    }),
  );
  expect(await inTransaction(db, (tx) => tx.$queryRaw`select 1 as one`)).toEqual([{ one: 1 }]);
  expect(await inTransaction({ db, lane: "order 2" }, (tx) => tx.$queryRaw`select 2 as two`)).toEqual([{ two: 2 }]);
  hold.resolve();
  await Promise.all(waiting);
  expect(most).toBe(1);
  await db.$disconnect();
});

test("code in a transaction may enter no lane, not even its own, and code after the commit may", async () => {
  const db = openDb(await cloneDatabase(), 2);
  const enter = (lane: string) => inTransaction({ db, lane }, (tx) => tx.$queryRaw`select 1 as one`);
  const refused = "is entered before a transaction begins";
  await expect(inTransaction(db, () => enter("order 1"))).rejects.toThrow(refused);
  await expect(inTransaction({ db, lane: "order 1" }, () => enter("order 1"))).rejects.toThrow(refused);
  let after: Promise<unknown> | undefined;
  await inTransaction({ db, lane: "order 1" }, async (tx) =>
    afterCommit(tx, () => {
      after = enter("order 1");
    }),
  );
  expect(await after).toEqual([{ one: 1 }]);
  await db.$disconnect();
});
