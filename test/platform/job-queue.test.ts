import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Db, inTransaction, openDb } from "../../src/platform/db.ts";
import { makeLocalBus } from "../../src/platform/events.ts";
import { type Job, type JobQueue, LeaseLost, type Next } from "../../src/platform/jobs/job.ts";
import { type JobQueueOptions, makeJobQueue } from "../../src/platform/jobs/job-queue.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { cloneDatabase, until } from "../support/gateway.ts";

interface Input {
  id: string;
}
type Story = (memory: number | undefined, job: Job, first?: string) => Promise<Next<number>>;

let db: Db;
const bus = makeLocalBus();
const log = await makeLogger({ level: "silent", pretty: false });
/** The behaviour of each job, by its id. Every test defines its own. */
const stories = new Map<string, Story>();
const type = {
  name: "story",
  run: (input: Input, memory: number | undefined, job: Job, first?: string): Promise<Next<number>> => {
    const story = stories.get(input.id);
    return story ? story(memory, job, first) : Promise.resolve("done");
  },
};

/** So long that no lease expires on a machine that stalls. */
const LEASE_MS = 60_000;
const BEAT_MS = 40;
const opened: JobQueue[] = [];
async function open(options: Partial<JobQueueOptions> = {}): Promise<JobQueue> {
  const queue = makeJobQueue({
    db,
    bus,
    place: randomUUID(),
    slots: 8,
    leaseMs: LEASE_MS,
    beatMs: BEAT_MS,
    log,
    ...options,
  });
  queue.register(type);
  await queue.launch();
  opened.push(queue);
  return queue;
}

let queue: JobQueue;
beforeAll(async () => {
  db = openDb(await cloneDatabase(), 8);
  queue = await open();
});
afterAll(async () => {
  await Promise.all(opened.map((each) => each.shutdown(0)));
  await db.$disconnect();
});

async function add(story: Story, id: string = randomUUID(), to = queue): Promise<string> {
  stories.set(id, story);
  await inTransaction(db, (tx) => to.add(tx, type, id, { id }));
  return id;
}
const does =
  (action: () => unknown): Story =>
  async () => {
    action();
    return "done";
  };
const rowOf = (id: string) => db.job.findUnique({ where: { id } });
const isGone = (id: string) => until(async () => (await rowOf(id)) === null);
/** A job whose first run has begun and never ends, as in a process that has stopped. */
async function addStuck(to: JobQueue) {
  const { promise: isStuck, resolve } = Promise.withResolvers<void>();
  let runs = 0;
  const story: Story = async () => {
    runs += 1;
    if (runs > 1) return "done";
    resolve();
    return new Promise(() => {});
  };
  const id = await add(story, randomUUID(), to);
  await isStuck;
  return { id, runsAfter: () => runs - 1 };
}

/** A queue on a slow database of its own. The queue sweeps once, at its launch. */
async function openWithoutSweeps() {
  const own = openDb(await cloneDatabase(), 4);
  const slow = new Proxy(own, {
    get: (target, name, receiver) =>
      name === "$executeRaw"
        ? async (...statement: Parameters<Db["$executeRaw"]>) => {
            await setTimeout(20); // the subject: a write that takes longer than the pause that it records
            return target.$executeRaw(...statement);
          }
        : Reflect.get(target, name, receiver),
  });
  const queue = await open({ db: slow, beatMs: 3_600_000 });
  return { db: own, queue, [Symbol.asyncDispose]: () => queue.shutdown(0).then(() => own.$disconnect()) };
}

