import { afterAll, beforeAll, expect, test } from "vitest";
import { makeAuditSealer } from "../../src/audit/seal-audit.ts";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { audit } from "../../src/platform/audit.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type Db, inTransaction, openDb } from "../../src/platform/db.ts";
import { cloneDatabase, startTestGateway } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let db: Db;
const { log } = await captureLog();
const sealerOf = (of: Db) => makeAuditSealer({ db: of, clock: systemClock, log });
const write = (of: Db, subject: string) =>
  inTransaction(of, (tx) => audit(tx, { at: new Date(), actor: "op", action: "test", subject, details: { n: 1 } }));
/** Runs statements with the rights of the database's administrator. */
const asAdministrator = (statement: string) =>
  db.$transaction([
    db.$executeRawUnsafe("set local session_replication_role = replica"), // no triggers
    db.$executeRawUnsafe(statement),
  ]);

beforeAll(async () => {
  db = openDb(await cloneDatabase(), 6);
  for (const subject of ["a", "b", "c"]) await write(db, subject);
  await sealerOf(db).seal();
});
afterAll(() => db.$disconnect());

test("entries cannot be changed, deleted or truncated", async () => {
  for (const statement of [
    "update audit_log set actor = 'x'",
    "delete from audit_log",
    "truncate audit_log cascade",
    "update audit_seals set hash = ''",
    "delete from audit_seals",
    "truncate audit_seals",
  ]) {
    await expect(db.$executeRawUnsafe(statement), statement).rejects.toThrow(/append-only/);
  }
});

test("the chain over unchanged entries is valid, and new seals continue from the last one", async () => {
  const before = await verifyAudit(db);
  expect(before).toMatchObject({ holds: true, problems: [] });
  await write(db, "d");
  await sealerOf(db).seal();
  const after = await verifyAudit(db, { notedHead: before.head ?? "" });
  expect(after).toMatchObject({ holds: true, entries: before.entries + 1 });
});

test("parallel sealers make one chain, and an entry that commits late gets its place", async () => {
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
  const { promise: isWritten, resolve: written } = Promise.withResolvers<void>();
  const late = inTransaction(db, async (tx) => {
    await audit(tx, { at: new Date(), actor: "op", action: "test", subject: "late" });
    written();
    await mayCommit;
  });
  await isWritten;
  await write(db, "early");
  await Promise.all([sealerOf(db).seal(), sealerOf(db).seal(), sealerOf(db).seal()]);
  commit();
  await late;
  await sealerOf(db).seal();
  expect(await verifyAudit(db)).toMatchObject({ holds: true });
  const order = await db.$queryRaw<{ subject: string }[]>`
    select subject from audit_seals join audit_log on id = audit_id order by seq desc limit 2`;
  expect(order.map(({ subject }) => subject)).toEqual(["late", "early"]);
});

test("the verification reports a changed entry, and no other", async () => {
  await asAdministrator("update audit_log set details = '{\"n\": 2}' where subject = 'b'");
  const { holds, problems } = await verifyAudit(db);
  expect({ holds, problems }).toEqual({ holds: false, problems: [expect.stringMatching(/^entry \d+ was changed$/)] });
  await asAdministrator("update audit_log set details = '{\"n\": 1}' where subject = 'b'");
  expect(await verifyAudit(db)).toMatchObject({ holds: true });
});

test("the verification reports a deleted entry, a deleted seal and a rewritten chain", async () => {
  const { head } = await verifyAudit(db);
  await asAdministrator("delete from audit_log where subject = 'c'");
  expect((await verifyAudit(db)).problems).toEqual([expect.stringMatching(/^entry \d+ was deleted$/)]);
  await asAdministrator("delete from audit_seals where not exists (select from audit_log where id = audit_id)");
  expect((await verifyAudit(db)).problems[0]).toMatch(/^seal \d+ is missing$/);
  // A rewritten chain is valid by itself; only a head recorded in another system reveals the change.
  await asAdministrator("delete from audit_seals");
  await sealerOf(db).seal();
  expect(await verifyAudit(db)).toMatchObject({ holds: true });
  expect((await verifyAudit(db, { notedHead: head ?? "" })).problems).toEqual([expect.stringContaining("rewritten")]);
});

test("the verification reports an entry that the sealer skipped", async () => {
  await asAdministrator("update audit_seals set sealed_at = sealed_at - interval '1 hour'");
  await asAdministrator(
    "insert into audit_log (id, at, actor, action, subject) values (0, now(), 'x', 'x', 'slipped in')",
  );
  await sealerOf(db).seal();
  expect((await verifyAudit(db)).problems).toEqual(["entry 0 has no seal"]);
});

test("operators read the audit entries of an order and its points, with the seals", async () => {
  await using gateway = await startTestGateway();
  const reward = await gateway.voucher({ points: 150 });
  await gateway.reconcile(); // outcomes are copied from the first copy on
  const customer = await gateway.customer();
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));
  await customer.ok(
    "mutation ($input: RevealVoucherInput!) { revealVoucher(input: $input) { vouchers { code } userErrors { code } } }",
    { input: { orderLineId: order.lines[0]?.id } },
  );
  await gateway.reconcile();
  await gateway.reconcile(); // copies nothing twice
  const read = async (filter: object) =>
    (
      await gateway.operator.ok<{
        auditLog: {
          totalCount: number;
          nodes: { action: string; subject: string; details: string; seal: object | null }[];
        };
      }>(
        `query ($filter: AuditFilter) { auditLog(filter: $filter, first: 5) {
          totalCount nodes { id at actor action subject details seal { seq hash sealedAt } } } }`,
        { filter },
      )
    ).auditLog;
  const taken = await read({ action: "points.", subject: order.number });
  expect(taken).toMatchObject({
    totalCount: 1,
    nodes: [{ action: "points.taken-confirmed", seal: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) } }],
  });
  expect(JSON.parse(taken.nodes[0]?.details ?? "")).toMatchObject({ customer: customer.customerId, points: 150 });
  const revealed = await read({ actor: `customer:${customer.customerId}` });
  expect(revealed.nodes).toMatchObject([{ action: "voucher.reveal", subject: `${order.number}/1`, seal: {} }]);
  const verifying = openDb(gateway.databaseUrl, 1);
  expect(await verifyAudit(verifying)).toMatchObject({ holds: true });
  await verifying.$disconnect();
});
