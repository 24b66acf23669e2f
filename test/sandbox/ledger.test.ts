import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeClientMemory } from "../../sandbox/client/world.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import type { Repeat } from "../../sandbox/settings.ts";
import { clientApi } from "./support/client-api.ts";

const yes = { status: true };
const no = (message: string) => ({ status: false, message });
const sum = (points: number[]) => points.reduce((total, each) => total + each, 0);

describe("redeem", () => {
  test("takes the points and records an entry", async () => {
    await using sandbox = await startSandbox();
    const { body } = await clientApi(sandbox).redeem({ order_id: "ORD-1", points_consumed: 2500 });
    expect(body).toMatchObject(yes);
    expect(sandbox.client.ledger("CUST12345")).toMatchObject([
      { type: "opening", points: 3500, balance_after: 3500 },
      { type: "redeem", order_id: "ORD-1", points: -2500, balance_after: 1000 },
    ]);
  });

  test("may take the last point, but no more", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    expect((await api.redeem({ order_id: "ORD-1", points_consumed: 3501 })).body).toEqual(no("Insufficient balance"));
    expect((await api.redeem({ order_id: "ORD-1", points_consumed: 3500 })).body).toMatchObject(yes);
    expect((await api.redeem({ order_id: "ORD-2", points_consumed: 1 })).body).toEqual(no("Insufficient balance"));
    expect(sandbox.client.balance("CUST12345")).toBe(0);
  });

  test("of fifty at once takes only the available points", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    const orders = Array.from({ length: 50 }, (_, n) => ({ order_id: `ORD-${n}`, points_consumed: 100 }));
    const answers = await Promise.all(orders.map((order) => api.redeem(order)));

    expect(answers.filter(({ body }) => body.status === true)).toHaveLength(35);
    const entries = sandbox.client.ledger("CUST12345");
    expect(entries).toHaveLength(36);
    expect(Math.min(...entries.map((entry) => entry.balance_after))).toBe(0);
    expect(sum(entries.map((entry) => entry.points))).toBe(sandbox.client.balance("CUST12345"));
  });

  test("for an unknown customer is refused", async () => {
    await using sandbox = await startSandbox();
    expect((await clientApi(sandbox).redeem({ customer_id: "CUST9" })).body).toEqual(no("Invalid Customer ID"));
  });
});

describe("reverse", () => {
  test("in parts returns up to the deducted points, and no more", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    await api.redeem({ points_consumed: 500 });
    expect((await api.reverse({ points_reversed: 200, reason: "R1" })).body).toMatchObject(yes);
    expect((await api.reverse({ points_reversed: 200, reason: "R2" })).body).toMatchObject(yes);
    expect((await api.reverse({ points_reversed: 101, reason: "R3" })).body).toEqual(
      no("Reversal exceeds points consumed"),
    );
    expect((await api.reverse({ points_reversed: 100, reason: "R4" })).body).toMatchObject(yes);
    expect(sandbox.client.ledger("CUST12345").map(({ points }) => points)).toEqual([3500, -500, 200, 200, 100]);
  });

  test("of an order without a deduction, or of another customer, is refused", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    await api.redeem({ order_id: "ORD-1" });
    expect((await api.reverse({ order_id: "ORD-2" })).body).toEqual(no("Invalid Order ID"));
    expect((await api.reverse({ customer_id: "CUST67890" })).body).toEqual(no("Invalid Order ID"));
    expect(sandbox.client.balance("CUST67890")).toBe(8200);
  });

  test("leaves the lifetime points unchanged, like redeem", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    await api.redeem({ points_consumed: 500 });
    await api.reverse({ points_reversed: 300 });
    expect((await api.points()).body).toMatchObject({ points_earned: 5000, balance_points: 3300 });
  });
});

describe("credit", () => {
  const entries = (sandbox: Sandbox) => sandbox.client.ledger("CUST12345").slice(1);

  test("raises the balance and the lifetime points, and is recorded with its reference", async () => {
    await using sandbox = await startSandbox();
    expect((await clientApi(sandbox).credit()).body).toMatchObject(yes);
    expect(entries(sandbox)).toMatchObject([
      { type: "credit", reference: "AWARD-1", points: 250, balance_after: 3750 },
    ]);
    expect((await clientApi(sandbox).points()).body).toMatchObject({ points_earned: 5250, balance_points: 3750 });
  });

  test.each(["accept", "refuse", "double"] as const)("happens once for a reference under `%s`", async (repeat) => {
    await using sandbox = await startSandbox();
    sandbox.settings.change({ repeat });
    const answers = await Promise.all(Array.from({ length: 10 }, () => clientApi(sandbox).credit()));
    for (const { body } of answers) expect(body).toMatchObject(yes);
    expect(entries(sandbox)).toHaveLength(1);
  });

  test("with other points or for another customer is refused under a used reference", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    await api.credit();
    const used = no("Reference used for another credit");
    expect((await api.credit({ points_credited: 251 })).body).toEqual(used);
    expect((await api.credit({ customer_id: "CUST67890" })).body).toEqual(used);
    expect(entries(sandbox)).toHaveLength(1);
    expect(sandbox.client.balance("CUST67890")).toBe(8200);
  });

  test("that was refused does not consume its reference", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    expect((await api.credit({ customer_id: "CUST777" })).body).toEqual(no("Invalid Customer ID"));
    sandbox.client.addCustomer({ customer_id: "CUST777", balance: 0 });
    expect((await api.credit({ customer_id: "CUST777" })).body).toMatchObject(yes);
  });
});

