import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { makeLanes } from "../../src/platform/lanes.ts";
import type { Capillary } from "../../src/upstream/capillary/capillary.ts";
import { makeRateLimiter, RateLimited, type Urgency } from "../../src/upstream/capillary/rate-limiter.ts";
import { captureLog } from "../support/log.ts";
import { BASIC, clientOf, failureOf, startFakeCapillary, withStatus, yes } from "./capillary/fake-capillary.ts";

const read = ({ catalogue }: Capillary, rewardId = "7") => catalogue.reward({ brandId: "31", rewardId });
const issue = ({ issuing }: Capillary, mobile: string, requestId = "r") =>
  issuing.issue({ requestId, transactionNumber: "t", rewardId: "7", customer: { mobile } });
/** A gate that is closed until it is opened. */
function door() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe("slots of the rate limiter", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const MINUTE = 60_000;
  const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  test("are limited within any minute", async () => {
    const turns = makeRateLimiter({ concurrency: 100, callsPerMinute: 3, maxWaitMs: 10 * MINUTE });
    const begun: number[] = [];
    const start = Date.now();
    const take = () => turns.take(async () => void begun.push(Date.now() - start), "read");
    const first = take();
    await later(30_000);
    const rest = Promise.all(Array.from({ length: 6 }, take));
    await later(3 * MINUTE);
    await Promise.all([first, rest]);
    expect(begun).toEqual([0, 30_000, 30_000, 60_000, 90_000, 90_000, 120_000]);
  });

  test("are limited in concurrency, and urgent calls come first", async () => {
    const turns = makeRateLimiter({ concurrency: 1, callsPerMinute: undefined, maxWaitMs: MINUTE });
    const done: Urgency[] = [];
    const hold = door();
    const busy = turns.take(() => hold.opened, "background");
    const all = (["background", "read", "write", "background", "write"] as const).map((how) =>
      turns.take(async () => void done.push(how), how),
    );
    await later(1);
    expect(done).toEqual([]);
    hold.open();
    await Promise.all([busy, ...all]);
    expect(done).toEqual(["write", "write", "read", "background", "background"]);
  });

  test("of one customer's pages are limited in concurrency, and do not delay another's page", async () => {
    const turns = makeRateLimiter({
      concurrency: 10,
      callsPerMinute: undefined,
      maxWaitMs: MINUTE,
      perOwner: { concurrency: 2, callsPerMinute: undefined },
    });
    const hold = door();
    const begun: string[] = [];
    const take = (owner: string) =>
      turns.take(
        () => {
          begun.push(owner);
          return hold.opened;
        },
        "read",
        owner,
      );
    const works = [...Array.from({ length: 50 }, () => take("greedy")), take("other")];
    await later(1);
    expect(begun).toEqual(["greedy", "greedy", "other"]);
    hold.open();
    await Promise.all(works);
  });

  test("of one customer's pages are limited by minute, and another customer's page is still served", async () => {
    const turns = makeRateLimiter({
      concurrency: 10,
      callsPerMinute: 1_000,
      maxWaitMs: 10 * MINUTE,
      perOwner: { concurrency: 4, callsPerMinute: 3 },
    });
    const begun: string[] = [];
    const take = (owner: string) => turns.take(async () => void begun.push(owner), "read", owner);
    const works = [...Array.from({ length: 6 }, () => take("greedy")), take("other")];
    await later(1_000);
    expect(begun.toSorted()).toEqual(["greedy", "greedy", "greedy", "other"]);
    await later(MINUTE);
    await Promise.all(works);
  });

  test("of pages alternate between customers in the common queue", async () => {
    const turns = makeRateLimiter({
      concurrency: 1,
      callsPerMinute: undefined,
      maxWaitMs: MINUTE,
      perOwner: { concurrency: 1, callsPerMinute: undefined },
    });
    const begun: string[] = [];
    const take = (owner: string) => turns.take(async () => void begun.push(owner), "read", owner);
    await Promise.all(["a", "a", "a", "b", "b", "c"].map(take));
    expect(begun).toEqual(["a", "b", "c", "a", "b", "a"]);
  });

  test("of pages and the background leave a share for orders", async () => {
    const turns = makeRateLimiter({ concurrency: 5, callsPerMinute: 10, maxWaitMs: 10 * MINUTE });
    const begun: Urgency[] = [];
    const take = (how: Urgency) => turns.take(async () => void begun.push(how), how);
    const works = (["read", "background"] as const).flatMap((how) => Array.from({ length: 10 }, () => take(how)));
    await later(1_000);
    expect(begun).toHaveLength(8);
    works.push(take("order"), take("write"));
    await later(1_000);
    expect(begun.slice(8)).toEqual(["order", "write"]);
    await later(5 * MINUTE);
    await Promise.all(works);
  });

  test("that are not free in time are cancelled", async () => {
    const turns = makeRateLimiter({ concurrency: 1, callsPerMinute: undefined, maxWaitMs: 1_000 });
    const hold = door();
    const busy = turns.take(() => hold.opened, "read");
    const late = vi.fn(async () => {});
    const refused = expect(turns.take(late, "write")).rejects.toThrow(RateLimited);
    await later(1_000);
    await refused;
    hold.open();
    await busy;
    await later(1);
    expect(late).not.toHaveBeenCalled();
  });

  test("that were granted have no time limit", async () => {
    const turns = makeRateLimiter({ concurrency: 1, callsPerMinute: undefined, maxWaitMs: 1_000 });
    const hold = door();
    const work = turns.take(() => hold.opened.then(() => "done"), "read");
    await later(10_000);
    hold.open();
    expect(await work).toBe("done");
  });
});

