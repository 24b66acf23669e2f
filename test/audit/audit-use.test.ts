import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { MAX_USES, makeUseAudit, type UseAudit } from "../../src/audit/audit-use.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type Db, openDb } from "../../src/platform/db.ts";
import { cloneDatabase, startTestGateway } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";

let db: Db;
let audit: UseAudit;
let actor: string;
const written = await captureLog();
beforeAll(async () => {
  db = openDb(await cloneDatabase(), 4);
});
afterAll(() => db.$disconnect());
beforeEach(() => {
  audit = makeUseAudit({ db, clock: systemClock, log: written.log });
  actor = `key:${randomUUID()}`;
});

const use = (requestId: string, { subject = "orders", kind = "query" } = {}) =>
  audit.auditUse({ kind: "operator", operatorId: actor, roles: ["support"] }, { kind, subject, requestId });
/** The requests of each entry. */
const entries = async (of = db, by = actor) =>
  (await of.auditEntry.findMany({ where: { actor: by }, orderBy: { id: "asc" } })).map(
    ({ action, subject, details }) => {
      const { requestId, uses } = details as { requestId?: string; uses?: { requestId: string; at: string }[] };
      return `${action} ${subject}: ${requestId ?? uses?.map((each) => each.requestId).join(" ")}`;
    },
  );

test("a read is recorded at once, and its repetitions are one entry that names each request", async () => {
  await use("r1");
  expect(await entries()).toEqual(["operator.query orders: r1"]);
  for (const id of ["r2", "r3", "r4"]) await use(id);
  expect(await entries()).toHaveLength(1);
  await audit.writeGathered();
  await use("r5");
  await audit.writeGathered();
  expect(await entries()).toEqual([
    "operator.query orders: r1",
    "operator.query orders: r2 r3 r4",
    "operator.query orders: r5",
  ]);
});

test("a read after a pause is recorded at once again", async () => {
  await use("r1");
  await audit.writeGathered();
  await use("r2");
  expect(await entries()).toEqual(["operator.query orders: r1", "operator.query orders: r2"]);
});

test("mutations, subscriptions, other reads and another operator's reads have entries of their own", async () => {
  await use("r1");
  await use("r2", { subject: "orders, auditLog" });
  for (const id of ["r3", "r4"]) await use(id, { kind: "mutation", subject: "cancelOrder" });
  for (const id of ["r5", "r6"]) await use(id, { kind: "subscription", subject: "orderStatus" });
  expect(await entries()).toHaveLength(6);
  const first = actor;
  actor = `${actor}-other`;
  await use("r7");
  expect([await entries(db, first), await entries()]).toEqual([expect.any(Array), ["operator.query orders: r7"]]);
});

test("a full entry is written before its time", async () => {
  for (let n = 0; n <= MAX_USES; n += 1) await use(`r${n}`);
  const [first, second] = await entries();
  expect(first).toBe("operator.query orders: r0");
  expect(second?.split(" ").slice(2)).toHaveLength(MAX_USES);
});

test("two simultaneous requests are both recorded", async () => {
  await Promise.all([use("r1"), use("r2"), use("r3")]);
  await audit.writeGathered();
  expect((await entries()).join(" ").match(/r\d/g)?.toSorted()).toEqual(["r1", "r2", "r3"]);
});

test("a use is refused if its entry cannot be written, and gathered uses wait for the database", async () => {
  const whileNothingCanBeWritten = async (work: () => Promise<unknown>) => {
    await db.$executeRawUnsafe("alter table audit_log rename to out_of_the_way");
    await work();
    await db.$executeRawUnsafe("alter table out_of_the_way rename to audit_log");
  };
  await whileNothingCanBeWritten(async () => {
    await expect(use("r1")).rejects.toThrow();
    await expect(use("r2")).rejects.toThrow();
  });
  await use("r3");
  await use("r4");
  await whileNothingCanBeWritten(() => expect(audit.writeGathered()).rejects.toThrow());
  await use("r5");
  await audit.writeGathered();
  expect(await entries()).toEqual(["operator.query orders: r3", "operator.query orders: r4 r5"]);
});

test("a stopping gateway writes its gathered entries", async () => {
  await using gateway = await startTestGateway({}, { pace: { auditGatherMs: 3_600_000 } });
  for (let n = 0; n < 5; n += 1) await gateway.operator.ok("{ orders { totalCount } }");
  const rows = () =>
    gateway.sql<{ uses: number }>(
      "select jsonb_array_length(details -> 'uses') as uses from audit_log where subject = 'orders' order by id",
    );
  expect(await rows()).toEqual([{ uses: null }]);
  await gateway.restart();
  expect(await rows()).toEqual([{ uses: null }, { uses: 4 }]);
});
