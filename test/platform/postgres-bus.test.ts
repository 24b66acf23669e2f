import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bus, listen } from "../../src/platform/events.ts";
import { makeLogger } from "../../src/platform/logger.ts";
import { openPostgresBus } from "../../src/platform/postgres-bus.ts";
import { freePort } from "../support/free-port.ts";
import { cloneDatabase } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";

const log = await makeLogger({ level: "silent", pretty: false });
let url: string;
let operator: pg.Client;
beforeAll(async () => {
  url = await cloneDatabase();
  operator = new pg.Client({ connectionString: url });
  await operator.connect();
});
afterAll(() => operator.end());

const cutConnections = () =>
  operator.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );

/** Notifies until the notification arrives: a bus does not guarantee delivery. */
async function heard(from: Bus, at: Bus): Promise<void> {
  using listener = listen(at, "topic");
  let isHeard = false;
  const off = at.on("topic", () => {
    isHeard = true;
  });
  while (!isHeard) {
    from.notify("topic");
    await listener.wait(50);
  }
  off();
}

describe("the bus between processes", () => {
  test("delivers a notification once to the other process and to its sender", async () => {
    const [one, other] = [await openPostgresBus(url, log), await openPostgresBus(url, log)];
    const rings: string[] = [];
    one.on("order:1", () => rings.push("one"));
    const { promise, resolve } = Promise.withResolvers<void>();
    other.on("order:1", () => rings.push("other"));
    other.on("last", () => resolve());
    one.notify("order:1");
    one.notify("last"); // later than any second notification of the first
    await promise;
    expect(rings.sort()).toEqual(["one", "other"]);
    await Promise.all([one.close(), other.close()]);
  });

  test("sends simultaneous notifications with one statement, and each topic once", async () => {
    const [one, other] = [await openPostgresBus(url, log), await openPostgresBus(url, log)];
    const rings: string[] = [];
    for (let index = 0; index < 100; index += 1) other.on(`order:${index}`, () => rings.push(`order:${index}`));
    const { promise, resolve } = Promise.withResolvers<void>();
    other.on("last", () => resolve());
    for (let index = 0; index < 200; index += 1) one.notify(`order:${index % 100}`);
    one.notify("last");
    await promise;
    expect(rings).toHaveLength(100);
    await Promise.all([one.close(), other.close()]);
  });

  test("works on within the process while its connection is cut, and between them afterwards", async () => {
    const captured = await captureLog();
    const [one, other] = [await openPostgresBus(url, captured.log), await openPostgresBus(url, log)];
    await heard(one, other);
    await cutConnections();
    await heard(one, one);
    await heard(one, other);
    await heard(other, one);
    await Promise.all([one.close(), other.close()]);
    const messages = captured
      .text()
      .split("\n")
      .flatMap((line) => (line ? [JSON.parse(line)] : []))
      .filter(({ level }) => level === "warn" || level === "info");
    expect(messages).toMatchObject([
      { level: "warn", msg: expect.stringContaining("LISTEN is lost") },
      { level: "info", msg: expect.stringContaining("again") },
    ]);
  });

  test("opens without the database, because notifications only reduce delays", async () => {
    const captured = await captureLog();
    const bus = await openPostgresBus(`postgres://somebody:hunter2@127.0.0.1:${await freePort()}/none`, captured.log);
    await heard(bus, bus);
    bus.notify("x".repeat(9_000));
    await bus.close();
    expect(captured.text()).toContain("LISTEN is lost");
    expect(captured.text()).not.toContain("hunter2");
  });
});