describe("one at a time", () => {
  test("tasks of one key run one after the other, even after a failure; others do not wait", async () => {
    const oneAtATime = makeLanes({ maxWaiting: Number.POSITIVE_INFINITY }).run;
    const told: string[] = [];
    const doors = new Map(["a1", "a2", "a3", "b1"].map((name) => [name, door()]));
    const run = (name: string) =>
      oneAtATime(name.slice(0, 1), async () => {
        told.push(`+${name}`);
        await doors.get(name)?.opened;
        told.push(`-${name}`);
        if (name === "a1") throw new Error("failed");
        return name;
      });
    const works = Promise.allSettled(["a1", "a2", "b1"].map(run));
    doors.get("b1")?.open();
    doors.get("a1")?.open();
    doors.get("a2")?.open();
    const [a1, a2, b1] = await works;
    expect([a1?.status, a2?.status, b1?.status]).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(told.filter((word) => word.includes("a"))).toEqual(["+a1", "-a1", "+a2", "-a2"]);
    expect(told.indexOf("+b1")).toBeLessThan(told.indexOf("-a1"));
    doors.get("a3")?.open();
    expect(await run("a3")).toBe("a3");
  });

  test("never run two tasks in any interleaving", async () => {
    const oneAtATime = makeLanes({ maxWaiting: Number.POSITIVE_INFINITY }).run;
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    };
    const some = () => Promise.all(Array.from({ length: 5 }, () => oneAtATime("key", work)));
    await Promise.all([
      some(),
      oneAtATime("key", work).then(some),
      oneAtATime("key", work).then(() => oneAtATime("key", work)),
    ]);
    expect(most).toBe(1);
  });
});

