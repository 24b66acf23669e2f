import pg from "pg";
import { expect } from "vitest";
import { newGroup } from "./capillary.ts";
import { issuable } from "./capillary-orders.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { sendPlaceOrder } from "./orders.ts";
import { seededRandom } from "./random.ts";
import { breaksOf, reconcile, repairAll, withStatement } from "./reconciliation.ts";

const CUSTOMERS = 6;
const ORDERS_EACH = 8;
/** The state to restore is saved after so many orders were placed. */
const BEFORE_SAVE = (CUSTOMERS * ORDERS_EACH) / 3;

/** A database that is lost after a storm, and restored to its state in the middle of the storm. */
export interface LostDatabase {
  /** The URL of the gateway's database. */
  url: string;
  /** Called while the first orders are placed, and awaited before the others are. */
  prepare?(): Promise<void>;
  /** Called while orders are placed, paid, issued and returned. Resolves when the state to restore has been saved. */
  save(): Promise<void>;
  /** Called when the storm is over and the gateway is stopped. @returns the URL of the restored database */
  restore(): Promise<string>;
}

/** Ignores the error when the server stops. */
const poolOf = (connectionString: string) => new pg.Pool({ connectionString, max: 1 }).on("error", () => {});

/**
 * Restores a database in the middle of a storm of orders, and checks that reconciliation finds every break and that the repairs
 * leave each customer with exactly what was paid for. The points provider and Capillary have everything; the restored database has
 * the saved state, orders in flight included.
 *
 * @param seed repeats a storm
 * @returns the figures as text
 */
