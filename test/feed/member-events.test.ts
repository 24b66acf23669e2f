import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { customerTopic } from "../../src/domain/topics.ts";
import { makeAppendMemberEvents, makeFeedStore } from "../../src/feed/feed.store.ts";
import type { MemberEvent } from "../../src/feed/member-event.ts";
import { makeCursor } from "../../src/graphql/connection.ts";
import { type Db, inTransaction, openDb } from "../../src/platform/db.ts";
import { makeLocalBus } from "../../src/platform/events.ts";
import { DAY, makeTestClock } from "../support/clock.ts";
import { type CountingBus, makeCountingBus } from "../support/counting-bus.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { Caller, GraphqlAnswer } from "../support/graphql.ts";
import { orderSettled, placeOrder, readOrder } from "../support/orders.ts";
import { connect } from "../support/raw-socket.ts";
import { awardMade, checkIn } from "../support/rewards/member-events.ts";

let gateway: TestGateway;
let bus: CountingBus;
let db: Db;
const clock = makeTestClock(new Date().toISOString());
/** The gateway's clock, ahead of the time of day by the time that a test has let pass. */
let passedMs = 0;
beforeAll(async () => {
  gateway = await startTestGateway(
    {},
    {
      clock: { now: () => new Date(Date.now() + passedMs) },
      openBus: async () => {
        bus = makeCountingBus(makeLocalBus());
        return bus;
      },
    },
  );
  db = openDb(gateway.databaseUrl, 3);
});
afterAll(async () => {
  await db.$disconnect();
  await gateway[Symbol.asyncDispose]();
});

let customer: Customer;
beforeEach(async () => {
  customer = await gateway.customer();
});

const appendMemberEvents = makeAppendMemberEvents({ clock });
async function tellCustomer(customerId: string, event: MemberEvent) {
  await inTransaction(db, (tx) => appendMemberEvents(tx, [{ customerId, event }]));
  bus.notify(customerTopic(customerId));
}
async function tell(...events: MemberEvent[]) {
  for (const event of events) await tellCustomer(customer.customerId, event);
}

interface Seen {
  __typename: string;
  cursor: string;
  seq: number;
  at: string;
  streak?: number;
  from?: number;
  to?: number;
}
const document = `subscription ($after: String) { memberEvents(after: $after) {
  __typename cursor seq at
  ... on CheckInRecorded { date streak longest nextCheckInAt }
  ... on AwardMade { awardId unit quantity action campaign rule forDraw availableAt expiresAt }
  ... on AwardCredited { awardId unit quantity }
  ... on AwardRefused { awardId unit quantity reason }
  ... on TicketDrawn { drawId drawName number hash }
  ... on DrawResult { drawId drawName number prizeId prizeName won points }
  ... on OrderStatusChanged { orderId orderNumber orderSeq status previousStatus pointsState lineId order { id status total } }
  ... on EventsMissed { from to }
} }`;

/** Subscribes until it has received so many events, or until it is refused. */
async function listenFor(
  count: number,
  after?: string,
  options: { by?: Caller; onEvent?(seen: Seen[]): unknown } = {},
) {
  const client = (options.by ?? customer).socket();
  const seen: Seen[] = [];
  try {
    const events = client.iterate<{ memberEvents: Seen }>({ query: document, variables: { after } });
    for await (const { data, errors } of events as AsyncIterable<GraphqlAnswer<{ memberEvents: Seen }>>) {
      if (errors || !data) throw new Error(JSON.stringify(errors));
      seen.push(data.memberEvents);
      await options.onEvent?.(seen);
      if (seen.length === count) break;
    }
  } catch (error) {
    throw Array.isArray(error) ? new Error(JSON.stringify(error)) : error;
  } finally {
    await client.dispose();
  }
  return seen;
}
const start = makeCursor(["event", 0]);
const seqs = (seen: Seen[]) => seen.map(({ seq }) => seq);