describe("a job", () => {
  test("is run when its transaction commits, and not when it does not", async () => {
    const ran: string[] = [];
    const [kept, undone] = [randomUUID() as string, randomUUID() as string];
    for (const id of [kept, undone])
      stories.set(
        id,
        does(() => ran.push(id)),
      );
    await inTransaction(db, async (tx) => {
      await queue.add(tx, type, undone, { id: undone });
      throw new Error("undone");
    }).catch(() => {});
    await inTransaction(db, (tx) => queue.add(tx, type, kept, { id: kept }));
    await isGone(kept);
    expect(ran).toEqual([kept]);
  });

  test("of one id runs once, even if it is added repeatedly while it runs", async () => {
    let runs = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const story: Story = async () => {
      runs += 1;
      await promise;
      return "done";
    };
    const id = await add(story);
    await add(story, id);
    resolve();
    await isGone(id);
    expect(runs).toBe(1);
  });

  test("that failed is retried with its state", async () => {
    const memories: (number | undefined)[] = [];
    const id = await add(async (memory) => {
      memories.push(memory);
      if (memories.length === 1) return { inMs: 1, memory: 7 };
      if (memories.length === 2) throw new Error("the database is restarting");
      return "done";
    });
    await isGone(id);
    expect(memories).toEqual([undefined, 7, 7]);
  });

  test("continues after its pause without a sweep, even if the pause ends before it is written", async () => {
    await using own = await openWithoutSweeps();
    const ended = Promise.withResolvers<void>();
    const pauses: Next<number>[] = [
      { inMs: 0, memory: 1 },
      { inMs: 0, memory: 2 },
      { inMs: 3_600_000, memory: 3, wakeOn: "early" },
    ];
    const story: Story = async (memory = 0) => {
      const next = pauses[memory];
      if (!next) ended.resolve();
      else setImmediate(() => bus.notify("early"));
      return next ?? "done";
    };
    const id = randomUUID();
    stories.set(id, story);
    await inTransaction(own.db, (tx) => own.queue.add(tx, type, id, { id }));
    await ended.promise;
  });

  test("occupies no slot while it pauses", async () => {
    const small = await open({ slots: 1 });
    const order: string[] = [];
    const paused = await add(
      async (memory) => {
        order.push(`first ${memory ?? 0}`);
        return memory === undefined ? { inMs: 60_000, memory: 1, wakeOn: "go" } : "done";
      },
      randomUUID(),
      small,
    );
    const other = await add(
      does(() => order.push("second")),
      randomUUID(),
      small,
    );
    await isGone(other);
    await until(async () => (await rowOf(paused))?.memory === 1);
    bus.notify("go");
    await isGone(paused);
    expect(order).toEqual(["first 0", "second", "first 1"]);
  });

  test("is woken without other jobs that wait for the same", async () => {
    const woken: string[] = [];
    const sleeper = (name: string): Story => {
      return async (memory) => {
        if (memory === undefined) return { inMs: 60_000, memory: 1, wakeOn: "turn" };
        woken.push(name);
        return "done";
      };
    };
    const first = await add(sleeper("first"));
    await until(async () => (await rowOf(first))?.memory === 1);
    const second = await add(sleeper("second"));
    await until(async () => (await rowOf(second))?.memory === 1);
    bus.notify("turn");
    await isGone(first);
    expect(woken).toEqual(["first"]);
    expect(await rowOf(second)).toMatchObject({ owner: null });
    bus.notify("turn");
    await isGone(second);
  });

  test("added by a process without a runner is found by a process with one", async () => {
    const idle = makeJobQueue({ db, bus, place: "nowhere", slots: 1, log });
    const id = await add(async () => "done", randomUUID(), idle);
    await isGone(id);
  });
});

describe("the job of a process that has stopped", () => {
  test("is taken over when its lease is over", async () => {
    const dead = await open();
    const { id, runsAfter } = await addStuck(dead);
    // As if its process had been paused: nothing renews the lease.
    await db.$executeRaw`update jobs set owner = 'a dead one', leased_until = now() - interval '1 second' where id = ${id}`;
    await isGone(id);
    expect(runsAfter()).toBe(1);
  });

  test("is taken over at once by the next process under its name", async () => {
    const place = `host:${randomUUID()}`;
    await db.$executeRaw`insert into jobs (id, type, input, owner, leased_until)
      values (${place}, 'story', '{"id": "none"}', ${`${place}#before`}, now() + interval '1 hour')`;
    await open({ place });
    await isGone(place);
  });

  test("is not written by that process when it resumes", async () => {
    const { promise: taken, resolve: takeOver } = Promise.withResolvers<void>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<unknown>();
    let runs = 0;
    const id = await add(async (_, job) => {
      runs += 1;
      if (runs > 1) return "done";
      await taken;
      answer(await inTransaction(db, (tx) => job.hold(tx)).catch((error: unknown) => error));
      return { inMs: 0, memory: 13 };
    });
    await db.$executeRaw`update jobs set owner = 'another one', leased_until = now() + interval '1 hour' where id = ${id}`;
    takeOver();
    expect(await answered).toBeInstanceOf(LeaseLost);
    expect(await rowOf(id)).toMatchObject({ owner: "another one", memory: null });
    await db.job.delete({ where: { id } });
  });

  test("is not taken over while the process renews its lease, for any duration", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let runs = 0;
    const id = await add(async () => {
      runs += 1;
      await promise;
      return "done";
    });
    const first = (await rowOf(id))?.leasedUntil?.getTime() ?? 0;
    // Five beats later another process has looked for work many times.
    await until(async () => ((await rowOf(id))?.leasedUntil?.getTime() ?? 0) > first + 5 * BEAT_MS);
    resolve();
    await isGone(id);
    expect(runs).toBe(1);
  });
});

