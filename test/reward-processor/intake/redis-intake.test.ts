import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeLogger } from "../../../src/platform/logger.ts";
import { COMMANDS, DEAD, GROUP } from "../../../src/reward-processor/intake/redis/command-stream.ts";
import type { TakeMessage } from "../../../src/reward-processor/intake/redis/run-redis-intake.ts";
import {
  type RedisIntake,
  type RedisIntakeOptions,
  runRedisIntake,
} from "../../../src/reward-processor/intake/redis/run-redis-intake.ts";
import { cloneDatabase } from "../../support/gateway.ts";
import { hasRedis, startTestRedis, type TestRedis, whyNoRedis } from "../../support/redis.ts";
import { openStandIn } from "../support/stand-in.ts";

const log = await makeLogger({ level: "silent", pretty: false });
const consumerScript = fileURLToPath(new URL("../support/redis-consumer.ts", import.meta.url));

describe.skipIf(!hasRedis)(`reward commands from Redis${whyNoRedis}`, () => {
  let redis: TestRedis;
  let client: ReturnType<typeof createClient>;
  let databaseUrl: string;
  let standIn: Awaited<ReturnType<typeof openStandIn>>;
  const intakes: RedisIntake[] = [];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    redis = await startTestRedis();
    client = createClient({ url: redis.url });
    client.on("error", () => {});
    await client.connect();
    databaseUrl = await cloneDatabase();
    standIn = await openStandIn(databaseUrl);
  });
  beforeEach(async () => {
    await client.flushAll();
    await standIn.pool.query("truncate effects, attempts");
  });
  afterEach(async () => {
    for (const intake of intakes.splice(0)) await intake.stop();
    for (const child of children.splice(0)) await kill(child);
  });
  afterAll(async () => {
    client.destroy();
    await standIn.pool.end();
    await redis[Symbol.asyncDispose]();
  });

  function intake(options: Partial<RedisIntakeOptions> = {}): RedisIntake {
    const { processMessage, isReady } = standIn;
    const started = runRedisIntake({
      redisUrl: redis.url,
      processMessage,
      isReady,
      log,
      abandonedAfterMs: 300,
      ...options,
    });
    intakes.push(started);
    return started;
  }
  async function consumer(): Promise<ChildProcess> {
    const child = spawn(process.execPath, ["--no-warnings", consumerScript], {
      env: { PATH: process.env["PATH"], REDIS_URL: redis.url, DATABASE_URL: databaseUrl },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    children.push(child);
    await once(child, "message");
    return child;
  }
  async function kill(child: ChildProcess, how: NodeJS.Signals = "SIGKILL") {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(how);
    await ended;
  }

  /** Adds until Redis has said yes; what it had taken before its answer was lost is there twice. */
  async function send(command: object | string): Promise<string> {
    const payload = typeof command === "string" ? command : JSON.stringify(command);
    for (;;) {
      try {
        return await client.xAdd(COMMANDS, "*", { payload });
      } catch {
        await sleep(50);
      }
    }
  }
  const until = (holds: () => Promise<unknown>, timeout = 15_000) => expect.poll(holds, { timeout, interval: 50 });
  const effects = async () =>
    (await standIn.pool.query<{ ticket: string }>("select ticket from effects order by ticket")).rows.map(
      (row) => row.ticket,
    );
  const attempts = async (ticket: string) =>
    (await standIn.pool.query<{ pid: number }>("select pid from attempts where ticket = $1", [ticket])).rows;
  const left = () => client.xLen(COMMANDS);
  const pending = async () => (await client.xPending(COMMANDS, GROUP)).pending;
  const letters = async () => ((await client.xRange(DEAD, "-", "+")) ?? []).map(({ message }) => message);

  test("are processed and gone, also those that were there before anybody listened", async () => {
    await send({ TicketId: "early" });
    intake();
    await send({ TicketId: "late", text: "exactly — as it came" });
    await until(effects).toEqual(["early", "late"]);
    await until(left).toBe(0);
    expect(await pending()).toBe(0);
    const { rows } = await standIn.pool.query("select raw from effects where ticket = 'late'");
    expect(rows).toEqual([{ raw: '{"TicketId":"late","text":"exactly — as it came"}' }]);
  });

  test("reach the processor as the bytes that were sent", async () => {
    const seen: Parameters<TakeMessage>[0][] = [];
    intake({ processMessage: async (message) => void seen.push(message) });
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]); // not UTF-8
    await client.sendCommand(["XADD", COMMANDS, "*", "payload", bytes as unknown as string]);
    await until(async () => seen).toEqual([{ raw: bytes, source: "REDIS", actor: "redis" }]);
  });

  test("are worked on so many at a time, and no more than that is taken", async () => {
    let [now, most] = [0, 0];
    intake({
      concurrency: 3,
      async processMessage() {
        most = Math.max(most, ++now);
        expect(await pending()).toBeLessThanOrEqual(3);
        await sleep(30);
        now -= 1;
      },
    });
    for (let n = 0; n < 30; n += 1) await send({ TicketId: String(n) });
    await until(left).toBe(0);
    expect(most).toBe(3);
  });

  test("that take long stay whose they are, as long as there is life in them", async () => {
    intake();
    intake();
    await send({ TicketId: "slow", takesMs: 1_500 }); // five times as long as until it counts as abandoned
    await until(left).toBe(0);
    expect(await attempts("slow")).toHaveLength(1);
  });

  test("of a consumer that was killed at work are done by another", async () => {
    const doomed = await consumer();
    for (let n = 0; n < 6; n += 1) await send({ TicketId: `t${n}`, takesMs: 5_000 });
    await until(async () => (await standIn.pool.query("select 1 from attempts")).rowCount).toBe(6);
    await kill(doomed);
    expect(await effects()).toEqual([]);
    // The same commands, quicker now: their time is the stand-in's own.
    intake({
      processMessage: ({ raw, ...rest }) =>
        standIn.processMessage({ raw: String(raw).replace('"takesMs":5000', '"takesMs":1'), ...rest }),
    });
    await until(left).toBe(0);
    expect(await effects()).toEqual(["t0", "t1", "t2", "t3", "t4", "t5"]);
    for (const ticket of await effects())
      expect(await attempts(ticket)).toMatchObject([{ pid: doomed.pid }, { pid: process.pid }]);
  });

  test("under way when it stops are finished, the rest is left to others, and nothing of it stays behind", async () => {
    const first = intake({ concurrency: 2 });
    for (let n = 0; n < 6; n += 1) await send({ TicketId: `t${n}`, takesMs: 400 });
    await until(async () => (await standIn.pool.query("select 1 from attempts")).rowCount).toBe(2);
    await first.stop();
    expect(await effects()).toHaveLength(2);
    expect(await pending()).toBe(0);
    expect(await client.xInfoConsumers(COMMANDS, GROUP)).toEqual([]);
    intake();
    await until(left).toBe(0);
    expect(await effects()).toHaveLength(6);
  });

  test("that nobody finishes in time do not keep a process that is to stop, and come back", async () => {
    const stuck = intake({ concurrency: 2, graceMs: 300, processMessage: () => new Promise(() => {}) });
    for (let n = 0; n < 3; n += 1) await send({ TicketId: `t${n}` });
    await until(pending).toBe(2);
    await stuck.stop();
    intake();
    await until(left).toBe(0);
    expect(await effects()).toHaveLength(3);
  });

  test("do not keep it either while Redis does not answer", async () => {
    const waiting = intake({ graceMs: 300 });
    await send({ TicketId: "first" });
    await until(left).toBe(0);
    redis.freeze();
    await waiting.stop();
    redis.wake();
    await send({ TicketId: "second" });
    intake();
    await until(effects).toEqual(["first", "second"]);
  });

  describe("that cannot be processed", () => {
    const nik = "3171234567890123";

    test("are dead after so many deliveries, with why and without a national id, and hold nobody up", async () => {
      intake({ maxDeliveries: 3, concurrency: 2 });
      const id = await send({ TicketId: "bad", poison: true, Resource: "nik", ResourceId: nik });
      for (let n = 0; n < 5; n += 1) await send({ TicketId: `good${n}` });
      await until(letters).toHaveLength(1);
      expect(await effects()).toHaveLength(5);
      const [letter] = await letters();
      expect(letter).toMatchObject({ id, deliveries: "3", why: "cannot digest [nik removed] of bad" });
      expect(JSON.parse(letter?.["payload"] ?? "")).toMatchObject({ TicketId: "bad", ResourceId: "[nik removed]" });
      expect(JSON.stringify(letter)).not.toContain(nik);
      expect(await pending()).toBe(0);

      // Its own entry is there for whoever sends it again, and nobody takes it by himself.
      expect(((await client.xRange(COMMANDS, "-", "+")) ?? []).map((entry) => entry.id)).toEqual([id]);
      await sleep(700);
      expect(await attempts("bad")).toHaveLength(6); // three deliveries, each with a second chance
    });

    test("because there is no payload are dead at once", async () => {
      intake();
      await client.xAdd(COMMANDS, "*", { subject: "reward" });
      await until(letters).toMatchObject([{ why: "the entry has no field payload", payload: "" }]);
    });

    test("because the process dies of them are dead in the end", async () => {
      const id = await send({ TicketId: "deadly" });
      await client.xGroupCreate(COMMANDS, GROUP, "0", { MKSTREAM: true });
      await client.xReadGroup(GROUP, "long gone", { key: COMMANDS, id: ">" });
      await client.xClaim(COMMANDS, GROUP, "long gone", 0, id, { RETRYCOUNT: 20 });
      intake();
      await until(letters).toMatchObject([{ id, why: "begun 20 times, and never finished" }]);
      expect(await attempts("deadly")).toEqual([]);
    });

    test("only because the database is away are not blamed for it", async () => {
      let isUp = true;
      intake({
        maxDeliveries: 1,
        isReady: async () => isUp,
        processMessage: (message) =>
          isUp ? standIn.processMessage(message) : Promise.reject(new Error("no database")),
      });
      isUp = false;
      for (let n = 0; n < 12; n += 1) await send({ TicketId: `t${n}` });
      await sleep(1_500);
      expect(await pending()).toBe(8); // as many as are worked on at once: no more is taken
      expect(await letters()).toEqual([]);
      isUp = true;
      await until(left).toBe(0);
      expect(await effects()).toHaveLength(12);
      expect(await letters()).toEqual([]);
    });
  });

  test("go on when Redis comes back, with what it had and what it is sent then", async () => {
    intake();
    for (let n = 0; n < 20; n += 1) await send({ TicketId: `before${n}`, takesMs: 20 });
    await redis.kill();
    await sleep(300);
    await redis.start();
    for (let n = 0; n < 5; n += 1) await send({ TicketId: `after${n}` });
    await until(left).toBe(0);
    expect(await effects()).toHaveLength(25);
  });

  test("go on also when Redis comes back with nothing, not even the group", async () => {
    intake();
    await send({ TicketId: "before" });
    await until(left).toBe(0);
    await client.flushAll();
    await send({ TicketId: "after" });
    await until(effects).toEqual(["after", "before"]);
  });

  test("are each processed once in effect, whatever dies", { timeout: 90_000 }, async () => {
    const total = 300;
    const tickets = Array.from({ length: total }, (_, n) => `${String(n).padStart(3, "0")}-${randomUUID()}`);
    let consumers = await Promise.all([consumer(), consumer()]);
    const sending = (async () => {
      for (const TicketId of tickets) {
        await send({ TicketId, takesMs: 10 });
        await sleep(8);
      }
    })();
    for (let round = 0; round < 4; round += 1) {
      await sleep(400);
      await kill(consumers[round % 2] as ChildProcess);
      if (round % 2 === 1) await redis.kill().then(() => redis.start());
      if (round === 2) {
        await standIn.pool.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        );
      }
      const fresh = await consumer();
      consumers = round % 2 === 0 ? [fresh, consumers[1] as ChildProcess] : [consumers[0] as ChildProcess, fresh];
    }
    await sending;
    await until(left, 60_000).toBe(0);
    expect(await effects()).toEqual(tickets.toSorted());
    expect(await letters()).toEqual([]);
    expect(await pending()).toBe(0);
  });
});
