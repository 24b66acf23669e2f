import pg from "pg";
import { expect, test } from "vitest";
import { newGroup } from "../support/capillary.ts";
import { issuable } from "../support/capillary-orders.ts";
import { startTestGateway } from "../support/gateway.ts";
import { sendPlaceOrder } from "../support/orders.ts";
import { seededRandom } from "../support/random.ts";
import { breaksOf, reconcile, repairAll, withStatement } from "../support/reconciliation.ts";
import { startSystemPostgres } from "../support/system-postgres.ts";

const CUSTOMERS = 6;
const ORDERS_EACH = 8;
/** The dump is taken once so many orders were placed. */
const BEFORE_DUMP = (CUSTOMERS * ORDERS_EACH) / 3;
const seed = Number(process.env["RESTORE_SEED"] ?? 20_261_129);

/** Without an error once the server stops. */
const poolOf = (connectionString: string) => new pg.Pool({ connectionString, max: 1 }).on("error", () => {});

/**
 * A dump is taken while orders are placed, paid, issued and returned, and the database is lost later. The points provider and
 * Capillary have everything; the restored database has the state of the dump, orders in flight included.
 */
test(`after a restore of a dump from the middle of a storm (seed ${seed}) reconciliation finds every break, and the repairs leave each customer with exactly what was paid for`, {
  tags: ["postgresql"],
  timeout: 180_000,
}, async () => {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  await using server = await startSystemPostgres();
  await server.create("before");
  await using gateway = await startTestGateway({ ...withStatement, DATABASE_URL: server.urlOf("before") });
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
  let dumped: Promise<string> | undefined;
  await Promise.all(
    customers.map(async (customer) => {
      for (let index = 0; index < ORDERS_EACH; index += 1) {
        const add = (input: object) =>
          customer.ok("mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code } } }", {
            input,
          });
        for (const reward of rewards) if (chance(0.6)) await add({ rewardId: reward.id }).catch(() => {}); // sold out
        await add({ rewardId: treat.id, ...(chance(0.5) && { payWith: "GROUP", groupWalletId: family }) });
        const { data } = await sendPlaceOrder(customer);
        if (data?.placeOrder.order) placed += 1;
        else await customer.send("mutation { clearCart { userErrors { code } } }");
        if (placed >= BEFORE_DUMP) dumped ??= server.dump("before");
      }
    }),
  );
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
  const before = poolOf(server.urlOf("before"));
  await allSettled(before);
  await before.end();

  // The database is lost, and the dump is what there is.
  const file = await (dumped ?? Promise.reject(new Error("no dump was taken")));
  await gateway.restart({ DATABASE_URL: server.urlOf("after") }, () => server.restore(file, "after"));
  const after = poolOf(server.urlOf("after"));
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
  // A unit that waits is of an order whose deduction an operator is asked about: it finds its issual when it goes on.
  const orphans = issuedTo().filter(
    ({ transactionNumber }) => !["FULFILLED", "PENDING"].includes(units.get(transactionNumber ?? "") ?? ""),
  );
  expect(orphans.length).toBeGreaterThan(0);
  expect(found.filter((each) => each.class === "ISSUAL_NOT_IN_BOOKS").length).toBeGreaterThanOrEqual(orphans.length);

  // Repairs may lead to returns, which may be in doubt after the restore as well: until a run finds nothing.
  for (let round = 0; round < 4 && (await breaksOf(gateway)).length > 0; round += 1) {
    await repairAll(gateway);
    await allSettled(after);
    await reconcile(gateway, { everyCustomer: true });
  }
  expect(await breaksOf(gateway)).toEqual([]);

  // Every order that is known has cost what was given for it, every lost one has cost nothing.
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
  const classes = Object.entries(Object.groupBy(found, (each) => each.class)).map(
    ([name, each]) => `${each?.length} ${name}`,
  );
  process.stdout.write(
    `restore: ${placed} orders, ${inBooks.size} in the dump, ${lost.length} lost; ${classes.join(", ")}\n`,
  );
});
