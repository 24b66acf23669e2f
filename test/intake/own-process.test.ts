import { randomUUID } from "node:crypto";
import pg from "pg";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { COMMANDS } from "../../src/intake/redis/command-stream.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { runOwnProcess } from "../../src/program/run-reward-processor.ts";
import { freePort } from "../support/free-port.ts";
import { cloneDatabase, testEnvironment } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { startTestRedis } from "../support/redis.ts";

const log = await makeLogger({ level: "silent", pretty: false });
const settings = async (more: Record<string, string> = {}) =>
  readConfig({ ...testEnvironment(await cloneDatabase(), "http://127.0.0.1:1"), ...more });

test("a reward processor without Redis says that it needs Redis", async () => {
  await expect(runOwnProcess(await settings(), { log })).rejects.toThrow("REDIS_URL: required");
});

test("a reward processor that cannot reach Redis logs once that it takes no commands", async () => {
  const captured = await captureLog();
  const config = await settings({ REDIS_URL: `redis://:hunter2@127.0.0.1:${await freePort()}` });
  const stop = await runOwnProcess(config, { log: captured.log });
  await expect.poll(() => captured.text()).toContain("Redis is not reachable");
  await stop();
  expect(captured.text().match(/Redis is not reachable/g)).toHaveLength(1);
  expect(captured.text()).toContain("Meanwhile no reward commands are taken; those in the stream are taken when");
  expect(captured.text()).not.toContain("hunter2");
});

describe("a reward processor", { tags: "redis" }, () => {
  test("uses the gateway's database, takes commands, and stops on request", async () => {
    await using redis = await startTestRedis();
    const config = await settings({ REDIS_URL: redis.url });
    const stop = await runOwnProcess(config, { log });
    const db = new pg.Pool({ connectionString: config.databaseUrl, max: 1 });
    const client = await createClient({ url: redis.url }).connect();
    const send = (ticketId: string) => {
      const payload = {
        Action: "register",
        TicketId: ticketId,
        Data: { id: 461, transaction: [{ date: "2022-02-25 10:26:11" }] },
      };
      return client.xAdd(COMMANDS, "*", { payload: JSON.stringify(payload) });
    };
    const taken = async () =>
      (await db.query("select ticket_id from reward_messages")).rows.map((row) => row.ticket_id);

    const [first, second] = [randomUUID(), randomUUID()];
    await send(first);
    await send(first);
    await expect.poll(taken, { timeout: 60_000 }).toEqual([first]);
    await stop();
    // Only this test is connected now, so no processor takes the next commands.
    const connections = async () =>
      String(await client.sendCommand(["CLIENT", "LIST"]))
        .trim()
        .split("\n");
    await expect.poll(connections, { timeout: 60_000 }).toHaveLength(1);
    await send(second);
    expect(await client.xLen(COMMANDS)).toBe(1);
    expect(await taken()).toEqual([first]);
    client.destroy();
    await db.end();
  });
});
