import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { FaultScript } from "../../sandbox/faults.ts";
import { groupNumber, newGroup } from "../support/capillary.ts";
import { issuable } from "../support/capillary-orders.ts";
import { type Customer, makeTestGateway } from "../support/gateway.ts";
import { freePort, type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { makeCaller } from "../support/graphql.ts";
import { type PlaceOrderAnswer, readOrder, type SeenOrder } from "../support/orders.ts";

/**
 * Two gateway processes on one database, killed at random while the ledger drops, delays, refuses and forgets to answer.
 * Afterwards one process is dead for good, and the other one brings everything to its end.
 *
 * STORM_SEED repeats a run's choices; STORM_ORDERS makes it longer.
 */
const seed = Number(process.env["STORM_SEED"] ?? 20_261_122);
const orderCount = Number(process.env["STORM_ORDERS"] ?? 40);
const customerCount = Math.ceil(orderCount / 4);

test(`a storm (seed ${seed}) loses no point and takes none twice`, {
  timeout: 60_000 + orderCount * 1_500,
}, async () => {
  const random = mulberry32(seed);
  const chance = (probability: number) => random() < probability;
  const ports = [await freePort(), await freePort()] as const;
  const processes: GatewayProcess[] = [];
  let settings: Record<string, string> = {};
  await using gateway = await makeTestGateway(
    async (env) => {
      settings = { ...env, UPSTREAM_TIMEOUT_MS: "300", CLIENT_SETTLE_SECONDS: "0.4" };
      for (const PORT of ports) processes.push(await startGatewayProcess({ ...settings, PORT }));
      return {
        url: processes[0]?.url ?? "",
        stop: async () => void (await Promise.all(processes.map((p) => p.stop()))),
      };
    },
    { OTP_PER_CUSTOMER_HOUR: "1000" },
  );
  const { sandbox, sql } = gateway;

  // The world: more is wanted than there is, so that some orders fail in part.
  const rewards = await Promise.all([
    gateway.voucher({ points: 70, codes: orderCount }),
    gateway.voucher({ points: 110, codes: Math.ceil(orderCount / 3) }),
    gateway.voucher({ points: 30, codes: orderCount * 2 }),
  ]);
  const treats = [await issuable(gateway, { points: 50 }), await issuable(gateway, { points: 90 })];
  const customers: Customer[] = [];
  for (let index = 0; index < customerCount; index += 1) {
    const customer = await gateway.customer({ balance: 2_000 });
    sandbox.capillary.addCustomer({ externalId: customer.customerId });
    customers.push(customer);
  }
  // One group for all: its points are everybody's.
  const family = newGroup(gateway, { members: customers, points: orderCount * 60 });

  // The weather.
  let isStorming = true;
  const capillaryScripts: (Partial<FaultScript> & Pick<FaultScript, "fault">)[] = [
    { fault: "http-500" },
    { fault: "http-500", commit: true },
    { fault: "commit-then-drop" },
    { fault: "drop-before" },
    { fault: "malformed", commit: true },
    { fault: "delay", delayMs: 950 },
    { fault: "refuse", code: 10004, times: 6 },
    { fault: "refuse", code: 12005 },
  ];
  const scripts: (Partial<FaultScript> & Pick<FaultScript, "fault">)[] = [
    { fault: "http-500" },
    { fault: "http-500", commit: true },
    { fault: "commit-then-drop" },
    { fault: "drop-before" },
    { fault: "malformed", commit: true },
    { fault: "delay", delayMs: 320 },
    { fault: "refuse" },
  ];
  const faults = (async () => {
    while (isStorming) {
      const script = scripts[Math.floor(random() * scripts.length)];
      const operation = chance(0.75) ? "redeem" : "reverse";
      if (script && sandbox.faults.list().length < 2) sandbox.faults.add({ upstream: "client", operation, ...script });
      const other = capillaryScripts[Math.floor(random() * capillaryScripts.length)];
      if (other && sandbox.faults.list().length < 4)
        sandbox.faults.add({ upstream: "capillary", operation: "issue", ...other });
      await delay(60 + random() * 200);
    }
  })();
  let kills = 0;
  const killer = (async () => {
    while (isStorming) {
      await delay(700 + random() * 1_500);
      const index = chance(0.5) ? 0 : 1;
      await processes[index]?.kill("SIGKILL");
      kills += 1;
      processes[index] = await startGatewayProcess({ ...settings, PORT: ports[index] });
    }
  })();

  // The customers, who send the same request until somebody answers it.
  const placed = new Map<string, Customer>();
  await Promise.all(
    customers.map(async (customer) => {
      for (let index = 0; index < orderCount / customerCount; index += 1) {
        await insist(customer, `mutation { clearCart { userErrors { code } } }`);
        for (const reward of rewards.filter(() => chance(0.6))) {
          const input = { rewardId: reward.id, quantity: 1 + Math.floor(random() * 2) };
          await insist(
            customer,
            `mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code } } }`,
            { input },
          );
        }
        for (const treat of treats) {
          const payWith = chance(0.5) ? "GROUP" : "INDIVIDUAL";
          const input = { rewardId: treat.id, payWith, ...(payWith === "GROUP" && { groupWalletId: family }) };
          if (chance(0.3)) continue;
          await insist(
            customer,
            `mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code } } }`,
            { input },
          );
        }
        const answer = await insist<PlaceOrderAnswer>(
          customer,
          `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id number status } replayed userErrors { code } } }`,
          { input: { idempotencyKey: randomUUID() } },
        );
        if (answer.placeOrder.order) placed.set(answer.placeOrder.order.id, customer);
      }
    }),
  );

  async function insist<Data>(customer: Customer, query: string, variables?: Record<string, unknown>): Promise<Data> {
    for (;;) {
      const { url } = processes[chance(0.5) ? 0 : 1] ?? { url: "" };
      const answer = await makeCaller(() => url, customer.token)
        .send<Data>(query, variables)
        .catch(() => null);
      if (answer?.data && !answer.errors) return answer.data;
      await delay(50);
    }
  }

  // The calm: one process never comes back.
  isStorming = false;
  await Promise.all([faults, killer]);
  sandbox.faults.clear();
  await processes[0]?.kill("SIGKILL");
  const survivor = makeCaller(() => processes[1]?.url ?? "", gateway.operator.token);
  const openOrders = () =>
    sql(`select id from orders o where points_state <> 'NEEDS_ATTENTION' and (status in ('PENDING', 'PROCESSING')
         or exists (select from points_movements m where m.order_id = o.id and m.state in ('PENDING', 'UNCERTAIN')))`);
  const settle = async () => {
    for (const end = Date.now() + 60_000; (await openOrders()).length > 0; await delay(100)) {
      if (Date.now() > end) throw new Error(`not settled: ${JSON.stringify(await openOrders())}`);
    }
  };
  await settle();

  // People look at what only people can tell, and answer by the ledger.
  const issuedFor = ({ customerId }: Customer, key: string) =>
    sandbox.capillary
      .issuals(customerId)
      .filter(
        ({ requestId, state }) => state === "ISSUED" && requestId?.match(/^ORD-[^-]+-[^-]+-\d+-\d+/)?.[0] === key,
      );
  const entriesOf = ({ customerId }: Customer, number: string, type: string) =>
    sandbox.client.ledger(customerId).filter((entry) => entry.order_id === number && entry.type === type);
  for (const [id, customer] of placed) {
    for (;;) {
      const order = await readOrder(survivor, id);
      const movement = order.pointsTrail.find((candidate) => candidate.state === "NEEDS_ATTENTION");
      if (!movement) break;
      const happened = movement.upstreamReference.startsWith(`${order.number}-`)
        ? issuedFor(customer, movement.upstreamReference).length > 0
        : movement.kind === "TAKEN"
          ? entriesOf(customer, order.number, "redeem").length > 0
          : entriesOf(customer, order.number, "reverse").some((entry) =>
              entry.reason?.includes(`${movement.upstreamReference})`),
            );
      await survivor.ok(
        `mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { userErrors { code } } }`,
        {
          input: {
            orderId: id,
            movementId: movement.id,
            outcome: happened ? "HAPPENED" : "DID_NOT_HAPPEN",
            note: "ledger",
            idempotencyKey: randomUUID(),
          },
        },
      );
      await settle();
    }
  }

  // What must be true now, whatever happened.
  const problems: string[] = [];
  const check = (holds: boolean, problem: string, order?: SeenOrder) => {
    if (!holds)
      problems.push(
        `${problem}${order ? `: ${order.number} ${order.status} ${JSON.stringify(order.pointsTrail)}` : ""}`,
      );
  };
  const counts: Record<string, number> = {};
  let takenFromFamily = 0;
  for (const [id, customer] of placed) {
    const order = await readOrder(survivor, id);
    counts[order.status] = (counts[order.status] ?? 0) + 1;
    const [redeems, reverses] = [
      entriesOf(customer, order.number, "redeem"),
      entriesOf(customer, order.number, "reverse"),
    ];
    const net = -[...redeems, ...reverses].reduce((sum, entry) => sum + entry.points, 0);
    const [row] = await sql<{ points: number; units: number; codes: number }>(
      `select coalesce(sum(l.unit_points) filter (where u.state = 'FULFILLED' and l.pay_with = 'INDIVIDUAL'), 0)::int as points,
              count(*) filter (where u.state = 'FULFILLED')::int as units, count(v.id)::int as codes
       from order_lines l join order_units u on u.line_id = l.id left join voucher_codes v on v.unit_id = u.id
       where l.order_id = (select id from orders where number = $1)`,
      [order.number],
    );
    check(redeems.length <= 1, "taken twice", order);
    const issues = await sql<{ key: string; isGiven: boolean; points: number }>(
      `select i.transaction_number as key, u.state = 'FULFILLED' as "isGiven", i.points::int as points
       from unit_issues i join order_units u on u.id = i.unit_id join orders o on o.id = i.order_id where o.number = $1`,
      [order.number],
    );
    for (const { key, isGiven, points } of issues) {
      check(issuedFor(customer, key).length === (isGiven ? 1 : 0), `${key} was issued as often as it was given`, order);
      if (isGiven) takenFromFamily += points;
    }
    check(net === row?.points, `the ledger took ${net} net for rewards of ${row?.points}`, order);
    check(row?.units === row?.codes, "a code for each fulfilled unit and no other", order);
    check(order.settled, "not settled", order);
    check(
      order.history.every((event, index) => event.seq === index + 1),
      "a gap in the events",
      order,
    );
    check(new Set(reverses.map((entry) => entry.reason)).size === reverses.length, "one return given twice", order);
  }
  const left = sandbox.capillary.groupBalance(groupNumber(family));
  check(left === orderCount * 60 - takenFromFamily, `the group has ${left}, and ${takenFromFamily} were taken`);
  for (const customer of customers) {
    check(
      sandbox.client.ledger(customer.customerId).every((entry) => entry.balance_after >= 0),
      `a negative balance of ${customer.customerId}`,
    );
  }
  const known = await sql<{ number: string }>("select number from orders");
  check(known.length === placed.size, `${known.length} orders for ${placed.size} answers`);
  expect({ problems, kills: kills > 0 }).toEqual({ problems: [], kills: true });
  process.stdout.write(`storm: seed ${seed}, ${placed.size} orders, ${kills} kills, ${JSON.stringify(counts)}\n`);
});

/** A small generator of random numbers from a seed. */
function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