describe("calls", () => {
  test("that change something for one customer arrive one after the other, those for others beside them", async () => {
    const capillary = await startFakeCapillary();
    const hold = door();
    const mobileOf = (body: unknown) => (body as { mobile: number }).mobile;
    capillary.play("/issue", async ({ body }) => {
      if (mobileOf(body) === 91) await hold.opened;
      return { status: yes };
    });
    const client = clientOf(capillary.url);
    const mine = ["r-1", "r-2", "r-3"].map((requestId) => issue(client, "91", requestId));
    await issue(client, "92");
    await issue(client, "93");
    expect(capillary.seen.map(({ body }) => mobileOf(body)).toSorted()).toEqual([91, 92, 93]);
    hold.open();
    await Promise.all(mine);
    const requests = capillary.seen
      .filter(({ body }) => mobileOf(body) === 91)
      .map(({ body }) => (body as { requestId: string }).requestId);
    expect(requests).toEqual(["r-1", "r-2", "r-3"]);
  });

  test("are limited in concurrency over both hosts, writes before reads before the background", async () => {
    const capillary = await startFakeCapillary();
    const hold = door();
    capillary.play("", async () => {
      await hold.opened;
      return { status: yes, reward: null, rewardList: [], id: 5, errors: [] };
    });
    const client = clientOf(capillary.url, { ...BASIC, connections: 1 });
    const first = read(client);
    await capillary.arrivals(1);
    const works = [
      client.catalogue.cataloguePage({ brandId: "31", page: 0 }),
      client.groups.group({ groupId: "5" }),
      issue(client, "91"),
    ];
    await new Promise(setImmediate);
    expect(capillary.seen).toHaveLength(1);
    hold.open();
    await Promise.all([first, ...works]);
    expect(capillary.seen.map(({ path }) => path.split("/").at(-1))).toEqual(["31", "issue", "userGroup2", "31"]);
  });

  test("without a slot in time were never sent", async () => {
    const capillary = await startFakeCapillary();
    capillary.on("/brand/31", { status: yes, reward: null });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const client = clientOf(capillary.url, { ...BASIC, callsPerMinute: 1, timeoutMs: 10_000 });
    await read(client);
    const failed = failureOf(issue(client, "91"));
    await vi.advanceTimersByTimeAsync(30_000);
    const error = await failed;
    expect(error).toMatchObject({
      service: "capillary",
      operation: "issue",
      outcome: "transient",
      httpStatus: undefined,
    });
    expect(error.message).toContain("no turn within 30000 ms");
    expect(capillary.seen).toHaveLength(1);
  });
});

describe("reads at once", () => {
  test("of the same are one call, and the next one is a new call", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/brand/31", (_, nth) => ({ status: yes, reward: { id: 7, name: `nth ${nth}` } }));
    const client = clientOf(capillary.url);
    const names = await Promise.all(Array.from({ length: 20 }, async () => (await read(client))?.name));
    expect(new Set(names)).toEqual(new Set(["nth 1"]));
    expect((await read(client))?.name).toBe("nth 2");
    expect(capillary.seen).toHaveLength(2);
  });
  test("share a failure too", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/brand/31", (_, nth) => (nth === 1 ? withStatus(500, "{}") : { status: yes, reward: { id: 7 } }));
    const client = clientOf(capillary.url);
    const settled = await Promise.allSettled([read(client), read(client)]);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await read(client)).toMatchObject({ id: "7" });
  });
  test("of another resource, or required to be fresh, are calls of their own", async () => {
    const capillary = await startFakeCapillary();
    capillary.play("/userGroup2", ({ query }) => ({ id: query["id"] ?? 5, externalId: query["externalId"] }));
    const { groups } = clientOf(capillary.url);
    const five = { groupId: "5" };
    await Promise.all([
      groups.group(five),
      groups.group({ groupId: "6" }),
      groups.group({ externalId: "5" }),
      groups.group(five, { unshared: true }),
      groups.group(five, { unshared: true }),
      groups.group(five, { requestId: "another request" }),
    ]);
    expect(capillary.seen).toHaveLength(5);
  });
  test("never include writes", async () => {
    const capillary = await startFakeCapillary();
    capillary.on("/issue", { status: yes });
    const client = clientOf(capillary.url);
    await Promise.all([issue(client, "91"), issue(client, "91")]);
    expect(capillary.seen).toHaveLength(2);
  });
});

