import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BreakClass } from "../../src/platform/generated/prisma/enums.ts";
import { issuable } from "../support/capillary-orders.ts";
import { type Customer, type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import {
  addToCart,
  orderSettled,
  orderWhen,
  placeOrder,
  readOrder,
  type SeenOrder,
  sendPlaceOrder,
} from "../support/orders.ts";
import { breaksOf, reconcile, repair, type SeenBreak, withStatement } from "../support/reconciliation.ts";
import { insertAwards } from "../support/rewards/awards.ts";

/**
 * Differences of each class, made at the real ledger of the sandbox where it can make them, and otherwise in the rows
 * of the database. A single run finds them all, their repairs take effect at the ledger, and the next run finds none.
 */

let gateway: InProcessGateway;
let found: SeenBreak[];
beforeAll(async () => {
  gateway = await startTestGateway({ ...withStatement, CLIENT_SETTLE_SECONDS: "0.3" }, { pace: { creditPollMs: 0 } });
  gateway.sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Changes rows in a way that the database's triggers refuse. */
async function forge(statement: string): Promise<void> {
  await gateway.sql(`begin; set local session_replication_role = replica; ${statement}; commit`);
}

/** A number in the format of ours. */
const unknownNumber = () =>
  `ORD-260101-${randomUUID()
    .replaceAll("-", "")
    .slice(0, 10)
    .toUpperCase()
    .replaceAll(/[ILOU]/g, "0")}`;

async function fulfilled(
  points = 200,
  quantity = 1,
): Promise<{ customer: Customer; order: SeenOrder; rewardId: string }> {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points, codes: 10 });
  const order = await orderSettled(customer, await placeOrder(customer, [reward.id, quantity]));
  expect(order.status).toBe("FULFILLED");
  return { customer, order, rewardId: reward.id };
}

const redeem = (customer: { customerId: string }, orderId: string, points: number) =>
  gateway.callLedger("/api/v1/orders/redeem", {
    order_id: orderId,
    customer_id: customer.customerId,
    points_consumed: points,
    transaction_date: new Date().toISOString(),
  });
const balanceOf = ({ customerId }: { customerId: string }) => gateway.sandbox.client.balance(customerId);
const dbId = (globalId: string) => Buffer.from(globalId, "base64url").toString().split(":")[1] ?? "";

/** The records of a case, and the conditions that must hold after its repair. */
interface Made {
  /** The class with the points that the customer is owed (positive) or has too many (negative). */
  expected: [BreakClass, points?: number][];
  customerId?: string;
  rewardId?: string;
  after?(): Promise<void>;
}

const cases: Record<string, () => Promise<Made>> = {
  async "the ledger took points for an order that is unknown here"() {
    const customer = await gateway.customer({ balance: 1_000 });
    await redeem(customer, unknownNumber(), 300);
    return {
      customerId: customer.customerId,
      expected: [["ENTRY_NOT_IN_BOOKS", 300]],
      after: async () => expect(balanceOf(customer)).toBe(1_000),
    };
  },
  async "the ledger took points twice"() {
    const { customer, order } = await fulfilled(200);
    gateway.sandbox.settings.change({ repeat: "double" });
    await redeem(customer, order.number, 200);
    gateway.sandbox.settings.change({ repeat: "refuse" });
    return {
      customerId: customer.customerId,
      expected: [["ENTRY_NOT_IN_BOOKS", 200]],
      after: async () => expect(balanceOf(customer)).toBe(800),
    };
  },
  async "the ledger took points after all, for an order that failed"() {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 150 });
    gateway.fault("redeem", { fault: "refuse", message: "Not today" });
    const order = await orderSettled(customer, await placeOrder(customer, reward.id));
    expect(order).toMatchObject({ status: "FAILED", pointsState: "NOT_TAKEN" });
    await redeem(customer, order.number, 150);
    return {
      customerId: customer.customerId,
      expected: [["ENTRY_NOT_IN_BOOKS", 150]],
      async after() {
        const returned = await orderWhen(customer, order.id, ({ pointsState }) => pointsState === "RETURNED");
        expect(returned.pointsTrail.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
          "TAKEN CONFIRMED",
          "RETURNED CONFIRMED",
        ]);
        expect(balanceOf(customer)).toBe(1_000);
      },
    };
  },
  async "the ledger returned points that we did not ask for"() {
    const { customer, order } = await fulfilled(200);
    await gateway.callLedger("/api/v1/orders/reverse", {
      order_id: order.number,
      customer_id: customer.customerId,
      points_reversed: 50,
      reason: "Goodwill",
    });
    return { customerId: customer.customerId, expected: [["ENTRY_NOT_IN_BOOKS", -50]] };
  },

  ...Object.fromEntries(
    [1, 2, 3].map((quantity) => [
      `a return of ${quantity * 100} points is confirmed here, and the ledger has none`,
      async (): Promise<Made> => {
        const { customer, order } = await fulfilled(100, quantity);
        const orderId = dbId(order.id);
        await gateway.sql(
          "update voucher_codes set state = 'VOID' where unit_id in (select u.id from order_units u join order_lines l on l.id = u.line_id where l.order_id = $1)",
          [orderId],
        );
        await gateway.sql(
          "update order_units set state = 'REVERSED' where line_id in (select id from order_lines where order_id = $1)",
          [orderId],
        );
        await gateway.sql(
          `insert into points_movements (id, order_id, customer_id, kind, number, pay_with, points, line_ids, state, reason, reason_text,
             reference, attempts, sent_at, requested_at, settled_at)
           select $1, id, customer_id, 'RETURNED', 1, 'INDIVIDUAL', $2, array[$3::uuid], 'CONFIRMED', 'CANCELLATION',
             'Order cancellation (' || number || '/R1)', number || '/R1', 1, now(), now(), now() from orders where id = $4`,
          [randomUUID(), 100 * quantity, dbId(order.lines[0]?.id ?? ""), orderId],
        );
        return {
          customerId: customer.customerId,
          expected: [["MOVEMENT_NOT_IN_LEDGER", 100 * quantity]],
          after: async () => expect(balanceOf(customer)).toBe(1_000),
        };
      },
    ]),
  ),

  ...Object.fromEntries(
    [-30, 10, 25].map((more) => [
      `the ledger took ${more} points more than we have`,
      async (): Promise<Made> => {
        const { customer, order } = await fulfilled(200);
        await forge(`update points_movements set points = points - (${more}) where order_id = '${dbId(order.id)}'`);
        await gateway.sql("update order_lines set unit_points = unit_points - $2 where order_id = $1", [
          dbId(order.id),
          more,
        ]);
        return {
          customerId: customer.customerId,
          expected: [["AMOUNT_DIFFERS", more]],
          after: async () => expect(balanceOf(customer)).toBe(more > 0 ? 800 + more : 800),
        };
      },
    ]),
  ),

  ...Object.fromEntries(
    (["commit-then-drop", "drop-before", "http-500"] as const).map((fault) => [
      `an operator is asked about a deduction after ${fault}`,
      async (): Promise<Made> => {
        const customer = await gateway.customer({ balance: 1_000 });
        const reward = await gateway.voucher({ points: 200 });
        gateway.fault("redeem", { fault });
        const id = await placeOrder(customer, reward.id);
        const look = gateway.fault("points", { fault: "hold" });
        await gateway.sandbox.faults.held(look);
        await gateway.spendElsewhere(customer.customerId, 1);
        gateway.sandbox.faults.release({ id: look.id });
        await orderWhen(customer, id, ({ pointsState }) => pointsState === "NEEDS_ATTENTION");
        // The call is so old that it cannot take effect any more.
        await gateway.sql("update points_movements set sent_at = sent_at - interval '5 minutes' where order_id = $1", [
          dbId(id),
        ]);
        const happened = fault === "commit-then-drop";
        return {
          customerId: customer.customerId,
          expected: [["OUTCOME_KNOWN"]],
          async after() {
            const order = happened ? await orderSettled(customer, id) : await readOrder(customer, id);
            expect(order.status).toBe(happened ? "FULFILLED" : "FAILED");
            expect(balanceOf(customer)).toBe(happened ? 799 : 999);
          },
        };
      },
    ]),
  ),

  ...Object.fromEntries(
    [1, 2, 3].map((nth) => [
      `an award is recorded as credited, and the ledger has none (${nth})`,
      async (): Promise<Made> => {
        const customer = await gateway.customer({ balance: 0 });
        const [id = ""] = await insertAwards(gateway, [{ customerId: customer.customerId, points: 10 * nth }]);
        await gateway.sql(
          `update reward_awards set state = 'CREDITED', ledger = 'CLIENT', credit_reference = 'AWARD-' || id, sent_at = now(),
             attempts = 1, settled_at = now() where id = $1`,
          [id],
        );
        return {
          customerId: customer.customerId,
          expected: [["AWARD_NOT_IN_LEDGER", 10 * nth]],
          after: async () => expect(balanceOf(customer)).toBe(10 * nth),
        };
      },
    ]),
  ),
  ...Object.fromEntries(
    (["NEEDS_ATTENTION", "LAPSED", null] as const).map((state) => [
      `the ledger credited an award that is ${state ?? "unknown"} here`,
      async (): Promise<Made> => {
        const customer = await gateway.customer({ balance: 0 });
        const [id = ""] = state
          ? await insertAwards(gateway, [{ customerId: customer.customerId, points: 70 }])
          : [randomUUID()];
        await gateway.sql(
          `update reward_awards set state = $2::award_state, ledger = 'CLIENT', credit_reference = 'AWARD-' || id,
             sent_at = case $2 when 'LAPSED' then null else now() end, settled_at = case $2 when 'LAPSED' then now() end where id = $1`,
          [id, state],
        );
        await gateway.callLedger("/api/v1/points/credit", {
          reference: `AWARD-${id}`,
          customer_id: customer.customerId,
          points_credited: 70,
          transaction_date: new Date().toISOString(),
        });
        return {
          customerId: customer.customerId,
          expected: [["CREDIT_NOT_IN_BOOKS", -70]],
          async after() {
            const [award] = await gateway.sql<{ state: string }>("select state from reward_awards where id = $1", [id]);
            expect(award?.state).toBe(state === "NEEDS_ATTENTION" ? "CREDITED" : (state ?? undefined));
          },
        };
      },
    ]),
  ),

  ...Object.fromEntries(
    [1, 2, 3].map((nth) => [
      `Capillary issued a unit that we do not have, and not one that we have (${nth})`,
      async (): Promise<Made> => {
        const customer = await gateway.customer({ balance: 1_000 });
        gateway.sandbox.capillary.addCustomer({ externalId: customer.customerId });
        const reward = await issuable(gateway, { points: 100 });
        const order = await orderSettled(customer, await placeOrder(customer, reward.id));
        expect(order.status).toBe("FULFILLED");
        await forge(
          `update unit_issues set transaction_number = '${unknownNumber()}-1-1', transaction_id = '1' where order_id = '${dbId(order.id)}'`,
        );
        return {
          customerId: customer.customerId,
          expected: [["ISSUE_NOT_AT_CAPILLARY"], ["ISSUAL_NOT_IN_BOOKS"]],
          async after() {
            await orderWhen(customer, order.id, ({ pointsState }) => pointsState === "RETURNED");
            expect(balanceOf(customer)).toBe(1_000);
            expect(gateway.sandbox.capillary.issuals(customer.customerId).map(({ state }) => state)).toEqual([
              "CANCELLED",
            ]);
          },
        };
      },
    ]),
  ),

  ...Object.fromEntries(
    [1, 2, 3].map((nth) => [
      `a voucher has lost its code (${nth})`,
      async (): Promise<Made> => {
        const { customer, order, rewardId } = await fulfilled();
        await gateway.sql(
          "delete from voucher_codes where unit_id in (select u.id from order_units u join order_lines l on l.id = u.line_id where l.order_id = $1)",
          [dbId(order.id)],
        );
        return {
          customerId: customer.customerId,
          rewardId,
          expected: [["CODE_MISSING"]],
          async after() {
            const { lines } = await readOrder(customer, order.id);
            expect(lines[0]?.vouchers).toHaveLength(1);
            const [{ stock, codes }] = (await gateway.sql<{ stock: number; codes: number }>(
              "select stock, (select count(*)::int from voucher_codes c where c.reward_id = r.id and c.state = 'AVAILABLE') as codes from rewards r where id = $1",
              [dbId(rewardId)],
            )) as [{ stock: number; codes: number }];
            expect(stock).toBe(codes);
          },
        };
      },
    ]),
  ),
  ...Object.fromEntries(
    [1, 2, 3].map((nth) => [
      `a unit was taken back without its code and its points (${nth})`,
      async (): Promise<Made> => {
        const { customer, order } = await fulfilled();
        await gateway.sql(
          "update order_units set state = 'REVERSED' where line_id in (select id from order_lines where order_id = $1)",
          [dbId(order.id)],
        );
        return {
          customerId: customer.customerId,
          expected: [["CODE_NOT_OWED"], ["ORDER_UNBALANCED", 200]],
          async after() {
            await orderWhen(customer, order.id, ({ pointsState }) => pointsState === "RETURNED");
            expect(balanceOf(customer)).toBe(1_000);
            expect((await readOrder(customer, order.id)).lines[0]?.vouchers).toEqual([]);
          },
        };
      },
    ]),
  ),
  ...Object.fromEntries(
    [-2, 1, 5].map((more) => [
      `the stock is ${more} codes too large`,
      async (): Promise<Made> => {
        const reward = await gateway.voucher({ codes: 4 });
        await gateway.sql("update rewards set stock = stock + $2 where id = $1", [dbId(reward.id), more]);
        return { rewardId: reward.id, expected: [["STOCK_DIFFERS"]] };
      },
    ]),
  ),
};

