import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { issuable } from "../support/capillary-orders.ts";
import { type Customer, makeTestGateway, OPERATOR_TOKEN, type TestGateway, until } from "../support/gateway.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { makeCaller } from "../support/graphql.ts";
import {
  addToCart,
  orderPrepared,
  orderSettled,
  orderWhen,
  placeOrder,
  readOrder,
  sendPlaceOrder,
} from "../support/orders.ts";
import { startOwnPostgres } from "../support/own-postgres.ts";

/**
 * Gateway processes on one database that are stopped under load, or suspended until another one has taken over. With
 * UPGRADE_FROM, the directory of another version's checkout, processes of that version are replaced by this one's and back.
 */
const upgradeFrom = process.env["UPGRADE_FROM"];

interface Cluster extends TestGateway {
  processes: GatewayProcess[];
  /** Starts another process, on a port of its own. */
  start(checkout?: string): Promise<GatewayProcess>;
}

async function startCluster(size: number, env: Record<string, string> = {}, checkout?: string): Promise<Cluster> {
  const processes: GatewayProcess[] = [];
  let settings: Record<string, string> = {};
  const start = async (from?: string) => {
    const process = await startGatewayProcess({ ...settings, PORT: "0" }, from);
    processes.push(process);
    return process;
  };
  const gateway = await makeTestGateway(
    async (given) => {
      settings = given;
      for (let count = 0; count < size; count += 1) await start(checkout);
      const stop = async () => void (await Promise.all(processes.map((each) => each.kill("SIGKILL"))));
      return { url: processes[0]?.url ?? "", stop };
    },
    { CLIENT_SETTLE_SECONDS: "0.05", ...env },
  );
  return Object.assign(gateway, { processes, start });
}

const readiness = async ({ url }: GatewayProcess) => (await fetch(`${url}/readyz`)).status;

