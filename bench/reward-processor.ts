import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { createClient, type RedisClientType } from "redis";
import { COMMANDS, DEAD } from "../src/intake/redis/command-stream.ts";
import { startTestRedis } from "../test/support/redis.ts";
import { startContender } from "./contender.ts";
import { OPERATOR_TOKEN, send, type World } from "./world.ts";

export interface RewardThroughput {
  messages: number;
  members: number;
  messagesPerSecond: number;
  /** CPU of the processor, milliseconds a message. */
  cpuMs: number;
  /** The same messages again, which are answered from the recorded results. */
  repeatsPerSecond: number;
}

/** More days than these are late, and do not count for a streak. */
const CHECK_INS_EACH = 5;
const DAY_MS = 86_400_000;
const STALLED_MS = 60_000;

/**
 * A single reward processor with a Redis that syncs each command to disk, and purchases and check-ins of members, half
 * of whom are linked to a customer. The time runs from the first XADD until every message is removed from the stream,
 * so its transaction has committed.
 */
export async function rewardsPerSecond(
  world: World,
  members: number,
  purchasesEach: number,
): Promise<RewardThroughput> {
  await using redis = await startTestRedis();
  const client: RedisClientType = createClient({ url: redis.url });
  await client.connect();
  const db = new pg.Pool({ connectionString: world.env["DATABASE_URL"], max: 1 });
  const processor = await startContender("scripts/reward-processor.ts", { ...world.env, REDIS_URL: redis.url });
  try {
    for (let member = 2; member <= members; member += 2) {
      await world.signIn(`BENCH-MEMBER-${member}`, 0);
      const input = `{ customerId: "BENCH-MEMBER-${member}", userId: "${member}" }`;
      const { linkMember } = await send(
        world.gateway.url,
        `mutation { linkMember(input: ${input}) { userErrors { message } } }`,
        OPERATOR_TOKEN,
      );
      if (linkMember.userErrors.length > 0) throw new Error(JSON.stringify(linkMember.userErrors));
    }
    await process(purchases(members + 1, 20, 10)); // warm-up with other members

    const messages = [...checkIns(members), ...purchases(1, members, purchasesEach)];
    const before = { cpu: processor.cpuSeconds(), awards: await count("reward_awards") };
    const seconds = await process(messages);
    const cpu = processor.cpuSeconds() - before.cpu;
    const awards = await count("reward_awards");
    if (awards - before.awards < messages.length) throw new Error("not every message has earned something");

    const repeatSeconds = await process(messages);
    const bad = (await count("quarantined_rewards")) + (await client.xLen(DEAD));
    if (bad > 0 || (await count("reward_awards")) !== awards) throw new Error("a message was refused, or earned twice");
    return {
      messages: messages.length,
      members,
      messagesPerSecond: messages.length / seconds,
      cpuMs: (cpu * 1_000) / messages.length,
      repeatsPerSecond: messages.length / repeatSeconds,
    };
  } finally {
    await processor.stop();
    client.destroy();
    await db.end();
  }

  async function count(table: string): Promise<number> {
    return (await db.query(`select count(*)::int as rows from ${table}`)).rows[0].rows;
  }

  /** @returns seconds until all of them are processed */
  async function process(messages: readonly string[]): Promise<number> {
    const startedAt = performance.now();
    await Promise.all(messages.map((payload) => client.xAdd(COMMANDS, "*", { payload })));
    let [left, changedAt] = [await client.xLen(COMMANDS), performance.now()];
    while (left > 0) {
      await delay(10);
      const now = await client.xLen(COMMANDS);
      if (now !== left) [left, changedAt] = [now, performance.now()];
      if (performance.now() - changedAt > STALLED_MS) throw new Error(`${left} reward commands are not processed`);
    }
    return (performance.now() - startedAt) / 1_000;
  }
}

/** Round robin over the members, so that concurrent messages concern different members. */
const purchases = (from: number, members: number, each: number) =>
  Array.from({ length: members * each }, (_, index) =>
    message("transactionpromo", from + (index % members), {
      date: new Date(Date.now() - index).toISOString(),
      amount: 10_000 + index,
    }),
  );

/** The oldest day first. */
const checkIns = (members: number) =>
  Array.from({ length: members * CHECK_INS_EACH }, (_, index) => {
    const daysAgo = CHECK_INS_EACH - 1 - Math.floor(index / members);
    const date = new Date(Date.now() - daysAgo * DAY_MS).toISOString();
    return message("dailycheckin", 1 + (index % members), { date });
  });

const message = (action: string, userId: number, line: object) =>
  JSON.stringify({
    Subject: "reward",
    SubjectType: "transaction",
    SubjectIdentifier: action,
    Action: "process",
    TicketId: randomUUID(),
    Data: { id: userId, command: action, transaction: [line] },
  });
