import { randomUUID } from "node:crypto";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makeAppendMemberEvents, makeFeedStore } from "../../src/feed/feed.store.ts";
import type { MemberEvent } from "../../src/feed/member-event.ts";
import { makeRelayEvents } from "../../src/feed/relay/relay-events.ts";
import { memberKey, runRelay } from "../../src/feed/relay/run-relay.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type Db, inTransaction, openDb } from "../../src/platform/db.ts";
import { makeExclusive } from "../../src/platform/exclusive.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { cloneDatabase, startTestGateway } from "../support/gateway.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { awardMade, checkIn } from "../support/rewards/member-events.ts";

const log = await makeLogger({ level: "silent", pretty: false });
const clock = systemClock;
const appendMemberEvents = makeAppendMemberEvents({ clock });
let databaseUrl: string;
let db: Db;
beforeAll(async () => {
  databaseUrl = await cloneDatabase();
  db = openDb(databaseUrl, 5);
});
afterAll(() => db.$disconnect());

let customerId: string;
let memberId: string;
beforeEach(async () => {
  // A test's leftovers must not reach the next one.
  await db.$executeRaw`update member_feeds set relayed = seq`;
  [customerId, memberId] = [`C-${randomUUID()}`, `M-${randomUUID()}`];
  await link(customerId, memberId);
});
async function link(customer: string, ...ids: string[]) {
  const since = clock.now();
  const identities = { create: ids.map((value) => ({ kind: "MEMBER_ID" as const, value, createdAt: since })) };
  await db.rewardMember.create({ data: { customerId: customer, createdAt: since, identities } });
}
const tell = (event: MemberEvent, to = customerId) =>
  inTransaction(db, (tx) => appendMemberEvents(tx, [{ customerId: to, event }]));
const relayed = async () => (await db.memberFeed.findUniqueOrThrow({ where: { customerId } })).relayed;

describe("the relay of events", () => {
  const never = new AbortController().signal;
  const deps = () => ({ db, feeds: makeFeedStore(db), clock, log });

  test("repeats events after a crash before they were recorded as delivered, and then stops", async () => {
    await tell(checkIn({ streak: 1 }));
    await tell(checkIn({ streak: 2 }));
    const seen: number[] = [];
    let isDying = true;
    const relay = makeRelayEvents({
      ...deps(),
      async deliver(_, events) {
        seen.push(...events.map((event) => JSON.parse(event).seq));
        if (isDying) throw new Error("died");
      },
    });
    expect(await relay(never)).toEqual({ moved: 0, failed: 1 });
    isDying = false;
    expect(await relay(never)).toEqual({ moved: 1, failed: 0 });
    expect(await relay(never)).toEqual({ moved: 0, failed: 0 });
    expect(seen).toEqual([1, 2, 1, 2]);
    expect(await relayed()).toBe(2);
  });

  test("continues for other customers while it fails for one", async () => {
    const [other, others] = [`C-${randomUUID()}`, `M-${randomUUID()}`];
    await link(other, others);
    await tell(checkIn());
    await tell(checkIn(), other);
    const reached: string[] = [];
    const relay = makeRelayEvents({
      ...deps(),
      async deliver([id = ""]) {
        if (id === memberId) throw new Error("WRONGTYPE");
        reached.push(id);
      },
    });
    await relay(never);
    expect(reached).toEqual([others]);
  });

  test("reports events that the log no longer has", async () => {
    await tell(checkIn());
    await tell(checkIn());
    await db.memberEvent.deleteMany({ where: { customerId, seq: 1 } });
    const seen: object[] = [];
    await makeRelayEvents({
      ...deps(),
      deliver: async (_, events) => void seen.push(...events.map((event) => JSON.parse(event))),
    })(never);
    expect(seen).toMatchObject([{ type: "EVENTS_MISSED", seq: 1, from: 1, to: 1 }, { seq: 2 }]);
  });

  test("skips a customer whom no producer knows, and keeps no events for later", async () => {
    const unknown = `C-${randomUUID()}`;
    await tell(checkIn(), unknown);
    const delivered = vi.fn(async () => {});
    await makeRelayEvents({ ...deps(), deliver: delivered })(never);
    expect(delivered).not.toHaveBeenCalled();
    expect(await db.memberFeed.findUnique({ where: { customerId: unknown } })).toMatchObject({ seq: 1, relayed: 1 });
  });
});

