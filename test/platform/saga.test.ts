import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Db, openDb } from "../../src/platform/db.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { makeDbosEngine } from "../../src/platform/saga/dbos-engine.ts";
import type { Saga, SagaContext, SagaEngine } from "../../src/platform/saga/saga.ts";
import { cloneDatabase } from "../support/gateway.ts";

interface Input {
  id: string;
}
type Story = (saga: SagaContext, input: Input) => Promise<void>;

let databaseUrl: string;
let db: Db;
let engine: SagaEngine;
/** What the saga of each id does; every test tells its own. */
const stories = new Map<string, Story>();
const saga: Saga<Input> = {
  name: "story",
  run: async (context, input) => stories.get(input.id)?.(context, input),
};

async function launch() {
  const log = await makeLogger({ level: "silent", pretty: false });
  engine = makeDbosEngine({ db, databaseUrl, executorId: "test", concurrency: 8, heartbeatMs: 20, log });
  engine.register(saga);
  await engine.launch();
}

beforeAll(async () => {
  databaseUrl = await cloneDatabase();
  db = openDb(databaseUrl, 5);
  await launch();
});
afterAll(async () => {
  await engine.shutdown(100);
  await db.$disconnect();
});

async function start(story: Story, id = randomUUID() as string): Promise<string> {
  stories.set(id, story);
  await db.$transaction((tx) => engine.start(tx, saga, id, { id }));
  return id;
}
/** Polls, since the engine tells nobody. */
const reaches = (id: string, status: RegExp) =>
  expect.poll(() => engine.status(id), { timeout: 60_000 }).toMatch(status);
async function ended(id: string) {
  await reaches(id, /^(done|failed|cancelled)$/);
  return engine.status(id);
}

describe("a saga", () => {
  test("starts when its transaction commits, and not when it does not", async () => {
    const [kept, undone] = [randomUUID(), randomUUID()];
    const ran: string[] = [];
    for (const id of [kept, undone]) stories.set(id, async (_, input) => void ran.push(input.id));
    await db
      .$transaction(async (tx) => {
        await engine.start(tx, saga, undone, { id: undone });
        throw new Error("undone");
      })
      .catch(() => {});
    await start(async (_, input) => void ran.push(input.id), kept);
    expect(await ended(kept)).toBe("done");
    expect(await engine.status(undone)).toBeNull();
    expect(ran).toEqual([kept]);
  });

  test("of one id runs once, however often it is started", async () => {
    let runs = 0;
    const id = randomUUID();
    for (let times = 0; times < 3; times += 1)
      await start((context) => context.step("count", async () => void runs++), id);
    await ended(id);
    expect(runs).toBe(1);
  });

  test("tries a step again that threw, and records only what it answered", async () => {
    let tries = 0;
    const answers: number[] = [];
    const id = await start(async (context) => {
      answers.push(
        await context.step("fragile", async () => {
          tries += 1;
          if (tries < 3) throw new Error("the database is restarting");
          return tries;
        }),
      );
    });
    expect(await ended(id)).toBe("done");
    expect(answers).toEqual([3]);
  });

  test("goes on after the process from its last recorded step, and not before", async () => {
    const did: string[] = [];
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    let isFirstLife = true;
    const id = await start(async (context) => {
      did.push(await context.step("first", async () => `first ${isFirstLife}`));
      if (isFirstLife) {
        resolve();
        await new Promise(() => {}); // the process dies here
      }
      did.push(await context.step("second", async () => `second ${isFirstLife}`));
    });
    await reached;
    await engine.shutdown(0);
    isFirstLife = false;
    await launch();
    expect(await ended(id)).toBe("done");
    expect(did).toEqual(["first true", "first true", "second false"]);
  });

  test("can be cancelled while it sleeps, and resumed", async () => {
    const woke: string[] = [];
    const { promise: asleep, resolve } = Promise.withResolvers<void>();
    const id = await start(async (context) => {
      resolve();
      await context.sleep(2_000); // the subject: long enough to be cancelled in, also on a machine that stalls
      await context.step("wake", async () => void woke.push("up"));
    });
    await asleep;
    await engine.cancel(id);
    expect(await ended(id)).toBe("cancelled");
    expect(woke).toEqual([]);
    await engine.resume(id);
    expect(await ended(id)).toBe("done");
    expect(woke).toContain("up");
  });
});

describe("a process that stopped beating", () => {
  test("has its sagas taken over", async () => {
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    let lives = 0;
    const id = await start(async (context) => {
      lives += 1;
      if (lives === 1) {
        resolve();
        await new Promise(() => {});
      }
      await context.step("end", async () => {});
    });
    await reached;
    // As if it had been begun by another process, whose heart stopped a while ago.
    await db.$executeRaw`insert into saga_executors values ('somebody else', now() - interval '1 minute')`;
    await db.$executeRaw`update dbos.workflow_status set executor_id = 'somebody else' where workflow_uuid = ${id}`;
    expect(await ended(id)).toBe("done");
    expect(lives).toBe(2);
    const executors = () => db.sagaExecutor.findMany({ select: { executorId: true } });
    await expect.poll(executors, { timeout: 60_000 }).toEqual([{ executorId: "test" }]);
  });

  test("is left alone while its heart beats", async () => {
    const id = randomUUID();
    stories.set(id, async () => {});
    await db.$transaction((tx) => engine.start(tx, saga, id, { id }));
    await ended(id);
    await db.$executeRaw`insert into saga_executors values ('a living one', now() + interval '1 minute')`;
    await db.$executeRaw`update dbos.workflow_status set status = 'PENDING', executor_id = 'a living one' where workflow_uuid = ${id}`;
    const beats = async () =>
      (await db.sagaExecutor.findUniqueOrThrow({ where: { executorId: "test" } })).heartbeatAt.getTime();
    // Between two beats that are seen there is a whole round of the sweeper.
    for (const _ of ["one", "two"]) {
      const before = await beats();
      await expect.poll(beats, { timeout: 60_000 }).toBeGreaterThan(before);
    }
    expect(await engine.status(id)).toBe("running");
  });
});