const made = new Map<string, Made>();
/** The breaks of a case, by its customer, or by its reward if it has no customer. */
const breaksOfCase = ({ customerId, rewardId }: Made, all: readonly SeenBreak[]) =>
  all.filter((each) =>
    each.customerId === null ? rewardId && !customerId && isAbout(each, rewardId) : each.customerId === customerId,
  );
const isAbout = ({ id }: SeenBreak, rewardId: string) => rewardOf.get(id) === dbId(rewardId);
const rewardOf = new Map<string, string>();

describe("differences of every class", () => {
  beforeAll(async () => {
    // Consistent orders are no breaks.
    await fulfilled();
    const refunded = await fulfilled();
    await gateway.operator.ok(
      "mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { order { id } userErrors { message } } }",
      { input: { orderId: refunded.order.id, reason: "CANCELLATION", idempotencyKey: randomUUID() } },
    );
    await orderWhen(refunded.customer, refunded.order.id, ({ pointsState }) => pointsState === "RETURNED");
    for (const [name, make] of Object.entries(cases)) made.set(name, await make());
    const run = await reconcile(gateway);
    expect(run.skipped).toEqual([]);
    found = await breaksOf(gateway);
    for (const row of await gateway.sql<{ id: string; reward_id: string }>(
      "select id, reward_id from reconciliation_breaks",
    )) {
      rewardOf.set(Buffer.from(`ReconciliationBreak:${row.id}`).toString("base64url"), row.reward_id);
    }
    expect(run.breaksNew).toBe(found.length);
  });

  test("are found, without a false positive", () => {
    const expected = [...made.values()].flatMap((each) => each.expected.map(([name]) => name));
    expect(found.map((each) => each.class).toSorted()).toEqual(expected.toSorted());
    const counts = Map.groupBy(found, (each) => each.class);
    // Balances are compared below, where the provider has no statement.
    expect([...counts].filter(([, each]) => each.length < 3)).toEqual([]);
    expect(counts.size).toBe(12);
  });

  test("a second run finds the same breaks, and no new ones", async () => {
    const again = await reconcile(gateway);
    expect(again).toMatchObject({ breaksFound: found.length, breaksNew: 0 });
    expect((await breaksOf(gateway)).map(({ id }) => id)).toEqual(found.map(({ id }) => id));
  });

  describe.each(Object.keys(cases))("%s:", (name) => {
    test("its breaks show the points concerned, and are repaired", async () => {
      const of = made.get(name) as Made;
      const mine = breaksOfCase(of, found);
      expect(mine.map((each) => each.class).toSorted()).toEqual(of.expected.map(([type]) => type).toSorted());
      for (const [type, points] of of.expected) {
        const each = mine.find((candidate) => candidate.class === type) as SeenBreak;
        if (points !== undefined) expect((each.pointsOwed ?? 0) - (each.pointsOver ?? 0)).toBe(points);
        expect(each.ageSeconds).toBeGreaterThanOrEqual(0);
        const action = each.repair === "WRITE_OFF" ? "WRITE_OFF" : "REPAIR";
        const answer = await repair(gateway, each, action);
        expect(answer).toMatchObject({
          break: { state: action === "REPAIR" ? "REPAIRED" : "WRITTEN_OFF", resolvedBy: expect.any(String) },
          userErrors: [],
        });
        // A repetition has no effect.
        expect(await repair(gateway, each)).toMatchObject({ break: { state: answer.break.state }, userErrors: [] });
      }
      await of.after?.();
    });
  });

  test("after the repairs a run finds no open break, and each repair is in the audit log", async () => {
    await reconcile(gateway);
    expect(await breaksOf(gateway)).toEqual([]);
    const { auditLog } = await gateway.operator.ok<{ auditLog: { totalCount: number } }>(
      `{ auditLog(filter: { action: "break." }) { totalCount } }`,
    );
    expect(auditLog.totalCount).toBe(found.length);
  });
});