describe("SIGTERM", () => {
  test("lets a call in flight finish: this process confirms the order, whose outcome is never unknown", async () => {
    await using gateway = await startCluster(1);
    const [server] = gateway.processes;
    const customer = await gateway.customer({ balance: 1_000 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const id = await placeOrder(customer, (await gateway.voucher({ points: 200 })).id);
    await gateway.sandbox.faults.held(call);
    const stopped = server?.stop();
    // Its port is closed, so the process is waiting for its jobs.
    await until(async () => !(await fetch(server?.url ?? "").catch(() => null)));
    gateway.sandbox.faults.release({ id: call.id });
    await stopped;
    expect(await server?.ended).toBe("0");
    const states = await gateway.sql<{ state: string; attempts: number; status: string }>(
      "select m.state, m.attempts, o.status from points_movements m join orders o on o.id = m.order_id",
    );
    expect(states).toEqual([{ state: "CONFIRMED", attempts: 1, status: "FULFILLED" }]);
    expect(await gateway.sql("select owner from jobs")).toEqual([]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
    expect(id).toBeTruthy();
  });

  test("is visible at /readyz first, while all requests are still served", async () => {
    await using gateway = await startCluster(1, { SHUTDOWN_DELAY_SECONDS: "300" });
    const [server] = gateway.processes;
    expect(server && (await readiness(server))).toBe(200);
    void server?.stop();
    await until(async () => server !== undefined && (await readiness(server)) === 503);
    const customer = await gateway.customer({ balance: 1_000 });
    const id = await placeOrder(customer, (await gateway.voucher({ points: 200 })).id);
    expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED" });
  });
});

test("a rolling restart under load refuses no request and leaves no outcome unknown", async () => {
  await using gateway = await startCluster(2, { SHUTDOWN_DELAY_SECONDS: "1" }, upgradeFrom);
  const reward = await gateway.voucher({ points: 10, codes: 500 });
  const customers = await Promise.all(Array.from({ length: 2 }, () => gateway.customer({ balance: 5_000 })));
  let isOver = false;

  /** As a load balancer does: any process that reports itself ready. */
  async function readyServer(turn: number): Promise<GatewayProcess> {
    for (let next = turn; ; next += 1) {
      const server = gateway.processes[next % gateway.processes.length];
      if (server && (await readiness(server).catch(() => 0)) === 200) return server;
    }
  }
  async function order(customer: Customer, turn: number): Promise<string> {
    let server = await readyServer(turn);
    const caller = makeCaller(() => server.url, customer.token);
    await addToCart(caller, reward.id, 1);
    server = await readyServer(turn + 1);
    const { data, errors } = await sendPlaceOrder(caller, { idempotencyKey: randomUUID() });
    expect(errors ?? data?.placeOrder.userErrors).toEqual([]);
    const id = data?.placeOrder.order?.id ?? "";
    await until(async () => {
      server = await readyServer(turn);
      return (await readOrder(caller, id)).settled;
    });
    return id;
  }
  const shopping = Promise.all(
    customers.map(async (customer, index) => {
      const ids: string[] = [];
      while (!isOver) ids.push(await order(customer, index + ids.length));
      return ids;
    }),
  );
  for (const version of upgradeFrom ? [undefined, upgradeFrom] : [undefined]) {
    for (const old of gateway.processes.slice(-2)) {
      await gateway.start(version);
      await old.stop();
      expect(await old.ended).toBe("0");
    }
  }
  isOver = true;
  const placed = await shopping;

  const survivor = await readyServer(0);
  const operator = makeCaller(() => survivor.url, OPERATOR_TOKEN);
  for (const [index, ids] of placed.entries()) {
    for (const id of ids) expect(await orderSettled(operator, id)).toMatchObject({ status: "FULFILLED" });
    const customer = customers[index];
    expect(customer && gateway.sandbox.client.balance(customer.customerId)).toBe(5_000 - 10 * ids.length);
  }
  expect(await gateway.sql("select order_id from order_events where points_state = 'UNCERTAIN'")).toEqual([]);
});

if (upgradeFrom) {
  test("orders of a killed process of the other version, in each state, are continued by this version", async () => {
    await using postgres = await startOwnPostgres();
    await using gateway = await startCluster(
      1,
      { DATABASE_URL: postgres.url, UPSTREAM_TIMEOUT_MS: "5000" },
      upgradeFrom,
    );
    const { sandbox } = gateway;
    const hold = async (operation: string, commit: boolean, work: () => Promise<string>, upstream = "client") => {
      const fault = sandbox.faults.add({ upstream: upstream as "client", operation, fault: "hold", commit });
      const id = await work();
      await sandbox.faults.held(fault);
      return id;
    };
    const newCustomer = async () => {
      const customer = await gateway.customer({ balance: 1_000 });
      sandbox.capillary.addCustomer({ externalId: customer.customerId });
      return customer;
    };
    const voucher = await gateway.voucher({ points: 100, codes: 20 });
    const lamp = await gateway.merchandise({ points: 50 });
    const treat = await issuable(gateway, { points: 70 });
    const [taken, notTaken, issued, notIssued, returning, prepared] = await Promise.all(
      Array.from({ length: 6 }, newCustomer) as [
        Promise<Customer>,
        Promise<Customer>,
        Promise<Customer>,
        Promise<Customer>,
        Promise<Customer>,
        Promise<Customer>,
      ],
    );
    const atWarehouse = await placeOrder(prepared, lamp.id);
    await orderPrepared(prepared, atWarehouse);
    const ids = {
      prepared: atWarehouse,
      taken: await hold("redeem", true, () => placeOrder(taken, voucher.id)),
      waiting: await placeOrder(taken, voucher.id),
      notTaken: await hold("redeem", false, () => placeOrder(notTaken, voucher.id)),
      issued: await hold("issue", true, () => placeOrder(issued, treat.id), "capillary"),
      notIssued: await hold("issue", false, () => placeOrder(notIssued, treat.id), "capillary"),
      returning: await hold("reverse", true, async () => {
        sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "refuse", code: 12005 });
        return placeOrder(returning, treat.id);
      }),
    };
    const [old] = gateway.processes;
    await old?.kill("SIGKILL");
    sandbox.faults.clear();
    sandbox.faults.release({ with: "drop" });

    const fresh = await gateway.start();
    const operator = makeCaller(() => fresh.url, OPERATOR_TOKEN);
    const settled = async (id: string) => {
      await until(async () => (await readOrder(operator, id)).settled, 80_000);
      return readOrder(operator, id);
    };
    const lines = (await readOrder(operator, ids.prepared)).lines;
    for (const status of ["SHIPPED", "DELIVERED"]) {
      await operator.ok(
        `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }`,
        { input: { orderId: ids.prepared, lineId: lines[0]?.id, status } },
      );
    }
    // The mark of a version that did not record points earned is not enough to infer that the deduction did not happen.
    await until(async () => {
      const { settled, pointsState } = await readOrder(operator, ids.notTaken);
      return settled || pointsState === "NEEDS_ATTENTION";
    }, 80_000);
    const doubtful = await readOrder(operator, ids.notTaken);
    if (!doubtful.settled) {
      const input = {
        orderId: ids.notTaken,
        movementId: doubtful.pointsTrail[0]?.id,
        outcome: "DID_NOT_HAPPEN",
        note: "The ledger shows nothing.",
        idempotencyKey: randomUUID(),
      };
      await operator.ok(
        `mutation ($input: ResolveOrderInput!) { resolveOrder(input: $input) { userErrors { code } } }`,
        { input },
      );
    }
    const ends = Object.fromEntries(
      await Promise.all(
        Object.entries(ids).map(async ([name, id]) => {
          const { status, pointsState, history } = await settled(id);
          return [name, [status, pointsState, history.some((event) => event.pointsState === "UNCERTAIN")]];
        }),
      ),
    );
    expect(ends).toEqual({
      prepared: ["FULFILLED", "TAKEN", false],
      taken: ["FULFILLED", "TAKEN", true],
      waiting: ["FULFILLED", "TAKEN", false],
      notTaken: ["FAILED", "NOT_TAKEN", true],
      issued: ["FULFILLED", "TAKEN", expect.any(Boolean)],
      notIssued: ["FULFILLED", "TAKEN", expect.any(Boolean)],
      returning: ["FAILED", "RETURNED", true],
    });
    expect([taken, notTaken, issued, notIssued, returning, prepared].map((each) => gateway.ledgerOf(each))).toEqual([
      [1_000, -100, -100],
      [1_000],
      [1_000, -70],
      [1_000, -70],
      [1_000, -70, 70],
      [1_000, -50],
    ]);
    await until(async () => (await postgres.sql("select from pg_namespace where nspname = 'dbos'")).length === 0);
    expect(await gateway.sql("select id from jobs")).toEqual([]);
  }, 180_000);
}

test("a suspended process loses its order to another one, and changes nothing when it resumes", async () => {
  await using gateway = await startCluster(2);
  const [frozen, other] = gateway.processes;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200, codes: 2 });
  const call = gateway.fault("redeem", { fault: "hold", commit: true });
  const id = await placeOrder(customer, reward.id);
  await gateway.sandbox.faults.held(call);
  process.kill(frozen?.pid ?? 0, "SIGSTOP");
  const elsewhere = makeCaller(() => other?.url ?? "", customer.token);
  const meanwhile = await orderWhen(elsewhere, id, (event) => event.pointsState === "UNCERTAIN");
  expect(meanwhile.status).toBe("PENDING");
  const order = await orderSettled(elsewhere, id);
  expect(order).toMatchObject({ status: "FULFILLED", pointsState: "TAKEN" });

  gateway.sandbox.faults.release({ id: call.id });
  process.kill(frozen?.pid ?? 0, "SIGCONT");
  // After it resumed, it has recorded its late answer by the time that it has stopped.
  await frozen?.stop();
  const after = await readOrder(elsewhere, id);
  expect(after).toEqual(order);
  expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
  expect(gateway.callsFor("redeem", order)).toHaveLength(1);
  expect(await gateway.sql("select id from voucher_codes where state = 'ALLOCATED'")).toHaveLength(1);
});
