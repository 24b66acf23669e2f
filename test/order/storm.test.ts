import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { FaultScript } from "../../sandbox/faults.ts";
import { groupNumber, newGroup } from "../support/capillary.ts";
import { issuable } from "../support/capillary-orders.ts";
import { freePort } from "../support/free-port.ts";
import { type Customer, makeTestGateway } from "../support/gateway.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { type GraphqlAnswer, makeCaller } from "../support/graphql.ts";
import { type PlaceOrderAnswer, readOrder, type SeenOrder } from "../support/orders.ts";
import { startOwnPostgres } from "../support/own-postgres.ts";
import { seededRandom } from "../support/random.ts";

/**
 * Gateway processes on one database, killed at random while both upstreams drop, refuse and lose calls. Now and then
 * PostgreSQL is killed, restarted or cut off from every process. The Client either promises idempotent calls or does not.
 * Afterwards all processes but one stay dead, and that one finishes every order. A subscription follows every order
 * all the time, and every error that a customer receives says that a retry may help.
 *
 * STORM_SEED repeats a run's choices; STORM_ORDERS makes it longer; STORM_PROCESSES is their number.
 */
const seed = Number(process.env["STORM_SEED"] ?? 20_261_122);
const orderCount = Number(process.env["STORM_ORDERS"] ?? 30);
const processCount = Number(process.env["STORM_PROCESSES"] ?? 2);
const customerCount = Math.ceil(orderCount / 4);
const ordersToAKill = 6;

type Script = Partial<FaultScript> & Pick<FaultScript, "fault">;
const anyUpstream: Script[] = [
  { fault: "http-500" },
  { fault: "http-500", commit: true },
  { fault: "commit-then-drop" },
  { fault: "drop-before" },
  { fault: "malformed", commit: true },
  { fault: "never-answer" },
  { fault: "never-answer", commit: true },
];
const clientScripts: Script[] = [...anyUpstream, { fault: "refuse" }];
const capillaryScripts: Script[] = [
  ...anyUpstream,
  { fault: "refuse", code: 10004, times: 6 },
  { fault: "refuse", code: 12005 },
];