describe("a repair that fails", () => {
  async function unknownEntry(): Promise<{ customer: Customer; broken: SeenBreak }> {
    const customer = await gateway.customer({ balance: 1_000 });
    await redeem(customer, unknownNumber(), 300);
    await reconcile(gateway);
    const broken = (await breaksOf(gateway)).find(({ customerId }) => customerId === customer.customerId) as SeenBreak;
    return { customer, broken };
  }

  test("stays open with the reason, and succeeds the next time", async () => {
    const { customer, broken } = await unknownEntry();
    gateway.fault("reverse", { fault: "refuse", message: "Closed today" });
    expect(await repair(gateway, broken)).toMatchObject({
      break: { state: "OPEN", lastError: expect.stringContaining("Closed today") },
      userErrors: [{ code: "BREAK_NOT_REPAIRED" }],
    });
    expect(await repair(gateway, broken)).toMatchObject({ break: { state: "REPAIRED" } });
    expect(balanceOf(customer)).toBe(1_000);
  });

  test.each([
    ["commit-then-drop", 1_000, "REPAIRED"],
    ["http-500", 700, "OPEN"],
  ] as const)(
    "with its answer lost by %s is never sent twice: the next run finds its outcome",
    async (fault, balance, state) => {
      const { customer, broken } = await unknownEntry();
      gateway.fault("reverse", { fault });
      expect(await repair(gateway, broken)).toMatchObject({
        break: { state: "REPAIRING" },
        userErrors: [{ code: "BREAK_NOT_REPAIRED" }],
      });
      expect(await repair(gateway, broken)).toMatchObject({
        break: { state: "REPAIRING" },
        userErrors: [{ code: "BREAK_NOT_REPAIRED" }],
      });
      expect(balanceOf(customer)).toBe(balance);
      // The call is so old that it cannot take effect any more.
      await gateway.sql(
        "update reconciliation_breaks set sent_at = sent_at - interval '5 minutes', in_flight_until = now() where state = 'REPAIRING'",
      );
      await reconcile(gateway);
      const [now] = (await breaksOf(gateway, {})).filter(({ id }) => id === broken.id);
      expect(now?.state).toBe(state);
      if (state === "OPEN") await repair(gateway, broken);
      expect(balanceOf(customer)).toBe(1_000);
    },
  );

  test("is an entry like any other after a restore to a moment before it: nothing is owed, or too much was returned", async () => {
    const { customer, broken } = await unknownEntry();
    await repair(gateway, broken);
    const { customer: other, order } = await fulfilled();
    await gateway.callLedger("/api/v1/orders/reverse", {
      order_id: order.number,
      customer_id: other.customerId,
      points_reversed: order.total,
      reason: `Reconciliation (${randomUUID()})`,
    });
    await gateway.sql("delete from reconciliation_breaks where id = $1", [dbId(broken.id)]);
    await reconcile(gateway);
    const now = await breaksOf(gateway);
    expect(now.filter(({ customerId }) => customerId === customer.customerId)).toEqual([]);
    const returned = now.filter(({ customerId }) => customerId === other.customerId);
    expect(returned).toMatchObject([{ class: "ENTRY_NOT_IN_BOOKS", repair: "WRITE_OFF", pointsOver: order.total }]);
    for (const each of returned) await repair(gateway, each, "WRITE_OFF");
  });

  test("waits while points of the customer are being moved", async () => {
    const { customer, broken } = await unknownEntry();
    const reward = await gateway.voucher({ points: 100 });
    const hold = gateway.fault("redeem", { fault: "hold" });
    await addToCart(customer, reward.id);
    const placed = await sendPlaceOrder(customer);
    await gateway.sandbox.faults.held(hold);
    expect((await repair(gateway, broken)).userErrors).toMatchObject([
      { message: expect.stringContaining("being moved") },
    ]);
    gateway.sandbox.faults.release({ id: hold.id });
    await orderSettled(customer, placed.data?.placeOrder.order?.id ?? "");
    expect(await repair(gateway, broken)).toMatchObject({ break: { state: "REPAIRED" } });
    expect(balanceOf(customer)).toBe(900);
  });
});

