import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Customer, makeTestGateway, OPERATOR_TOKEN, type TestGateway, until } from "../support/gateway.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { makeCaller } from "../support/graphql.ts";
import { addToCart, orderSettled, orderWhen, placeOrder, readOrder, sendPlaceOrder } from "../support/orders.ts";

/**
 * Gateway processes on one database that are stopped in full work, or stand still until another one has taken over. With
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
  test("lets a call under way end: the order is confirmed by this process, and is never in doubt", async () => {
    await using gateway = await startCluster(1);
    const [server] = gateway.processes;
    const customer = await gateway.customer({ balance: 1_000 });
    const call = gateway.fault("redeem", { fault: "hold" });
    const id = await placeOrder(customer, (await gateway.voucher({ points: 200 })).id);
    await gateway.sandbox.faults.held(call);
    const stopped = server?.stop();
    // Its port is closed, so the jobs are being waited for.
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

  test("is told at /readyz first, while everything is still served", async () => {
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

test("processes that are replaced one after the other under load refuse nothing and leave nothing in doubt", async () => {
  await using gateway = await startCluster(2, { SHUTDOWN_DELAY_SECONDS: "1" }, upgradeFrom);
  const reward = await gateway.voucher({ points: 10, codes: 500 });
  const customers = await Promise.all(Array.from({ length: 2 }, () => gateway.customer({ balance: 5_000 })));
  let isOver = false;

  /** As a load balancer does: any process that says that it is ready. */
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

test("a process that stands still loses its order to another one, and changes nothing when it comes back", async () => {
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
  // Awake again, it has recorded its late answer by the time that it has stopped.
  await frozen?.stop();
  const after = await readOrder(elsewhere, id);
  expect(after).toEqual(order);
  expect(gateway.ledgerOf(customer)).toEqual([1_000, -200]);
  expect(gateway.callsFor("redeem", order)).toHaveLength(1);
  expect(await gateway.sql("select id from voucher_codes where state = 'ALLOCATED'")).toHaveLength(1);
});
