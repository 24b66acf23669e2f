import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

/** Constraints that the tables enforce even when the program violates them. */

let gateway: TestGateway;
let order: { id: string; number: string; customerId: string; lineId: string };
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

beforeEach(async () => {
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200, codes: 3 });
  const seen = await orderSettled(customer, await placeOrder(customer, reward.id));
  const uuid = (globalId: string) => Buffer.from(globalId, "base64url").toString().split(":")[1] ?? "";
  order = {
    id: uuid(seen.id),
    number: seen.number,
    customerId: customer.customerId,
    lineId: uuid(seen.lines[0]?.id ?? ""),
  };
});

const insertMovement = (values: Record<string, unknown>) => {
  const row: Record<string, unknown> = {
    id: randomUUID(),
    order_id: order.id,
    customer_id: order.customerId,
    kind: "RETURNED",
    number: 1,
    pay_with: "INDIVIDUAL",
    points: 200,
    line_ids: [order.lineId],
    state: "PENDING",
    reference: `${order.number}/R1`,
    requested_at: new Date(),
    ...values,
  };
  const names = Object.keys(row);
  return gateway.sql(
    `insert into points_movements (${names.join(", ")}) values (${names.map((_, index) => `$${index + 1}`).join(", ")})`,
    Object.values(row),
  );
};

describe("points", () => {
  test("are never returned beyond what was taken", async () => {
    await expect(insertMovement({ points: 201 })).rejects.toMatchObject({ constraint: "points_movements_conserve" });
    await insertMovement({ points: 150 });
    await expect(insertMovement({ points: 51, number: 2 })).rejects.toMatchObject({
      constraint: "points_movements_conserve",
    });
    await insertMovement({ points: 50, number: 2 });
  });

  test("are not returned beyond what was taken by two concurrent transactions either", async () => {
    const attempts = await Promise.allSettled([
      insertMovement({ points: 150 }),
      insertMovement({ points: 150, number: 2 }),
    ]);
    expect(attempts.map((attempt) => attempt.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("of a refused movement do not count, and the movement may not be revived beyond what was taken", async () => {
    await insertMovement({ points: 200, state: "REFUSED" });
    await insertMovement({ points: 200, number: 2 });
    await expect(
      gateway.sql(
        "update points_movements set state = 'PENDING' where order_id = $1 and number = 1 and kind = 'RETURNED'",
        [order.id],
      ),
    ).rejects.toMatchObject({ constraint: "points_movements_conserve" });
  });

  test("are deducted once for an order", async () => {
    await expect(insertMovement({ kind: "TAKEN", number: 2 })).rejects.toMatchObject({
      constraint: "points_movements_one_deduction",
    });
    await expect(insertMovement({ kind: "TAKEN", number: 2, state: "REFUSED" })).resolves.toEqual([]);
  });

  test.each([
    ["the amount", "points = 1"],
    ["the reference", "reference = 'x'"],
    ["a confirmed state", "state = 'PENDING'"],
  ])("on record keep %s", async (_, change) => {
    await expect(
      gateway.sql(`update points_movements set ${change} where order_id = $1`, [order.id]),
    ).rejects.toMatchObject({
      constraint: "points_movements_freeze",
    });
  });

  test("on record are not deleted", async () => {
    await expect(gateway.sql("delete from points_movements where order_id = $1", [order.id])).rejects.toMatchObject({
      constraint: "append_only",
    });
  });
});

describe("a voucher code", () => {
  test("belongs to one unit, and a unit has one code", async () => {
    const [given] = await gateway.sql<{ unit_id: string; reward_id: string }>(
      "select unit_id, reward_id from voucher_codes where unit_id in (select id from order_units where line_id = $1)",
      [order.lineId],
    );
    await expect(
      gateway.sql(
        "update voucher_codes set state = 'ALLOCATED', unit_id = $1 where reward_id = $2 and state = 'AVAILABLE'",
        [given?.unit_id, given?.reward_id],
      ),
    ).rejects.toMatchObject({ constraint: "voucher_codes_given_once" });
  });

  test("is allocated only to a unit, and a code in the pool belongs to none", async () => {
    await expect(
      gateway.sql("update voucher_codes set unit_id = null where state = 'ALLOCATED'"),
    ).rejects.toMatchObject({
      constraint: "voucher_codes_unit_when_given",
    });
  });

  test("is in a reward's pool once", async () => {
    await expect(
      gateway.sql(`insert into voucher_codes (id, reward_id, code, code_hash, masked_code)
                   select gen_random_uuid(), reward_id, code, code_hash, masked_code from voucher_codes limit 1`),
    ).rejects.toMatchObject({ constraint: "voucher_codes_pool_once" });
  });
});

describe("the tables", () => {
  test.each([
    ["stock below zero", "update rewards set stock = -1", "rewards_stock_not_negative"],
    ["a price beyond what JSON can carry", "update rewards set points = 9007199254740992", "rewards_points_range"],
    [
      "more fulfilled than ordered",
      "update order_lines set fulfilled_quantity = quantity + 1",
      "order_lines_fulfilled_range",
    ],
    ["a rewritten event", "update order_events set status = 'FAILED'", "append_only"],
    ["a deleted event", "delete from order_events", "append_only"],
    ["a rewritten audit log", "update audit_log set actor = 'nobody'", "append_only"],
  ])("refuse %s", async (_, statement, constraint) => {
    await expect(gateway.sql(statement)).rejects.toMatchObject({ constraint });
  });

  test("refuse a second open cart of a customer", async () => {
    const insert = () => gateway.sql("insert into carts (id, customer_id) values (gen_random_uuid(), 'somebody')");
    await insert();
    await expect(insert()).rejects.toMatchObject({ constraint: "carts_one_open" });
  });
});
