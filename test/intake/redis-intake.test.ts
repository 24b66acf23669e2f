import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { COMMANDS, DEAD, GROUP } from "../../src/intake/redis/command-stream.ts";
import { makeIntakeHealth } from "../../src/intake/redis/intake-health.ts";
import type { ProcessIncoming } from "../../src/intake/redis/run-redis-intake.ts";
import { type RedisIntake, type RedisIntakeOptions, runRedisIntake } from "../../src/intake/redis/run-redis-intake.ts";
import { serveIntakeHealth } from "../../src/intake/redis/serve-intake-health.ts";
import { freePort } from "../support/free-port.ts";
import { cloneDatabase } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { openStandIn } from "../support/rewards/stand-in.ts";

const captured = await captureLog();
const consumerScript = fileURLToPath(new URL("../support/rewards/redis-consumer.ts", import.meta.url));

describe("reward commands from Redis", { tags: "redis" }, () => {
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
    captured.clear();
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

  /** No entry counts as abandoned by itself: a test sets the time. */
  function intake(options: Partial<RedisIntakeOptions> = {}): RedisIntake {
    const { processMessage, isReady } = standIn;
    const started = runRedisIntake({
      redisUrl: redis.url,
      processMessage,
      isReady,
      log: captured.log,
      abandonedAfterMs: 60_000,
      claimEveryMs: 50,
      retryMs: 5,
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

  /** Adds until Redis confirms. An entry whose confirmation was lost is there twice. */
  async function send(command: object | string): Promise<string> {
    const payload = typeof command === "string" ? command : JSON.stringify(command);
    for (;;) {
      try {
        return await client.xAdd(COMMANDS, "*", { payload });
      } catch {
        await setImmediate();
      }
    }
  }
  /** Sets the idle time of the pending entries, as if their consumer had been silent for so long. */
  async function growOld(ms = 3_600_000): Promise<void> {
    for (const { id, consumer: whose } of await client.xPendingRange(COMMANDS, GROUP, "-", "+", 100)) {
      await client.xClaimJustId(COMMANDS, GROUP, whose, 0, id, { IDLE: ms });
    }
  }
  const until = (holds: () => Promise<unknown>) => expect.poll(holds, { timeout: 60_000, interval: 25 });
  const effects = async () =>
    (await standIn.pool.query<{ ticket: string }>("select ticket from effects order by ticket")).rows.map(
      (row) => row.ticket,
    );
  const attempts = async (ticket: string) =>
    (await standIn.pool.query<{ pid: number }>("select pid from attempts where ticket = $1", [ticket])).rows;
  const begun = async () => (await standIn.pool.query("select 1 from attempts")).rowCount;
  const said = async (line: string) => captured.text().split(line).length - 1;
  const left = () => client.xLen(COMMANDS);
  const pending = async () => (await client.xPending(COMMANDS, GROUP)).pending;
  const letters = async () => ((await client.xRange(DEAD, "-", "+")) ?? []).map(({ message }) => message);

  describe("that cannot be taken", () => {
    const command = (...words: string[]) => client.sendCommand(words);
    const faults: [string, string, () => Promise<unknown>, () => Promise<unknown>][] = [
      ["from a key that is no stream", "is no stream", () => client.set(COMMANDS, "x"), () => client.del(COMMANDS)],
      [
        "from a read-only replica",
        "read-only replica",
        () => command("REPLICAOF", "127.0.0.1", "1"),
        () => command("REPLICAOF", "NO", "ONE"),
      ],
      [
        "without a password",
        "user and password",
        () => command("CONFIG", "SET", "requirepass", "a-password"),
        () => command("CONFIG", "SET", "requirepass", ""),
      ],
    ];
    test.each(faults)(
      "%s are reported in words, and taken again after the repair",
      async (_, words, breakIt, mendIt) => {
        await breakIt();
        try {
          const started = intake();
          await until(async () => captured.text()).toContain(words);
          expect(started.problem()).toContain(words);
          await mendIt();
          await send({ TicketId: "after" });
          await until(effects).toEqual(["after"]);
          await until(async () => started.problem()).toBeNull();
        } finally {
          await mendIt();
        }
      },
    );

    test("over from other consumers, for lack of a right, are reported, and new ones are taken all the same", async () => {
      await command("ACL", "SETUSER", "limited", "on", ">secret", "~*", "&*", "+@all", "-xautoclaim");
      const url = redis.url.replace("redis://", "redis://limited:secret@");
      const started = intake({ redisUrl: url });
      await until(async () => captured.text()).toContain("Give the user of REDIS_URL the rights");
      await send({ TicketId: "new" });
      await until(effects).toEqual(["new"]);
      expect(started.problem()).toContain("XAUTOCLAIM");
      await command("ACL", "SETUSER", "limited", "+xautoclaim");
      await until(async () => started.problem()).toBeNull();
      expect(captured.text()).toContain("Reward commands are taken again");
    });

    test("are logged as a warning at the first failure, and then every minute", async () => {
      let now = 0;
      const health = makeIntakeHealth(captured.log, () => now);
      const warnings = () => said("cannot be taken from Redis");
      for (let second = 0; second < 150; second++) {
        now = second * 1_000;
        health.failed("read", new Error("LOADING Redis is loading the dataset in memory"));
      }
      expect(await warnings()).toBe(3);
      health.failed("read", new Error("NOAUTH Authentication required."));
      expect(await warnings()).toBe(4);
      health.worked("read");
      expect(health.problem()).toBeNull();
    });

    test("are reported in the health of the process", async () => {
      await client.set(COMMANDS, "x");
      const started = intake();
      await until(async () => started.problem()).not.toBeNull();
      const port = await freePort();
      const close = await serveIntakeHealth({
        port: Number(port),
        host: "127.0.0.1",
        intake: started,
        checkStore: async () => {},
      });
      const ask = async (path: string) => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`);
        return { status: response.status, body: await response.json() };
      };
      expect(await ask("/readyz")).toEqual({ status: 503, body: { status: expect.stringContaining("is no stream") } });
      expect(await ask("/healthz")).toEqual({ status: 200, body: { status: "ok" } });
      await client.del(COMMANDS);
      await until(async () => (await ask("/readyz")).status).toBe(200);
      await close();
    });
  });

  test("are processed and deleted, also those that were there before the processor", async () => {
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
    const seen: Parameters<ProcessIncoming>[0][] = [];
    intake({ processMessage: async (message) => void seen.push(message) });
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]); // not UTF-8
    await client.sendCommand(["XADD", COMMANDS, "*", "payload", bytes as unknown as string]);
    await until(async () => seen).toEqual([{ raw: bytes, source: "REDIS", actor: "redis" }]);
  });

  test("are processed up to the limit of concurrency, and no more are taken", async () => {
    const gate = Promise.withResolvers<void>();
    let [now, most] = [0, 0];
    intake({
      concurrency: 3,
      async processMessage() {
        most = Math.max(most, ++now);
        await gate.promise;
        now -= 1;
      },
    });
    for (let n = 0; n < 30; n += 1) await send({ TicketId: String(n) });
    await until(async () => now).toBe(3);
    intake(); // which receives all entries that the first has not taken
    await until(left).toBe(3);
    expect(await pending()).toBe(3);
    gate.resolve();
    await until(left).toBe(0);
    expect(most).toBe(3);
  });

  test("that take long stay with their consumer as long as it is alive", async () => {
    const openGate = await standIn.closeGate();
    intake({ concurrency: 1, keepEveryMs: 20 });
    await send({ TicketId: "slow", waits: true });
    await until(begun).toBe(1);
    await growOld(30_000); // half of the time after which an entry counts as abandoned
    await until(
      async () => (await client.xPendingRange(COMMANDS, GROUP, "-", "+", 1))[0]?.millisecondsSinceLastDelivery,
    ).toBeLessThan(30_000);
    // Another consumer claims abandoned entries before it takes new ones.
    intake();
    await send({ TicketId: "quick" });
    await until(effects).toEqual(["quick"]);
    await openGate();
    await until(left).toBe(0);
    expect(await attempts("slow")).toHaveLength(1);
  });

  test("of a consumer that was killed at work are processed by another", async () => {
    const openGate = await standIn.closeGate();
    const doomed = await consumer();
    for (let n = 0; n < 6; n += 1) await send({ TicketId: `t${n}`, waits: true });
    await until(begun).toBe(6);
    await kill(doomed);
    await openGate();
    expect(await effects()).toEqual([]);
    await growOld();
    intake();
    await until(left).toBe(0);
    expect(await effects()).toEqual(["t0", "t1", "t2", "t3", "t4", "t5"]);
    for (const ticket of await effects())
      expect(await attempts(ticket)).toMatchObject([{ pid: doomed.pid }, { pid: process.pid }]);
  });

  test("in flight when it stops are finished, the rest is left to other consumers, and no entry is lost", async () => {
    const openGate = await standIn.closeGate();
    const first = intake({ concurrency: 2 });
    for (let n = 0; n < 6; n += 1) await send({ TicketId: `t${n}`, waits: true });
    await until(begun).toBe(2);
    const stopped = first.stop();
    await openGate();
    await stopped;
    expect(await effects()).toHaveLength(2);
    expect(await pending()).toBe(0);
    expect(await client.xInfoConsumers(COMMANDS, GROUP)).toEqual([]);
    intake();
    await until(left).toBe(0);
    expect(await effects()).toHaveLength(6);
  });

  test("that are not finished in time do not delay a stopping process, and are delivered again", async () => {
    const stuck = intake({ concurrency: 2, graceMs: 20, processMessage: () => new Promise(() => {}) });
    for (let n = 0; n < 3; n += 1) await send({ TicketId: `t${n}` });
    await until(pending).toBe(2);
    await stuck.stop();
    await growOld();
    intake();
    await until(left).toBe(0);
    expect(await effects()).toHaveLength(3);
  });

  test("do not delay a stopping process while a command has no answer from Redis", async () => {
    await client.sendCommand(["CLIENT", "PAUSE", "600000", "WRITE"]);
    const waiting = intake({ graceMs: 20 });
    await until(() => client.sendCommand<string>(["CLIENT", "LIST"])).toContain("cmd=xgroup|create");
    await waiting.stop();
    await client.sendCommand(["CLIENT", "UNPAUSE"]);
  });

  test("do not delay it either while Redis does not answer", async () => {
    const waiting = intake({ graceMs: 20 });
    await send({ TicketId: "first" });
    await until(left).toBe(0);
    redis.freeze();
    await waiting.stop();
    redis.wake();
    await send({ TicketId: "second" });
    // A read that reached Redis before it was suspended may have taken the entry.
    intake({ abandonedAfterMs: 300 });
    await until(effects).toEqual(["first", "second"]);
  });

  describe("that cannot be processed", () => {
    const nik = "3171234567890123";

    test("are dead-lettered after the maximum of deliveries, with the reason and without a national id, and block no other", async () => {
      intake({ maxDeliveries: 3, concurrency: 2 });
      const id = await send({ TicketId: "bad", poison: true, Resource: "nik", ResourceId: nik });
      for (let n = 0; n < 5; n += 1) await send({ TicketId: `good${n}` });
      for (let delivery = 1; delivery < 3; delivery += 1) {
        await until(() => said("will be tried again")).toBe(delivery);
        await growOld();
      }
      await until(letters).toHaveLength(1);
      await until(effects).toHaveLength(5);
      const [letter] = await letters();
      expect(letter).toMatchObject({ id, deliveries: "3", why: "cannot digest [nik removed] of bad" });
      expect(JSON.parse(letter?.["payload"] ?? "")).toMatchObject({ TicketId: "bad", ResourceId: "[nik removed]" });
      expect(JSON.stringify(letter)).not.toContain(nik);
      expect(await pending()).toBe(0);

      // The dead-lettered entry is there for an operator to send again, and no processor takes it.
      expect(((await client.xRange(COMMANDS, "-", "+")) ?? []).map((entry) => entry.id)).toEqual([id]);
      await send({ TicketId: "worse", poison: true });
      await until(() => said("will be tried again")).toBe(3);
      await growOld();
      await until(() => said("will be tried again")).toBe(4);
      expect(await attempts("bad")).toHaveLength(6); // three deliveries, each with one retry
    });

    test("without a payload are dead-lettered at once", async () => {
      intake();
      await client.xAdd(COMMANDS, "*", { subject: "reward" });
      await until(letters).toMatchObject([{ why: "the entry has no field payload", payload: "" }]);
    });

    test("that kill the process are dead-lettered in the end", async () => {
      const id = await send({ TicketId: "deadly" });
      await client.xGroupCreate(COMMANDS, GROUP, "0", { MKSTREAM: true });
      await client.xReadGroup(GROUP, "long gone", { key: COMMANDS, id: ">" });
      await client.xClaim(COMMANDS, GROUP, "long gone", 0, id, { RETRYCOUNT: 20, IDLE: 3_600_000 });
      intake();
      await until(letters).toMatchObject([{ id, why: "begun 20 times, and never finished" }]);
      expect(await attempts("deadly")).toEqual([]);
    });

    test("that fail only because the database is down are not dead-lettered", async () => {
      let isUp = true;
      let asked = 0;
      intake({
        maxDeliveries: 1,
        async isReady() {
          asked += 1;
          return isUp;
        },
        processMessage: (message) =>
          isUp ? standIn.processMessage(message) : Promise.reject(new Error("no database")),
      });
      isUp = false;
      for (let n = 0; n < 12; n += 1) await send({ TicketId: `t${n}` });
      await until(async () => asked).toBeGreaterThan(5 * 8);
      expect(await pending()).toBe(8); // the limit of concurrency: no more is taken
      expect(await letters()).toEqual([]);
      isUp = true;
      await until(left).toBe(0);
      expect(await effects()).toHaveLength(12);
      expect(await letters()).toEqual([]);
    });
  });

  test("continue when Redis comes back, with its old entries and the new ones", async () => {
    const openGate = await standIn.closeGate();
    intake();
    for (let n = 0; n < 20; n += 1) await send({ TicketId: `before${n}`, waits: true });
    await until(begun).toBe(8);
    await redis.kill();
    await openGate();
    await until(() => said("A reward command comes back")).toBe(8);
    await redis.start();
    await growOld();
    for (let n = 0; n < 5; n += 1) await send({ TicketId: `after${n}` });
    await until(left).toBe(0);
    expect(await effects()).toHaveLength(25);
  });

  test("continue also when Redis comes back empty, without the group", async () => {
    intake();
    await send({ TicketId: "before" });
    await until(left).toBe(0);
    await client.flushAll();
    await send({ TicketId: "after" });
    await until(effects).toEqual(["after", "before"]);
  });

  test("are each processed once in effect, whichever process is killed", async () => {
    const total = 300;
    const tickets = Array.from({ length: total }, (_, n) => `${String(n).padStart(3, "0")}-${randomUUID()}`);
    let consumers = await Promise.all([consumer(), consumer()]);
    const sending = (async () => {
      for (const TicketId of tickets) await send({ TicketId });
    })();
    for (let round = 0; round < 4; round += 1) {
      await until(async () => (await effects()).length).toBeGreaterThan((total / 8) * (round + 1));
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
    await until(left).toBe(0);
    expect(await effects()).toEqual(tickets.toSorted());
    expect(await letters()).toEqual([]);
    expect(await pending()).toBe(0);
  });
});