export async function restoreAfterStorm(database: LostDatabase, seed: number): Promise<string> {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  await using gateway = await startTestGateway({ ...withStatement, DATABASE_URL: database.url });
  const { sandbox } = gateway;
  sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
  const rewards = await Promise.all([
    gateway.voucher({ points: 70, codes: 100 }),
    gateway.voucher({ points: 110, codes: 10 }), // fewer than wanted: some orders fail in part
  ]);
  const treat = await issuable(gateway, { points: 50 });
  const customers = await Promise.all(
    Array.from({ length: CUSTOMERS }, async () => {
      const customer = await gateway.customer({ balance: 5_000 });
      sandbox.capillary.addCustomer({ externalId: customer.customerId });
      return customer;
    }),
  );
  const family = newGroup(gateway, { members: customers, points: 5_000 });

  let placed = 0;
  const storm = (ordersEach: number, onPlaced: () => void) =>
    Promise.all(
      customers.map(async (customer) => {
        for (let index = 0; index < ordersEach; index += 1) {
          const add = (input: object) =>
            customer.ok("mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code } } }", {
              input,
            });
          for (const reward of rewards) if (chance(0.6)) await add({ rewardId: reward.id }).catch(() => {}); // sold out
          await add({ rewardId: treat.id, ...(chance(0.5) && { payWith: "GROUP", groupWalletId: family }) });
          const { data } = await sendPlaceOrder(customer);
          if (data?.placeOrder.order) placed += 1;
          else await customer.send("mutation { clearCart { userErrors { code } } }");
          onPlaced();
        }
      }),
    );
  if (database.prepare) {
    let prepared: Promise<void> | undefined;
    await storm(2, () => {
      prepared ??= database.prepare?.();
    });
    await prepared;
  }
  const placedBefore = placed;
  let saved: Promise<void> | undefined;
  await storm(ORDERS_EACH, () => {
    if (placed - placedBefore >= BEFORE_SAVE) saved ??= database.save();
  });
  /** Resolves once every order has ended or waits for an operator. */
  const allSettled = async (db: pg.Pool) => {
    const open = async () =>
      (
        await db.query(
          `select o.number, o.status, o.points_state, (select jsonb_agg(jsonb_build_array(m.kind, m.state, m.attempts, m.sent_at, m.last_error))
             from points_movements m where m.order_id = o.id) as movements,
             (select jsonb_agg(jsonb_build_array(i.state, i.attempts, i.last_error)) from unit_issues i where i.order_id = o.id) as issues
           from orders o where points_state <> 'NEEDS_ATTENTION' and (status in ('PENDING', 'PROCESSING')
             or exists (select from points_movements m where m.order_id = o.id and m.state in ('PENDING', 'UNCERTAIN')))`,
        )
      ).rows;
    await gateway
      .until(async () => (await open()).length === 0)
      .catch(async () => {
        throw new Error(`still open: ${JSON.stringify(await open())}`);
      });
  };
  const before = poolOf(database.url);
  await allSettled(before);
  await before.end();

  // The database is lost, and only the saved state is left.
  await (saved ?? Promise.reject(new Error("nothing was saved")));
  const after = poolOf(await restart(gateway, database));
  await allSettled(after);

  const entries = customers.flatMap(({ customerId }) => sandbox.client.ledger(customerId));
  /** Points that the provider's ledger took for each order, less those that it returned. */
  const takenByLedger = () => {
    const taken = new Map<string, number>();
    for (const { order_id, points } of customers.flatMap(({ customerId }) => sandbox.client.ledger(customerId))) {
      if (order_id) taken.set(order_id, (taken.get(order_id) ?? 0) - points);
    }
    return taken;
  };
  const { rows: known } = await after.query<{ number: string; net: number }>(
    `select o.number, coalesce(sum(case m.kind when 'TAKEN' then m.points else -m.points end)
       filter (where m.state = 'CONFIRMED' and m.ledger = 'CLIENT'), 0)::int as net
     from orders o left join points_movements m on m.order_id = o.id group by 1`,
  );
  const inBooks = new Map(known.map(({ number, net }) => [number, net]));
  const differing = [...takenByLedger()].filter(([number, net]) => net !== (inBooks.get(number) ?? 0));
  expect(entries.length).toBeGreaterThan(CUSTOMERS);
  expect(differing.length).toBeGreaterThan(0);
  const lost = [...takenByLedger().keys()].filter((number) => !inBooks.has(number));
  expect(lost.length).toBeGreaterThan(0);
  expect(inBooks.size).toBeGreaterThan(0);

  const run = await reconcile(gateway, { everyCustomer: true });
  expect(run.skipped).toEqual([]);
  const found = await breaksOf(gateway);
  for (const [number, net] of differing) {
    const concerned = found.filter(({ orderNumber }) => orderNumber === number);
    const owed = concerned.reduce((sum, each) => sum + (each.pointsOwed ?? 0) - (each.pointsOver ?? 0), 0);
    const isResolved = concerned.some((each) => each.class === "OUTCOME_KNOWN");
    expect({ number, isFound: isResolved || owed === net - (inBooks.get(number) ?? 0) }).toEqual({
      number,
      isFound: true,
    });
  }
  const issuedTo = () =>
    customers.flatMap(({ customerId }) =>
      sandbox.capillary.issuals(customerId).filter(({ state }) => state === "ISSUED"),
    );
  const unitsOf = async () =>
    new Map(
      (
        await after.query<{ number: string; state: string }>(
          "select i.transaction_number as number, u.state from unit_issues i join order_units u on u.id = i.unit_id",
        )
      ).rows.map(({ number, state }) => [number, state]),
    );
  const units = await unitsOf();
  // A waiting unit belongs to an order whose deduction an operator decides: it finds its issue when it continues.
  const orphans = issuedTo().filter(
    ({ transactionNumber }) => !["FULFILLED", "PENDING"].includes(units.get(transactionNumber ?? "") ?? ""),
  );
  expect(orphans.length).toBeGreaterThan(0);
  expect(found.filter((each) => each.class === "ISSUAL_NOT_IN_BOOKS").length).toBeGreaterThanOrEqual(orphans.length);

  // Repairs may cause returns, whose outcome may be unknown after the restore as well: until a run finds no break.
  for (let round = 0; round < 4 && (await breaksOf(gateway)).length > 0; round += 1) {
    await repairAll(gateway);
    await allSettled(after);
    await reconcile(gateway, { everyCustomer: true });
  }
  expect(await breaksOf(gateway)).toEqual([]);

  // Every restored order has cost exactly its fulfilled lines, and every lost order has cost no points.
  const { rows: given } = await after.query<{ number: string; points: number }>(
    `select o.number, coalesce(sum(l.unit_points) filter (where u.state = 'FULFILLED' and l.pay_with = 'INDIVIDUAL'), 0)::int as points
     from orders o join order_lines l on l.order_id = o.id join order_units u on u.line_id = l.id group by 1`,
  );
  const worth = new Map(given.map(({ number, points }) => [number, points]));
  const wrong = [...takenByLedger()].filter(([number, net]) => net !== (worth.get(number) ?? 0));
  expect(wrong).toEqual([]);
  const unitsNow = await unitsOf();
  expect(issuedTo().filter(({ transactionNumber }) => unitsNow.get(transactionNumber ?? "") !== "FULFILLED")).toEqual(
    [],
  );
  await after.end();
  await gateway.reconcile(); // seals the audit log
  const classes = Object.entries(Object.groupBy(found, (each) => each.class)).map(
    ([name, each]) => `${each?.length} ${name}`,
  );
  return `${placed} orders, ${inBooks.size} in the restored database, ${lost.length} lost; ${classes.join(", ")}`;
}

/** The gateway's settings are known only once the database is restored. */
async function restart(gateway: TestGateway, database: LostDatabase): Promise<string> {
  const settings = { DATABASE_URL: "" };
  await gateway.restart(settings, async () => {
    settings.DATABASE_URL = await database.restore();
  });
  return settings.DATABASE_URL;
}
