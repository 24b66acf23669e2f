import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeAppendMemberEvents, makeFeedStore } from "../../src/feed/feed.store.ts";
import type { FeedEvent, MemberEvent } from "../../src/feed/member-event.ts";
import { withGaps } from "../../src/feed/with-gaps.ts";
import { type Db, inTransaction, openDb } from "../../src/platform/db.ts";
import { DAY, makeTestClock } from "../support/clock.ts";
import { cloneDatabase } from "../support/gateway.ts";
import { awardMade, checkIn } from "../support/rewards/member-events.ts";

const clock = makeTestClock();
const appendMemberEvents = makeAppendMemberEvents({ clock });
let databaseUrl: string;
let db: Db;
beforeAll(async () => {
  databaseUrl = await cloneDatabase();
  db = openDb(databaseUrl, 10);
});
afterAll(() => db.$disconnect());

let customerId: string;
beforeEach(() => {
  customerId = `C-${randomUUID()}`;
});
const tell = (event: MemberEvent, to = customerId) =>
  inTransaction(db, (tx) => appendMemberEvents(tx, [{ customerId: to, event }]));
const feed = async (after = 0, limit = 100) => {
  const news = await makeFeedStore(db).after(customerId, after, limit);
  return withGaps(news, after, limit, clock.now());
};
const numbers = (events: FeedEvent[]) =>
  events.map((event) => (event.type === "EVENTS_MISSED" ? `${event.from}-${event.to} missed` : event.seq));

describe("a customer's feed", () => {
  test("numbers published events from 1 on, and stores them unchanged", async () => {
    const award = awardMade();
    await tell(award);
    await tell(checkIn({ streak: 2 }));
    expect(await feed()).toEqual([
      { seq: 1, at: clock.now(), ...award },
      { seq: 2, at: clock.now(), ...checkIn({ streak: 2 }) },
    ]);
    expect(numbers(await feed(1))).toEqual([2]);
    expect(await makeFeedStore(db).head(customerId)).toBe(2);
    expect(await makeFeedStore(db).head("nobody")).toBe(0);
  });

  test("has no gap and no duplicate when concurrent transactions publish and some roll back", async () => {
    const telling = Array.from({ length: 60 }, (_, index) =>
      inTransaction(db, async (tx) => {
        await appendMemberEvents(tx, [{ customerId, event: checkIn({ streak: index }) }]);
        if (index % 3 === 0) throw new Error("changed our mind");
      }).then(
        () => index,
        () => null,
      ),
    );
    const kept = (await Promise.all(telling)).filter((index) => index !== null);
    const events = await feed();
    expect(numbers(events)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(events.map((event) => "streak" in event && event.streak).toSorted()).toEqual(kept.toSorted());
  });

  test("never shows a number before the one that precedes it", async () => {
    const seen: number[] = [];
    let last = 0;
    const told = Promise.all(Array.from({ length: 80 }, (_, index) => tell(checkIn({ streak: index }))));
    while (last < 80) {
      for (const { seq } of (await makeFeedStore(db).after(customerId, last, 7)).events) {
        seen.push(seq);
        last = seq;
      }
    }
    await told;
    expect(seen).toEqual(Array.from({ length: 80 }, (_, index) => index + 1));
  });

  test("keeps the order of a transaction's events, to several customers as well", async () => {
    const other = `C-${randomUUID()}`;
    await inTransaction(db, async (tx) => {
      for (let streak = 1; streak <= 6; streak += 1) {
        await appendMemberEvents(tx, [
          { customerId: streak % 2 === 0 ? other : customerId, event: checkIn({ streak }) },
        ]);
      }
    });
    expect((await feed()).map((event) => "streak" in event && event.streak)).toEqual([1, 3, 5]);
    const [theirs, left] = [
      await makeFeedStore(db).after(other, 0, 10),
      await db.$queryRaw`select id from member_news`,
    ];
    expect(theirs.events.map((event) => "streak" in event && event.streak)).toEqual([2, 4, 6]);
    expect(left).toEqual([]);
  });

  test("causes no deadlock, in any order of customers and locks", async () => {
    const [one, other] = [`C-${randomUUID()}`, `C-${randomUUID()}`];
    const deadlocks = async () =>
      (
        await db.$queryRaw<{ n: bigint }[]>`
        select deadlocks as n from pg_stat_database where datname = current_database()`
      )[0]?.n;
    const before = await deadlocks();
    await db.rewardCounter.create({ data: { key: customerId } });
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        inTransaction(db, async (tx) => {
          const lock = () => tx.$executeRaw`update reward_counters set value = value + 1 where key = ${customerId}`;
          if (index % 3 === 0) await lock();
          for (const who of index % 2 === 0 ? [one, other] : [other, one])
            await appendMemberEvents(tx, [{ customerId: who, event: checkIn() }]);
          if (index % 3 === 1) await lock();
        }),
      ),
    );
    expect(await deadlocks()).toBe(before);
    for (const who of [one, other]) expect(await makeFeedStore(db).head(who)).toBe(40);
  });

  test("is append-only", async () => {
    await tell(checkIn());
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await expect(client.query("update member_events set data = '{}'")).rejects.toMatchObject({
      constraint: "append_only",
    });
    await client.end();
  });
});

