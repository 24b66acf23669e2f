import { buildSchema, parse } from "graphql";
import { expect, test } from "vitest";
import { subscribe } from "../../src/graphql/subscribe.ts";
import { makeWatchOrder } from "../../src/order/watch-order.ts";
import { makeLocalBus } from "../../src/platform/events.ts";

const cut = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
/** Fails like an unavailable database, `times` times. */
function failing<Args extends unknown[], Answer>(times: number, work: (...args: Args) => Answer) {
  let left = times;
  return async (...args: Args): Promise<Answer> => {
    left -= 1;
    if (left >= 0) throw cut();
    return work(...args);
  };
}

test("an event whose fields cannot be read for a moment is sent after the recovery, and none is skipped", async () => {
  const schema = buildSchema(
    "type Query { x: Int } type Subscription { event: Event! } type Event { seq: Int! name: String! }",
  );
  const name = failing(2, () => "read");
  async function* source() {
    for (const seq of [1, 2]) yield { event: { seq, name } };
  }
  const document = parse("subscription { event { seq name } }");
  const results = await subscribe({ schema, document, rootValue: { event: source } });
  if (!(Symbol.asyncIterator in results)) throw new Error(JSON.stringify(results));
  const seen = [];
  for await (const { data, errors } of results) seen.push(errors ?? data?.["event"]);
  expect(seen).toEqual([
    { seq: 1, name: "read" },
    { seq: 2, name: "read" },
  ]);
});

test("an error other than the database's is sent, and the subscription continues", async () => {
  const schema = buildSchema("type Query { x: Int } type Subscription { event: Int }");
  async function* source() {
    yield { event: "not a number" };
    yield { event: 2 };
  }
  const results = await subscribe({ schema, document: parse("subscription { event }"), rootValue: { event: source } });
  if (!(Symbol.asyncIterator in results)) throw new Error(JSON.stringify(results));
  expect((await results.next()).value.errors).toHaveLength(1);
  expect((await results.next()).value.data).toEqual({ event: 2 });
  expect(await results.return?.()).toMatchObject({ done: true });
});

test("a subscription to an order waits while the order cannot be read", async () => {
  const bus = makeLocalBus();
  const later = failing(2, () => ({ events: [{ seq: 2 }], seq: 2, isSettled: true }));
  const watch = makeWatchOrder({
    orders: {
      readUpdate: (async (_: string, seen: number) =>
        seen === 0 ? { customerId: "C-1", events: [{ seq: 1 }], seq: 1, isSettled: false } : later()) as never,
    },
    bus,
    heads: { watch: () => ({ [Symbol.dispose]() {} }) },
  });
  const { signal } = new AbortController();
  const authorise = failing(1, () => {});
  const events = await watch({ orderId: "o", afterSeq: 0, signal, maySee: (id) => id === "C-1", authorise });
  const seen = [];
  for await (const { seq } of events ?? []) {
    seen.push(seq);
    bus.notify("order:o");
  }
  expect(seen).toEqual([1, 2]);
});