describe("answers that a customer's pages share", () => {
  const keeping = { ...BASIC, keptMs: 60_000 };
  const listOf = ({ catalogue }: Capillary, onBehalfOf: string | undefined, customerId = "381") =>
    catalogue.customerRewards({ customerId, page: 0, onBehalfOf });
  async function start() {
    const capillary = await startFakeCapillary();
    capillary.on("/user/reward/brand/The%20Brand", { status: yes, rewardList: [] });
    capillary.on("/issue", { status: yes });
    return { capillary, client: clientOf(capillary.url, keeping) };
  }

  test("are cached for a while, for each customer", async () => {
    const { capillary, client } = await start();
    for (let time = 1; time <= 5; time += 1) await listOf(client, "C-1");
    expect(capillary.seen).toHaveLength(1);
    await listOf(client, "C-2", "382");
    await listOf(client, undefined);
    expect(capillary.seen).toHaveLength(3);
  });

  test("are read again after a write for the customer, and only then", async () => {
    const { capillary, client } = await start();
    const give = (externalId: string) =>
      client.issuing.issue({ requestId: "r", transactionNumber: "t", rewardId: "7", customer: { externalId } });
    await listOf(client, "C-1");
    await give("C-2");
    await listOf(client, "C-1");
    expect(capillary.seen).toHaveLength(2);
    await give("C-1");
    await listOf(client, "C-1");
    expect(capillary.seen).toHaveLength(4);
  });

  test("are not cached after a write during the read", async () => {
    const { capillary, client } = await start();
    const hold = door();
    capillary.play("/user/reward/brand/The%20Brand", async (_, nth) => {
      if (nth === 1) await hold.opened;
      return { status: yes, rewardList: [] };
    });
    const reading = listOf(client, "C-1");
    await capillary.arrivals(1);
    await client.issuing.issue({
      requestId: "r",
      transactionNumber: "t",
      rewardId: "7",
      customer: { externalId: "C-1" },
    });
    hold.open();
    await reading;
    await listOf(client, "C-1");
    expect(capillary.seen).toHaveLength(3);
  });

  test("are never used for an order", async () => {
    const { capillary, client } = await start();
    capillary.on("/customers/381", { id: 381 });
    const { groups } = client;
    const asking = { onBehalfOf: "C-1" };
    await groups.customerGroups("381", asking).catch(() => {});
    await groups.customerGroups("381", { ...asking, unshared: true }).catch(() => {});
    expect(capillary.seen).toHaveLength(2);
  });
});

test("a failing host is paused for a moment, the other is not", async () => {
  const capillary = await startFakeCapillary();
  capillary.on("/userGroup2", withStatus(500, "{}"));
  capillary.on("/brand/31", { status: yes, reward: null });
  const client = clientOf(capillary.url);
  for (let time = 0; time < 8; time += 1) await failureOf(client.groups.group({ groupId: "5" }));
  const error = await failureOf(client.groups.customerGroups("381"));
  expect(error).toMatchObject({
    outcome: "transient",
    message: expect.stringContaining("paused after repeated failures"),
  });
  expect(capillary.seen).toHaveLength(8);
  expect(await read(client)).toBeNull();
});

test("both bases may have a path, with or without a slash at its end", async () => {
  const capillary = await startFakeCapillary();
  capillary.on("/brand/31", { status: yes, reward: null });
  capillary.on("/userGroup2", { id: 5 });
  const client = clientOf("", { ...BASIC, rewardsUrl: `${capillary.url}/a/b/`, intouchUrl: `${capillary.url}/c` });
  await read(client);
  await client.groups.group({ groupId: "5" });
  expect(capillary.seen.map(({ path }) => path)).toEqual(["/a/b/reward/7/brand/31", "/c/v2/userGroup2"]);
});

test("Capillary's request id is in the log, and nothing of the bodies", async () => {
  const capillary = await startFakeCapillary();
  capillary.on("/issue", (response) =>
    response
      .setHeader("X-Cap-Requestid", "cap-42")
      .end(JSON.stringify({ status: yes, intouch: { couponCode: "AB12" } })),
  );
  const { log, text } = await captureLog();
  await issue(clientOf(capillary.url, { ...BASIC, log }), "919712709262");
  expect(text()).toContain('"trace":"cap-42"');
  for (const secret of ["AB12", "919712709262", "5ebe2294"]) expect(text()).not.toContain(secret);
});