describe("a repeated redeem", () => {
  const play = async (repeat: Repeat, second: object) => {
    await using sandbox = await startSandbox();
    sandbox.settings.change({ repeat });
    const api = clientApi(sandbox);
    await api.redeem({ points_consumed: 500 });
    const { body } = await api.redeem({ points_consumed: 500, ...second });
    return { body, balance: sandbox.client.balance("CUST12345") };
  };

  test("is refused by default", async () => {
    await using sandbox = await startSandbox();
    await clientApi(sandbox).redeem();
    expect((await clientApi(sandbox).redeem()).body).toEqual(no("Duplicate order_id"));
    expect(sandbox.client.balance("CUST12345")).toBe(3000);
  });

  test("under `accept` succeeds without a second deduction", async () => {
    expect(await play("accept", {})).toMatchObject({ body: yes, balance: 3000 });
  });

  test("under `accept` with other points is refused", async () => {
    const body = no("Order already redeemed with different points");
    expect(await play("accept", { points_consumed: 400 })).toEqual({ body, balance: 3000 });
  });

  test("under `double` deducts again", async () => {
    expect(await play("double", {})).toMatchObject({ body: yes, balance: 2500 });
  });

  test("by another customer is refused under every setting", async () => {
    for (const repeat of ["accept", "refuse", "double"] as const) {
      const { body } = await play(repeat, { customer_id: "CUST67890" });
      expect(body).toEqual(no("Duplicate order_id"));
    }
  });

  test("of a refused one is no repeat", async () => {
    await using sandbox = await startSandbox();
    const api = clientApi(sandbox);
    await api.redeem({ points_consumed: 4000 });
    sandbox.client.credit("CUST12345", 500);
    expect((await api.redeem({ points_consumed: 4000 })).body).toMatchObject(yes);
  });
});

describe("a repeated reverse", () => {
  const play = async (repeat: Repeat, parts: number[]) => {
    await using sandbox = await startSandbox();
    sandbox.settings.change({ repeat });
    const api = clientApi(sandbox);
    await api.redeem({ points_consumed: 500 });
    const answers = [];
    for (const points_reversed of parts) answers.push((await api.reverse({ points_reversed })).body);
    return { last: answers.at(-1), balance: sandbox.client.balance("CUST12345") };
  };

  test("is refused under `refuse`", async () => {
    expect(await play("refuse", [200, 200])).toEqual({ last: no("Duplicate reversal"), balance: 3200 });
  });

  test("succeeds under `accept` without a second return", async () => {
    expect(await play("accept", [200, 200])).toMatchObject({ last: yes, balance: 3200 });
  });

  test("returns again under `double`, up to the deducted points", async () => {
    expect(await play("double", [200, 200])).toMatchObject({ last: yes, balance: 3400 });
    const last = no("Reversal exceeds points consumed");
    expect(await play("double", [200, 200, 200])).toEqual({ last, balance: 3400 });
  });

  test("with another amount is no repeat", async () => {
    expect(await play("refuse", [200, 300])).toMatchObject({ last: yes, balance: 3500 });
  });
});

test("points are conserved for any requests in any order", () => {
  const step = fc.record({
    verb: fc.constantFrom("redeem", "reverse", "credit"),
    customer_id: fc.constantFrom("CUST12345", "CUST00001"),
    order_id: fc.constantFrom("A", "B", "C"),
    points: fc.integer({ min: 1, max: 3000 }),
    reason: fc.constantFrom("R1", "R2"),
    repeat: fc.constantFrom("accept", "refuse", "double"),
  });

  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let repeat: Repeat = "refuse";
      const clock = { now: () => new Date(0) };
      const { ledger } = makeClientMemory({ journalFile: undefined, warn: () => {}, clock, repeat: () => repeat });
      for (const { verb, customer_id, order_id, points, reason, ...rest } of steps) {
        repeat = rest.repeat;
        const transaction_date = "2026-06-03T10:00:00Z";
        try {
          if (verb === "redeem") ledger.redeem({ customer_id, order_id, points_consumed: points, transaction_date });
          else if (verb === "reverse") ledger.reverse({ customer_id, order_id, points_reversed: points, reason });
          else ledger.grant(customer_id, points);
        } catch (error) {
          expect(error).toMatchObject({ kind: "refused" });
        }
      }
      for (const id of ["CUST12345", "CUST00001"]) {
        const { balance_points, points_earned, entries } = ledger.account(id);
        const credits = entries.filter(({ type }) => type === "credit").map(({ points }) => points);
        expect(balance_points).toBe(sum(entries.map(({ points }) => points)));
        expect(Math.min(...entries.map(({ balance_after }) => balance_after))).toBeGreaterThanOrEqual(0);
        expect(points_earned).toBe((id === "CUST12345" ? 5000 : 0) + sum(credits));
        for (const order of ["A", "B", "C"]) {
          const movements = entries.filter(({ order_id }) => order_id === order);
          expect(sum(movements.map(({ points }) => points))).toBeLessThanOrEqual(0);
        }
      }
    }),
  );
});