describe("members' events on Redis", { tags: "redis" }, () => {
  let redis: TestRedis;
  let client: ReturnType<typeof createClient>;
  const relays: (() => Promise<void>)[] = [];
  const startRelay = (feeds = makeFeedStore(db)) => {
    const stop = runRelay({
      redisUrl: redis.url,
      keptDays: 2,
      db,
      feeds,
      exclusive: makeExclusive(databaseUrl),
      clock,
      log,
      pollMs: 25,
      afterFailureMs: 25,
      takeOverMs: 25,
      graceMs: 25,
    });
    relays.push(stop);
    return stop;
  };
  beforeAll(async () => {
    redis = await startTestRedis();
    client = createClient({ url: redis.url });
    client.on("error", () => {});
    await client.connect();
  });
  afterEach(async () => {
    for (const stop of relays.splice(0)) await stop();
  });
  afterAll(async () => {
    client.destroy();
    await redis[Symbol.asyncDispose]();
  });
  const stream = async (id = memberId) =>
    ((await client.xRange(memberKey(id), "-", "+")) ?? []).map(({ message }) => JSON.parse(message["event"] ?? ""));
  const until = (holds: () => Promise<unknown>) => expect.poll(holds, { timeout: 60_000, interval: 25 });

  test("are in the stream and on the channel, the same JSON under every id of the member", async () => {
    const second = `M-${randomUUID()}`;
    const { id } = await db.rewardMember.findUniqueOrThrow({ where: { customerId } });
    await db.memberIdentity.createMany({
      data: [
        { kind: "MEMBER_ID", value: second, memberId: id, createdAt: clock.now() },
        { kind: "USER_ID", value: `U-${second}`, memberId: id, createdAt: clock.now() },
        { kind: "NIK", value: "abcdefghijklmnop".repeat(4), memberId: id, createdAt: clock.now() },
      ],
    });
    const heard: string[] = [];
    const ear = client.duplicate().on("error", () => {});
    await ear.connect();
    await ear.subscribe(memberKey(memberId), (message) => heard.push(message));
    startRelay();
    const award = awardMade();
    await tell(award);
    await tell(checkIn({ streak: 2 }));
    await until(() => stream()).toHaveLength(2);
    const awardId = Buffer.from(`RewardAward:${award.awardId}`).toString("base64url");
    expect(await stream()).toMatchObject([
      { ...award, awardId, seq: 1, at: expect.any(String) },
      { type: "CHECK_IN_RECORDED", seq: 2, streak: 2 },
    ]);
    await until(() => stream(second)).toEqual(await stream());
    expect(await client.ttl(memberKey(memberId))).toBeGreaterThan(86_400);
    await until(async () => heard.map((message) => JSON.parse(message))).toEqual(await stream());
    ear.destroy();
    expect((await client.keys("loyalty:*")).filter((key) => /U-|abcd/.test(key))).toEqual([]);
    expect(JSON.stringify(await stream())).not.toContain(memberId);
  });

  test("keep their order while Redis is down and when it is back, and none is missing", async () => {
    startRelay();
    for (let streak = 1; streak <= 5; streak += 1) await tell(checkIn({ streak }));
    await until(() => relayed()).toBe(5);
    await redis.kill();
    for (let streak = 6; streak <= 10; streak += 1) await tell(checkIn({ streak }));
    await redis.start();
    for (let streak = 11; streak <= 15; streak += 1) await tell(checkIn({ streak }));
    await until(() => relayed()).toBe(15);
    // Events in flight as Redis went down may be there twice: a phone drops a number it has seen.
    const seqs = [...new Set((await stream()).map(({ seq }) => seq))];
    expect(seqs).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
  });

  test("are continued by another process where the first has stopped", async () => {
    const stopFirst = startRelay();
    startRelay();
    await tell(checkIn({ streak: 1 }));
    await until(() => relayed()).toBe(1);
    await stopFirst();
    await tell(checkIn({ streak: 2 }));
    await until(() => relayed()).toBe(2);
    expect((await stream()).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("do not delay a stopping process, though Redis does not answer", async () => {
    const feeds = makeFeedStore(db);
    const isHandedOn = Promise.withResolvers<void>();
    const stop = startRelay({
      ...feeds,
      async after(whose, seq, limit) {
        const news = await feeds.after(whose, seq, limit);
        if (seq === 1 && news.events.length === 1) isHandedOn.resolve();
        return news;
      },
    });
    await tell(checkIn());
    await until(() => relayed()).toBe(1);
    redis.freeze();
    await tell(checkIn());
    await isHandedOn.promise;
    await stop();
    redis.wake();
    expect(await relayed()).toBe(1);
    startRelay();
    await until(() => relayed()).toBe(2);
  });

  test("in a stream of the wrong type do not delay the others", async () => {
    await client.set(memberKey(memberId), "not a stream");
    const [other, others] = [`Z-${randomUUID()}`, `M-${randomUUID()}`];
    await link(other, others);
    await tell(checkIn());
    await tell(checkIn(), other);
    startRelay();
    await until(() => stream(others)).toHaveLength(1);
    await client.del(memberKey(memberId));
    await until(() => stream()).toHaveLength(1);
  });

  test("are published by a gateway that is connected to Redis, including an order's", async () => {
    await using gateway = await startTestGateway({ REDIS_URL: redis.url });
    const customer = await gateway.customer();
    const known = `M-${randomUUID()}`;
    await gateway.sql(
      "insert into reward_members (id, customer_id, created_at) values (gen_random_uuid(), $1, now())",
      [customer.customerId],
    );
    await gateway.sql(
      `insert into member_identities (kind, value, member_id, created_at)
       select 'MEMBER_ID', $1, id, now() from reward_members where customer_id = $2`,
      [known, customer.customerId],
    );
    const orderId = await placeOrder(customer, (await gateway.voucher()).id);
    const { seq, number } = await orderSettled(customer, orderId);
    await until(() => stream(known)).toHaveLength(seq);
    expect((await stream(known)).at(-1)).toMatchObject({
      type: "ORDER_STATUS_CHANGED",
      seq,
      orderId,
      orderNumber: number,
      orderSeq: seq,
      status: "FULFILLED",
    });
  });
});
