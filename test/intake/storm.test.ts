import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { createClient } from "redis";
import { expect, test } from "vitest";
import { COMMANDS, DEAD } from "../../src/intake/redis/command-stream.ts";
import { bundledProcessor } from "../support/bundle.ts";
import { startTestGateway, testEnvironment } from "../support/gateway.ts";
import { seededRandom } from "../support/random.ts";
import { startTestRedis } from "../support/redis.ts";
import { creditsSent } from "../support/rewards/awards.ts";
import { link, purchase } from "../support/rewards/rewards.ts";

const MEMBERS = 6;
const MESSAGES = 120;
const KILLS = 3;
const seed = Number(process.env["STORM_SEED"] ?? 20_261_122);

/**
 * Kills two processors of one stream, kills Redis, and cuts every database connection, all under load. STORM_SEED
 * repeats a run's choices.
 */
test(`no message is lost, and no award is credited twice (seed ${seed})`, {
  tags: "redis",
  timeout: 180_000,
}, async () => {
  const random = seededRandom(seed);
  await using redis = await startTestRedis();
  await using gateway = await startTestGateway(
    { SEED: "sample", REDIS_URL: redis.url },
    { pace: { creditPollMs: 50 } },
  );
  const client = createClient({ url: redis.url }).on("error", () => {});
  await client.connect();
  const settings = { ...testEnvironment(gateway.databaseUrl, gateway.sandbox.url), REDIS_URL: redis.url };
  const processors: ChildProcess[] = [];
  async function start(): Promise<ChildProcess> {
    const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], ...settings };
    const child = spawn(process.execPath, ["--no-warnings", bundledProcessor], {
      env,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await once(child, "message");
    return child;
  }
  async function kill(child: ChildProcess | undefined, how: NodeJS.Signals = "SIGKILL") {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(how);
    await ended;
  }

  const customers = Array.from({ length: MEMBERS }, (_, index) => ({
    customerId: `storm-${index}`,
    userId: 80_000 + index,
  }));
  for (const { customerId, userId } of customers) {
    gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 0 });
    await link(gateway, { customerId, userId: String(userId) });
  }
  const messages = Array.from({ length: MESSAGES }, (_, index) => {
    const { userId } = customers[index % MEMBERS] ?? { userId: 0 };
    const date = new Date(Date.UTC(2026, 4, 1 + (index % 28), 5)).toISOString();
    return index % 3 === 0
      ? { TicketId: `checkin-${index}`, Action: "dailycheckin", Data: { id: userId, command: "dailycheckin", date } }
      : { TicketId: `purchase-${index}`, ...purchase(userId, 1_000 + index, `trx-${index}`, date) };
  });
  /** Sends each message twice: a producer repeats a message whose outcome is unknown. */
  async function send(some: readonly object[]): Promise<void> {
    for (const message of some.flatMap((each) => [each, each])) {
      const sent = () => client.xAdd(COMMANDS, "*", { payload: JSON.stringify(message) }).catch(() => null);
      while (!(await sent())) await setImmediate();
    }
  }

  processors.push(...(await Promise.all([start(), start()])));
  const portion = MESSAGES / (KILLS + 1);
  for (let kills = 0; kills < KILLS; kills += 1) {
    const inFullWork = creditsSent(gateway, 1 + Math.floor(random() * 15));
    const sending = send(messages.slice(kills * portion, (kills + 1) * portion));
    await inFullWork;
    await kill(processors[kills % 2]);
    if (kills === 1) {
      await redis.kill();
      await redis.start();
    }
    if (kills === 2) {
      await gateway.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
    }
    processors[kills % 2] = await start();
    await sending;
  }
  await send(messages.slice(KILLS * portion));

  const settled = async () => {
    const [row] = await gateway.sql<{ messages: number; open: number }>(
      `select (select count(*)::int from reward_messages) as messages,
              (select count(*)::int from reward_awards where unit = 'POINTS' and state in ('PENDING', 'UNCERTAIN')) as open`,
    );
    return row?.messages === MESSAGES && row.open === 0 && (await client.xLen(COMMANDS)) === 0;
  };
  await gateway.until(() => settled().catch(() => false), 120_000);
  for (const processor of processors) await kill(processor, "SIGTERM");

  expect(await client.xLen(DEAD)).toBe(0);
  const awarded = await gateway.sql<{ customer_id: string; points: number; states: string[] }>(
    `select customer_id, sum(quantity)::int as points, array_agg(distinct state::text) as states
     from reward_awards where unit = 'POINTS' group by customer_id order by customer_id`,
  );
  expect(awarded.map(({ customer_id, states }) => [customer_id, states])).toEqual(
    customers.map(({ customerId }) => [customerId, ["CREDITED"]]),
  );
  for (const { customer_id, points } of awarded) {
    expect(points).toBeGreaterThan(0);
    expect(gateway.sandbox.client.balance(customer_id)).toBe(points);
  }
  const references = gateway.sandbox.calls.since(0).filter(({ operation }) => operation === "credit");
  expect(references.length).toBeGreaterThan(0);
  client.destroy();
});