describe("a member's events", () => {
  test("are published from the start of the feed, each with its type", async () => {
    const award = awardMade();
    const ofAward = { awardId: award.awardId, unit: "POINTS" as const, quantity: 500 };
    await tell(
      award,
      { type: "AWARD_CREDITED", ...ofAward },
      { type: "AWARD_REFUSED", ...ofAward, reason: "LAPSED" },
      checkIn(),
      { type: "TICKET_DRAWN", drawId: "sample-draw", drawName: "The draw", number: 7, hash: "a".repeat(64) },
      {
        type: "DRAW_RESULT",
        drawId: "sample-draw",
        drawName: "The draw",
        number: 7,
        prizeId: "points-50",
        prizeName: "50 points",
        won: true,
        points: 50,
      },
    );
    const awardId = Buffer.from(`RewardAward:${award.awardId}`).toString("base64url");
    const common = (seq: number) => ({ seq, at: clock.now().toISOString(), cursor: makeCursor(["event", seq]) });
    const { type: _, ...facts } = award;
    const { type: __, ...day } = checkIn();
    expect(await listenFor(6, start)).toEqual([
      { __typename: "AwardMade", ...common(1), ...facts, awardId },
      { __typename: "AwardCredited", ...common(2), ...ofAward, awardId },
      { __typename: "AwardRefused", ...common(3), ...ofAward, awardId, reason: "LAPSED" },
      { __typename: "CheckInRecorded", ...common(4), ...day },
      {
        __typename: "TicketDrawn",
        ...common(5),
        drawId: "sample-draw",
        drawName: "The draw",
        number: 7,
        hash: "a".repeat(64),
      },
      {
        __typename: "DrawResult",
        ...common(6),
        drawId: "sample-draw",
        drawName: "The draw",
        number: 7,
        prizeId: "points-50",
        prizeName: "50 points",
        won: true,
        points: 50,
      },
    ]);
  });

  test("continue after a cursor, and then live, without a gap", async () => {
    await tell(checkIn({ streak: 1 }), checkIn({ streak: 2 }), checkIn({ streak: 3 }));
    const [first] = await listenFor(1, start);
    const seen = await listenFor(4, first?.cursor, {
      onEvent: (so) => so.length >= 2 && tell(checkIn({ streak: 10 + so.length })),
    });
    expect(seqs(seen)).toEqual([2, 3, 4, 5]);
    expect(seen.map(({ streak }) => streak)).toEqual([2, 3, 12, 13]);
  });

  test("begin with the next event without a cursor; a cursor read with the page misses no event in between", async () => {
    await tell(checkIn({ streak: 1 }));
    const { me } = await customer.ok<{ me: { memberEventsCursor: string } }>("{ me { memberEventsCursor } }");
    await tell(checkIn({ streak: 2 }));
    expect(seqs(await listenFor(1, me.memberEventsCursor))).toEqual([2]);

    let isHeard = false;
    const live = listenFor(1, undefined, {
      onEvent() {
        isHeard = true;
      },
    });
    for (let streak = 3; !isHeard; streak += 1) await tell(checkIn({ streak }));
    expect((await live)[0]?.seq).toBeGreaterThan(2);
  });

  test("arrive through a connection that is lost again and again, each once and in order", async () => {
    const telling = (async () => {
      for (let streak = 1; streak <= 30; streak += 1) await tell(checkIn({ streak }));
    })();
    const seen: Seen[] = [];
    while (seen.length < 30) {
      seen.push(...(await listenFor(Math.min(4, 30 - seen.length), seen.at(-1)?.cursor ?? start)));
    }
    await telling;
    expect(seqs(seen)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });

  test("beyond the retention are reported as missed, by their numbers", async () => {
    await tell(checkIn(), checkIn(), checkIn());
    clock.advance(100 * DAY);
    await tell(checkIn({ streak: 4 }));
    await makeFeedStore(db).sweep(new Date(clock.now().getTime() - DAY));
    const [missed, next] = await listenFor(2, start);
    expect(missed).toMatchObject({ __typename: "EventsMissed", seq: 3, from: 1, to: 3 });
    expect(next).toMatchObject({ __typename: "CheckInRecorded", seq: 4, streak: 4 });
    expect(seqs(await listenFor(1, missed?.cursor))).toEqual([4]);
  });

  test("include the order's own events", async () => {
    const id = await placeOrder(customer, (await gateway.voucher()).id);
    const { history } = await orderSettled(customer, id);
    const seen = await listenFor(history.length, start);
    expect(seen).toMatchObject(
      history.map(({ seq, ...change }) => ({
        __typename: "OrderStatusChanged",
        orderId: id,
        orderSeq: seq,
        ...change,
      })),
    );
    expect(seen.at(-1)).toMatchObject({ order: { id, status: (await readOrder(customer, id)).status } });
  });

  test("are notified as an order changes", async () => {
    const reward = await gateway.voucher();
    const rung: string[] = [];
    const off = bus.on(`customer:${customer.customerId}`, () => rung.push("x"));
    await orderSettled(customer, await placeOrder(customer, reward.id));
    off();
    expect(rung.length).toBeGreaterThanOrEqual(2);
  });
});

describe("a subscriber to member events", () => {
  test("receives no other customer's events", async () => {
    const other = await gateway.customer();
    await tell(checkIn({ streak: 77 }));
    const live = listenFor(1, start, { by: other });
    await bus.listened(`customer:${other.customerId}`);
    await tell(checkIn({ streak: 78 }));
    bus.notify(`customer:${other.customerId}`);
    await tellCustomer(other.customerId, checkIn({ streak: 5 }));
    expect(await live).toMatchObject([{ seq: 1, streak: 5 }]);
  });

  test.each([
    ["a caller who is not signed in", () => gateway.anonymous, "UNAUTHENTICATED"],
    ["an operator", () => gateway.operator, "FORBIDDEN"],
  ])("cannot be %s", async (_, by, code) => {
    await expect(listenFor(1, start, { by: by() })).rejects.toThrow(code);
  });

  test.each(["", "nonsense", makeCursor([1]), makeCursor(["event", -1]), makeCursor(["event", "1"])])(
    "needs a cursor of this feed, unlike %j",
    async (after) => {
      await expect(listenFor(1, after)).rejects.toThrow("BAD_USER_INPUT");
    },
  );

  test("receives no more events after the session has ended, though the socket is still open", async () => {
    await tell(checkIn());
    const socket = await connect(gateway.url, { payload: { authorization: `Bearer ${customer.token}` } });
    socket.send({
      type: "subscribe",
      id: "1",
      payload: { query: `subscription { memberEvents(after: "${start}") { seq } }` },
    });
    expect(await socket.next()).toMatchObject({ type: "next" }); // the earlier event: the subscription has begun
    // Ended directly in the database, so that no notification closes the socket.
    await gateway.sql("update sessions set ended_at = now() where customer_id = $1", [customer.customerId]);
    passedMs += 1_000; // for so long a session's state is cached
    await tell(checkIn());
    expect(await socket.next()).toMatchObject({
      type: "error",
      payload: [{ extensions: { code: "UNAUTHENTICATED" } }],
    });
    socket.ws.terminate();
    await bus.silence(`customer:${customer.customerId}`);
  });

  test("is removed when the connection is cut", async () => {
    const socket = await connect(gateway.url, { payload: { authorization: `Bearer ${customer.token}` } });
    socket.send({ type: "subscribe", id: "1", payload: { query: "subscription { memberEvents { seq } }" } });
    await bus.listened(`customer:${customer.customerId}`);
    socket.ws.terminate();
    await bus.silence(`customer:${customer.customerId}`);
  });
});