test("an unreadable statement is reported, and closes no break", async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  await redeem(customer, unknownNumber(), 10);
  await reconcile(gateway);
  const before = await breaksOf(gateway);
  expect(before).toHaveLength(1);
  await gateway.restart({ CLIENT_STATEMENT_PATH: "/__sandbox/nothing" });
  const run = await reconcile(gateway);
  expect(run.skipped).toEqual([expect.stringContaining("HTTP 404")]);
  expect((await breaksOf(gateway)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
});

test("a file with the provider's entries is compared like its statement", async () => {
  await gateway.restart({ CLIENT_STATEMENT_PATH: "" });
  const { customer, order } = await fulfilled(120);
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const query = new URLSearchParams({ from, to: new Date(Date.now() + 60_000).toISOString() });
  const csv = await (await fetch(`${gateway.sandbox.url}/__sandbox/client/statement?${query}`)).text();
  const importFile = (text: string) =>
    gateway.operator.ok<{ importLedgerStatement: { entries: number; imported: number; problems: object[] } }>(
      `mutation ($input: ImportLedgerStatementInput!) { importLedgerStatement(input: $input) {
        entries imported problems { line message } userErrors { code } } }`,
      { input: { csv: text } },
    );
  const without = csv.split("\n").filter((line) => !line.includes(order.number));
  expect((await importFile(without.join("\n"))).importLedgerStatement.problems).toEqual([]);
  await reconcile(gateway, { statementImported: true });
  const isMine = ({ customerId }: SeenBreak) => customerId === customer.customerId;
  expect((await breaksOf(gateway)).filter(isMine)).toMatchObject([
    { class: "MOVEMENT_NOT_IN_LEDGER", repair: "WRITE_OFF", pointsOver: 120 },
  ]);
  // The rest of the file explains the difference.
  expect((await importFile(csv)).importLedgerStatement.imported).toBe(1);
  await reconcile(gateway, { statementImported: true });
  expect((await breaksOf(gateway)).filter(isMine)).toEqual([]);
  expect((await breaksOf(gateway, { states: ["EXPLAINED"] })).filter(isMine)).toHaveLength(1);
});

test("without a statement the points spent are compared, and three points that another system spent are found", async () => {
  await gateway.restart({ CLIENT_STATEMENT_PATH: "" });
  const reward = await gateway.voucher({ points: 40, codes: 20 });
  const customers = await Promise.all([1, 2, 3, 4].map(() => gateway.customer({ balance: 1_000 })));
  const orderEach = () =>
    Promise.all(customers.map(async (customer) => orderSettled(customer, await placeOrder(customer, reward.id))));
  await orderEach();
  expect((await reconcile(gateway)).skipped[0]).toContain("no statement was imported");
  for (const [index, customer] of customers.slice(1).entries())
    await gateway.spendElsewhere(customer.customerId, index + 1);
  await orderEach();
  await reconcile(gateway);
  const mine = (await breaksOf(gateway, { classes: ["BALANCE_DIFFERS"] })).filter(({ customerId }) =>
    customers.some((customer) => customer.customerId === customerId),
  );
  expect(mine.map(({ pointsOwed }) => pointsOwed).toSorted()).toEqual([1, 2, 3]);
});
