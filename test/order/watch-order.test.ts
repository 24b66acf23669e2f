import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeLocalBus } from "../../src/platform/events.ts";
import { type CountingBus, makeCountingBus } from "../support/counting-bus.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { orderPrepared, orderSettled, placeOrder, readOrder } from "../support/orders.ts";
import { idleInBackground, queriesOf } from "../support/sql-spy.ts";

let gateway: TestGateway;
let bus: CountingBus;
beforeAll(async () => {
  const openBus = async () => {
    bus = makeCountingBus(makeLocalBus());
    return bus;
  };
  gateway = await startTestGateway({}, { ...idleInBackground, openBus });
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Seen {
  seq: number;
  status: string;
  pointsState: string;
}

/** Follows an order to its completion. */
async function follow(
  caller: Caller,
  orderId: string,
  options: { afterSeq?: number; onFirst?: () => Promise<unknown> } = {},
) {
  const client = caller.socket();
  const seen: Seen[] = [];
  try {
    const events = client.iterate<{ orderStatus: Seen }>({
      query: `subscription ($orderId: ID!, $afterSeq: Int) { orderStatus(orderId: $orderId, afterSeq: $afterSeq) { seq status pointsState } }`,
      variables: { orderId, afterSeq: options.afterSeq },
    });
    for await (const { data, errors } of events) {
      if (errors || !data) throw new Error(JSON.stringify(errors));
      seen.push(data.orderStatus);
      if (seen.length === 1) await options.onFirst?.();
    }
  } finally {
    await client.dispose();
  }
  return seen;
}
const seqs = (seen: Seen[]) => seen.map((event) => event.seq);

async function preparedOrder(): Promise<{ customer: Customer; id: string; lineId: string }> {
  const customer = await gateway.customer();
  const reward = await gateway.merchandise();
  const id = await placeOrder(customer, reward.id);
  const order = await orderPrepared(customer, id);
  return { customer, id, lineId: order.lines[0]?.id ?? "" };
}
const ship = (orderId: string, lineId: string, status: string) =>
  gateway.operator.ok(
    `mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { code } } }`,
    {
      input: { orderId, lineId, status },
    },
  );

describe("following an order", () => {
  test("begins with the current state and sends every change until the order is settled", async () => {
    const { customer, id, lineId } = await preparedOrder();
    const { seq } = await readOrder(customer, id);
    const seen = await follow(customer, id, {
      onFirst: async () => {
        await ship(id, lineId, "SHIPPED");
        await ship(id, lineId, "LOST");
      },
    });
    expect(seqs(seen)).toEqual([seq, seq + 1, seq + 2, seq + 3]);
    expect(seen.map((event) => `${event.status}/${event.pointsState}`)).toEqual([
      "PROCESSING/TAKEN",
      "PROCESSING/TAKEN",
      "FAILED/RETURNING",
      "FAILED/RETURNED",
    ]);
  });

  test("after a seq sends exactly the missed events", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    const id = await placeOrder(customer, reward.id);
    await orderSettled(customer, id);
    expect(seqs(await follow(customer, id, { afterSeq: 0 }))).toEqual([1, 2, 3, 4]);
    expect(seqs(await follow(customer, id, { afterSeq: 2 }))).toEqual([3, 4]);
    expect(seqs(await follow(customer, id))).toEqual([4]);
  });

  test("a settled order after its last seq completes at once", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    const id = await placeOrder(customer, reward.id);
    const { seq } = await orderSettled(customer, id);
    expect(await follow(customer, id, { afterSeq: seq })).toEqual([]);
  });

  test("after a future seq waits for the events after it", async () => {
    const { customer, id, lineId } = await preparedOrder();
    const { seq } = await readOrder(customer, id);
    const followed = follow(customer, id, { afterSeq: seq + 1 });
    await ship(id, lineId, "SHIPPED");
    await ship(id, lineId, "DELIVERED");
    expect(seqs(await followed)).toEqual([seq + 2]);
  });

  test("by many subscribers at once sends each of them the same events", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    const id = await placeOrder(customer, reward.id);
    const all = await Promise.all(Array.from({ length: 25 }, () => follow(customer, id, { afterSeq: 0 })));
    for (const seen of all) expect(seqs(seen)).toEqual([1, 2, 3, 4]);
  });

  test("shows operators every customer's order", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    const id = await placeOrder(customer, reward.id);
    await orderSettled(customer, id);
    expect(await follow(gateway.operator, id)).toHaveLength(1);
  });

  test("with a negative seq is refused", async () => {
    const { customer, id } = await preparedOrder();
    await expect(follow(customer, id, { afterSeq: -1 })).rejects.toThrow("BAD_USER_INPUT");
  });

  test("shows the order as it is now, not as it was when the socket opened", async () => {
    const { customer, id, lineId } = await preparedOrder();
    const client = customer.socket();
    const statuses: string[] = [];
    for await (const { data } of client.iterate<{
      orderStatus: { order: { lines: { shipment: { status: string } }[] } };
    }>({
      query: `subscription ($id: ID!) { orderStatus(orderId: $id) { order { lines { shipment { status } } } } }`,
      variables: { id },
    })) {
      const status = data?.orderStatus.order.lines[0]?.shipment.status ?? "";
      statuses.push(status);
      if (status === "PREPARING") await ship(id, lineId, "SHIPPED");
      if (status === "SHIPPED") await ship(id, lineId, "DELIVERED");
    }
    await client.dispose();
    expect(statuses).toEqual(["PREPARING", "SHIPPED", "DELIVERED"]);
  });

  test("reads the order once, when it begins: this process publishes its changes with their commits", async () => {
    const { customer, id, lineId } = await preparedOrder();
    let seen: Seen[] = [];
    const reads = await queriesOf(async () => {
      seen = await follow(customer, id, {
        onFirst: async () => {
          await ship(id, lineId, "SHIPPED");
          await ship(id, lineId, "LOST");
        },
      });
    }, /from order_events event\b/);
    expect(reads).toHaveLength(1);
    const { history } = await readOrder(customer, id);
    const told = history.map(({ seq, status, pointsState }) => ({ seq, status, pointsState }));
    expect(seen).toEqual(told.slice(-seen.length));
  });

  test("leaves no listener behind, whether it is refused, cancelled or complete", async () => {
    const { customer, id, lineId } = await preparedOrder();
    const stranger = await gateway.customer();
    await expect(follow(stranger, id)).rejects.toThrow("there is no such order");
    const client = customer.socket();
    const events = client.iterate({ query: `subscription { orderStatus(orderId: "${id}") { seq } }` });
    await events.next();
    await client.dispose();
    await follow(customer, id, {
      onFirst: async () => {
        await ship(id, lineId, "SHIPPED");
        await ship(id, lineId, "DELIVERED");
      },
    });
    await bus.silence("order:");
  });
});