test(`a storm (seed ${seed}) loses no point and takes none twice`, {
  timeout: 120_000 + orderCount * 3_000,
}, async () => {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  const oneOf = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const ports = await Promise.all(Array.from({ length: processCount }, freePort));
  const isRepeatable = chance(0.5);
  await using postgres = await startOwnPostgres();
  const processes: Promise<GatewayProcess>[] = [];
  let settings: { [name: string]: string } = {};
  await using gateway = await makeTestGateway(
    async (env) => {
      settings = env;
      for (const PORT of ports) processes.push(startGatewayProcess({ ...settings, PORT }));
      const [first] = await Promise.all(processes);
      const stop = async () => void (await Promise.all(processes.map(async (process) => (await process).stop())));
      return { url: first?.url ?? "", stop };
    },
    {
      DATABASE_URL: postgres.url,
      UPSTREAM_TIMEOUT_MS: "3000",
      CLIENT_SETTLE_SECONDS: "0.5",
      CLIENT_REDEEM_REPEATABLE: String(isRepeatable),
      CLIENT_REVERSE_REPEATABLE: String(isRepeatable),
    },
  );
  const { sandbox, sql } = gateway;
  sandbox.settings.change({ repeat: isRepeatable ? "accept" : "refuse" });

  // The stock is smaller than the demand, so that some orders fail in part.
  const rewards = await Promise.all([
    gateway.voucher({ points: 70, codes: orderCount }),
    gateway.voucher({ points: 110, codes: Math.ceil(orderCount / 3) }),
    gateway.voucher({ points: 30, codes: orderCount * 2 }),
  ]);
  const treats = [await issuable(gateway, { points: 50 }), await issuable(gateway, { points: 90 })];
  const customers = await Promise.all(
    Array.from({ length: customerCount }, async () => {
      const customer = await gateway.customer({ balance: 2_000 });
      sandbox.capillary.addCustomer({ externalId: customer.customerId });
      return customer;
    }),
  );
  // A single group for all customers, who share its points.
  const family = newGroup(gateway, { members: customers, points: orderCount * 60 });

  /** The faults of one order. */
  function scriptFaults(): void {
    if (sandbox.faults.list().length > 3) return;
    const operation = chance(0.75) ? "redeem" : "reverse";
    if (chance(0.4)) sandbox.faults.add({ upstream: "client", operation, ...oneOf(clientScripts) });
    if (chance(0.4)) sandbox.faults.add({ upstream: "capillary", operation: "issue", ...oneOf(capillaryScripts) });
  }

  const problems: string[] = [];
  const faults = { kill: 0, cut: 0, "postgres killed": 0, "postgres restarted": 0, "postgres crashed": 0 };
  type FaultKind = keyof typeof faults;
  /** The seed alone decides their order. The last one reshuffles them, so that any five hold one fault of PostgreSQL. */
  const kinds: FaultKind[] = ["kill", "kill", "kill", ...(Object.keys(faults) as FaultKind[])];
  const draw = seededRandom(seed + 1);
  let dealt: FaultKind[] = [];
  const nextKind = (): FaultKind => {
    if (dealt.length === 0) dealt = [...kinds];
    return dealt.splice(Math.floor(draw() * dealt.length), 1)[0] as FaultKind;
  };

  const readiness = async ({ url }: GatewayProcess) => {
    const response = await fetch(`${url}/readyz`);
    return `${response.status} ${((await response.json()) as { status: string }).status}`;
  };
  const whileDown = async () => {
    for (const process of await Promise.all(processes)) {
      const said = await readiness(process);
      if (said !== "503 the database does not answer") problems.push(`without its database a process says ${said}`);
    }
  };
  const cause: Record<FaultKind, () => Promise<unknown>> = {
    async kill() {
      const index = Math.floor(random() * processCount);
      await (await processes[index])?.kill("SIGKILL");
      processes[index] = startGatewayProcess({ ...settings, PORT: ports[index] as string });
      await processes[index];
    },
    cut: () =>
      sql(`select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid()`),
    async "postgres killed"() {
      await postgres.kill();
      await whileDown();
      await postgres.start();
    },
    async "postgres restarted"() {
      await postgres.stopAtOnce();
      await whileDown();
      await postgres.start();
    },
    "postgres crashed": () => postgres.crash(),
  };
  let killer = Promise.resolve();
  /** Kills a running process and starts it again, or restarts PostgreSQL in some way; one after the other. */
  function kill(): void {
    const kind = nextKind();
    killer = killer.then(async () => {
      faults[kind] += 1;
      await cause[kind]();
    });
  }

  // The customers, who send the same request until they receive an answer.
  const placed = new Map<string, Customer>();
  const followed = new Map<string, Promise<number[]>>();
  async function order(customer: Customer): Promise<void> {
    const put = (input: object) =>
      insist(customer, `mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code } } }`, {
        input,
      });
    await insist(customer, `mutation { clearCart { userErrors { code } } }`);
    for (const reward of rewards.filter(() => chance(0.6))) {
      await put({ rewardId: reward.id, quantity: 1 + Math.floor(random() * 2) });
    }
    for (const treat of treats.filter(() => chance(0.7))) {
      await put({ rewardId: treat.id, ...(chance(0.5) && { payWith: "GROUP", groupWalletId: family }) });
    }
    scriptFaults();
    const answer = await insist<PlaceOrderAnswer>(
      customer,
      `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id number status } replayed userErrors { code } } }`,
      { input: { idempotencyKey: randomUUID() } },
    );
    if (!answer.placeOrder.order) return;
    const { id } = answer.placeOrder.order;
    placed.set(id, customer);
    followed.set(id, follow(customer, id));
    if (placed.size % ordersToAKill === 0) kill();
  }

  async function insist<Data>(customer: Customer, query: string, variables?: object): Promise<Data> {
    for (;;) {
      const { url } = await oneOf(processes);
      const answer = await makeCaller(() => url, customer.token)
        .send<Data>(query, { ...variables })
        .catch(() => null);
      if (answer?.data && !answer.errors) return answer.data;
      for (const error of answer?.errors ?? []) isRetryable(error);
      await delay(50); // the interval of a retry: no result depends on its length
    }
  }
  function isRetryable({ message, path, extensions }: NonNullable<GraphqlAnswer<unknown>["errors"]>[number]): void {
    if (!extensions.retryable) problems.push(`not retryable: ${extensions.code} ${message} at ${path}`);
  }

  /** Follows an order to its end, and again after a loss of the socket. @returns its event numbers in order of arrival */
  async function follow(customer: Customer, id: string): Promise<number[]> {
    const seen: number[] = [];
    for (;;) {
      const { url } = await oneOf(processes);
      const client = makeCaller(() => url, customer.token).socket();
      const before = seen.length;
      let isRefused = false;
      try {
        const events = client.iterate<{ orderStatus: { seq: number; order: { status: string } } }>({
          query: `subscription ($id: ID!, $seen: Int) { orderStatus(orderId: $id, afterSeq: $seen) { seq order { status } } }`,
          variables: { id, seen: seen.at(-1) ?? 0 },
        });
        for await (const { data, errors } of events) {
          if (data) seen.push(data.orderStatus.seq);
          if (errors) {
            isRefused = true;
            for (const each of errors as NonNullable<GraphqlAnswer<unknown>["errors"]>) isRetryable(each);
            // A failing database refuses new subscriptions, and delays the events of open ones.
            if (seen.length > before) problems.push(`an event was lost to ${JSON.stringify(errors)}`);
          }
        }
        if (!isRefused) return seen;
      } catch (error) {
        if (Array.isArray(error)) for (const each of error) isRetryable(each); // else the socket is lost
      } finally {
        await client.dispose();
      }
      await delay(50); // as above
    }
  }

  await Promise.all(
    customers.map(async (customer) => {
      for (let index = 0; index < orderCount / customerCount; index += 1) await order(customer);
    }),
  );

  // The faults are over: no process but the last comes back.
  await killer;
  sandbox.faults.clear();
  const running = await Promise.all(processes);
  const url = running.at(-1)?.url ?? "";
  await Promise.all(running.slice(0, -1).map((victim) => victim.kill("SIGKILL")));
  const survivor = makeCaller(() => url, gateway.operator.token);
  const openOrders = () =>
    sql(`select id from orders o where points_state <> 'NEEDS_ATTENTION' and (status in ('PENDING', 'PROCESSING')
         or exists (select from points_movements m where m.order_id = o.id and m.state in ('PENDING', 'UNCERTAIN')))`);
  const settle = () => gateway.until(async () => (await openOrders()).length === 0, 60_000 + orderCount * 1_000);
  await settle();

  // Operators decide the outcomes that only they can find out, from the ledger.
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

  // These invariants hold after every run.
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
    const seen = (await followed.get(id)) ?? [];
    // A subscription also completes when the order waits for an operator.
    const isWhole =
      seen.length === order.history.length || order.history[seen.length - 1]?.pointsState === "NEEDS_ATTENTION";
    check(isWhole && seen.every((seq, index) => seq === index + 1), `its follower saw ${seen}`, order);
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
  expect({ problems, faults: Object.values(faults).some((count) => count > 0) }).toEqual({
    problems: [],
    faults: true,
  });
  process.stdout.write(
    `storm: seed ${seed}, ${placed.size} orders, ${processCount} processes, ${JSON.stringify(faults)}, ${JSON.stringify(counts)}\n`,
  );
});