describe("an event beyond the retention", () => {
  test("is deleted, and reported as missed to a reader who had not seen it", async () => {
    for (const streak of [1, 2, 3]) await tell(checkIn({ streak }));
    clock.advance(90 * DAY);
    await tell(checkIn({ streak: 4 }));
    const feeds = makeFeedStore(db);
    expect(await feeds.sweep(new Date(clock.now().getTime() - 30 * DAY))).toBeGreaterThanOrEqual(3);
    expect(await feeds.sweep(new Date(clock.now().getTime() - 30 * DAY))).toBe(0);

    expect(numbers(await feed(0))).toEqual(["1-3 missed", 4]);
    expect(numbers(await feed(1))).toEqual(["2-3 missed", 4]);
    expect(numbers(await feed(3))).toEqual([4]);
    expect(numbers(await feed(4))).toEqual([]);
    expect(numbers(await feed(9))).toEqual([]);
  });

  test("leaves the numbering as it is: the next event continues it", async () => {
    await tell(checkIn());
    await tell(checkIn());
    clock.advance(90 * DAY);
    await makeFeedStore(db).sweep(clock.now());
    expect(numbers(await feed(0))).toEqual(["1-2 missed"]);
    await tell(checkIn());
    expect(numbers(await feed(0))).toEqual(["1-2 missed", 3]);
  });

  test("in the middle of a page is a gap there, and the end of a full page is none", () => {
    const event = (seq: number) => ({ seq, at: clock.now(), ...checkIn() }) as FeedEvent;
    const told = (head: number, seqs: number[], seen: number, limit: number) =>
      numbers(withGaps({ head, events: seqs.map(event) }, seen, limit, clock.now()));
    expect(told(9, [2, 5], 1, 2)).toEqual([2, "3-4 missed", 5]);
    expect(told(9, [2, 5], 1, 3)).toEqual([2, "3-4 missed", 5, "6-9 missed"]);
    expect(told(5, [], 5, 3)).toEqual([]);
  });
});

describe("the filter of the feed", () => {
  const nik = "3171234567890123";
  const secrets = {
    nik,
    mobile: "+62 812-3456-7890",
    memberId: "20011",
    sharerId: "20012",
    receiverId: "20013",
    customerId: "C-somebody-else",
    code: "GIFT-1234-ABCD",
    voucherCode: "GIFT-1234-ABCD",
    effectKey: "register:20012",
    explanation: { facts: { memberId: "20012" } },
    payload: `{"ResourceId":"${nik}"}`,
  };
  const stored = async () => JSON.stringify(await feed());

  test.each<[string, MemberEvent]>([
    ["an award", awardMade()],
    ["a credit", { type: "AWARD_CREDITED", awardId: randomUUID(), unit: "POINTS", quantity: 1 }],
    ["a refusal", { type: "AWARD_REFUSED", awardId: randomUUID(), unit: "POINTS", quantity: 1, reason: "REFUSED" }],
    ["a check-in", checkIn()],
    ["a ticket", { type: "TICKET_DRAWN", drawId: "d", drawName: "Draw", number: 1, hash: "a".repeat(64) }],
    [
      "a result",
      {
        type: "DRAW_RESULT",
        drawId: "d",
        drawName: "Draw",
        number: 1,
        prizeId: "p",
        prizeName: "Prize",
        won: true,
        points: 5,
      },
    ],
  ])("removes every other field beside %s", async (_, event) => {
    await tell({ ...event, ...secrets } as MemberEvent);
    expect(await feed()).toEqual([{ seq: 1, at: clock.now(), ...event }]);
    const text = await stored();
    for (const secret of Object.values(secrets)) expect(text).not.toContain(String(secret));
  });

  test("removes a long number from an identifier of ours", async () => {
    await tell(awardMade({ campaign: `for-${nik}`, forDraw: nik }));
    expect(await stored()).not.toContain(nik);
  });

  test.each([
    ["a national id", nik],
    ["a national id with separators", "31.7123.456789.0123"],
    ["a mobile", "+62 812-3456-7890"],
    ["a mobile with brackets", "(0812) 345 67890"],
  ])("removes %s from a name", async (_, number) => {
    await tell(awardMade({ rule: `Thanks ${number}!` }));
    await tell({
      type: "DRAW_RESULT",
      drawId: "d",
      drawName: number,
      number: 1,
      prizeId: "p",
      prizeName: `For ${number}`,
      won: false,
      points: null,
    });
    expect(await feed()).toMatchObject([{ rule: "Thanks …!" }, { drawName: "…", prizeName: "For …" }]);
  });

  test("keeps a name that only contains a date or an amount", async () => {
    await tell(awardMade({ rule: "2026-11-22: 1000 points for 50000" }));
    expect(await stored()).toContain("2026-11-22: 1000 points for 50000");
  });

  test.each<[string, object]>([
    ["an unknown type", { type: "VOUCHER_REVEALED", code: "X" }],
    ["an award known by a member's number", { ...awardMade(), awardId: "20011" }],
    ["a campaign that is no name of one", { ...awardMade(), campaign: "Somebody's" }],
    ["a reason in the ledger's words", { ...awardMade(), type: "AWARD_REFUSED", reason: "customer 20011 is blocked" }],
    ["a receipt that is no hash", { type: "TICKET_DRAWN", drawId: "d", drawName: "D", number: 1, hash: nik }],
  ])("rejects %s, and the transaction rolls back", async (_, event) => {
    await expect(tell(event as MemberEvent)).rejects.toThrow();
    expect(await feed()).toEqual([]);
  });
});