test("leases are renewed while a transaction holds another job of the process", async () => {
  const { promise: isToEnd, resolve: end } = Promise.withResolvers<void>();
  const { promise: isHeld, resolve: held } = Promise.withResolvers<void>();
  const holding = await add(async (_, job) => {
    await inTransaction(db, async (tx) => {
      await job.hold(tx);
      held();
      await isToEnd;
    });
    return "done";
  });
  await isHeld;
  const other = await add(async () => {
    await isToEnd;
    return "done";
  });
  const first = (await rowOf(other))?.leasedUntil?.getTime() ?? 0;
  await until(async () => ((await rowOf(other))?.leasedUntil?.getTime() ?? 0) > first + 5 * BEAT_MS);
  expect(await db.$queryRaw`select id from jobs where id = ${holding} for update skip locked`).toEqual([]);
  end();
  await Promise.all([isGone(holding), isGone(other)]);
});

test("a stopping queue keeps its running jobs until they end, and signals them to end", async () => {
  const stopping = await open();
  const { promise: isToEnd, resolve: end } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<Job>();
  let runs = 0;
  const story: Story = async (_, job) => {
    runs += 1;
    if (runs > 1) return "done";
    begin(job);
    await isToEnd;
    return { inMs: 0, memory: 1 };
  };
  const id = await add(story, randomUUID(), stopping);
  const job = await begun;
  const first = (await rowOf(id))?.leasedUntil?.getTime() ?? 0;
  expect(job.shouldYield).toBe(false);
  const stopped = stopping.shutdown(60_000);
  expect(job.shouldYield).toBe(true);
  await until(async () => ((await rowOf(id))?.leasedUntil?.getTime() ?? 0) > first + 5 * BEAT_MS);
  expect(runs).toBe(1);
  end();
  await stopped;
  await isGone(id); // by the other queue
  expect(runs).toBe(2);
});

test("a stopping queue releases its jobs at once", async () => {
  const stopped = await open();
  const { id, runsAfter } = await addStuck(stopped);
  await stopped.shutdown(0);
  await isGone(id);
  expect(runsAfter()).toBe(1);
});

describe("a job that is inserted by the statement of its caller", () => {
  const passed: unknown[] = [];
  async function insert(to: JobQueue): Promise<string> {
    passed.length = 0;
    const id: string = randomUUID();
    stories.set(id, async (memory, _, first) => {
      passed.push(first);
      return memory === undefined ? { inMs: 0, memory: 1 } : "done";
    });
    await inTransaction(db, (tx) => tx.$executeRaw(to.insert(tx, type, id, { id }, "marked")));
    return id;
  }

  test("passes its value to the first run alone", async () => {
    await isGone(await insert(queue));
    expect(passed).toEqual(["marked", undefined]);
  });

  test("is started without a free slot before its process stops, because no other process knows the value", async () => {
    const stopping = await open({ slots: 1 });
    expect(stopping.hasFreeSlot).toBe(true);
    const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
    await add(() => isOver.then(() => "done"), randomUUID(), stopping);
    expect(stopping.hasFreeSlot).toBe(false);
    const id = await insert(stopping);
    expect(passed).toEqual([]);
    const stopped = stopping.shutdown(60_000);
    expect(passed).toEqual(["marked"]);
    end();
    await stopped;
    await isGone(id); // by another queue
    expect(passed).toEqual(["marked", undefined]);
  });
});
