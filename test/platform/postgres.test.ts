import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/platform/postgres/embedded.ts";

// initdb and a start are slow on a busy machine.
const SLOW_MS = 60_000;

let dataDir: string;
const running: EmbeddedPostgres[] = [];
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "tessera-postgres-"));
  await chmod(dataDir, 0o755); // PostgreSQL does not run as root, and its own user must get in
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop({ force: true });
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function start(options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, settings: { fsync: "off" }, ...options });
  running.push(server);
  return server;
}
async function ask(url: string, text: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
const pidOf = async ({ directory }: { directory: string }) =>
  Number((await readFile(join(directory, "postmaster.pid"), "utf8")).split("\n")[0]);
const isGone = (pid: number) => {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
};

/** Another process that starts it on the same files, and ends when killed. */
function startElsewhere() {
  const module = new URL("../../src/platform/postgres/embedded.ts", import.meta.url).href;
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(module)};
    const { url } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    process.stdout.write(url + "\\n");
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  return {
    url: Promise.race([
      once(child.stdout, "data").then(([line]) => String(line).trim()),
      ended.then(() => Promise.reject(new Error("the other process did not start it"))),
    ]),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("the embedded PostgreSQL", { timeout: SLOW_MS }, () => {
  test("keeps its data in the data directory, listens only on this machine, and ends when stopped", async () => {
    const server = await start({ database: "shop" });
    expect(server.directory).toBe(join(dataDir, "postgres"));
    expect(server.note).toBeUndefined();
    expect(await ask(server.url, "select current_database() as name")).toEqual([{ name: "shop" }]);
    expect(await ask(server.url, "show listen_addresses")).toEqual([{ listen_addresses: "" }]);
    const sockets = new URL(server.url).searchParams.get("host") ?? "";
    expect((await stat(sockets)).mode & 0o777).toBe(0o700);
    await ask(server.url, "create table kept_one (x int)");

    await server.stop();
    await expect(ask(server.url, "select 1")).rejects.toThrow();
    const again = await start({ database: "shop" });
    expect(await ask(again.url, "select count(*)::int as rows from kept_one")).toEqual([{ rows: 0 }]);
  });

  test("is adopted after the process that started it was killed, and nothing is lost", async () => {
    const other = startElsewhere();
    await ask(await other.url, "create table kept_two (x int)");
    const pid = await pidOf({ directory: join(dataDir, "postgres") });
    await other.kill();

    const server = await start();
    expect(await pidOf(server)).toBe(pid);
    expect(await ask(server.url, "select count(*)::int as rows from kept_two")).toEqual([{ rows: 0 }]);
  });

  test("is shared with another process on the same files, and keeps running for it", async () => {
    const other = startElsewhere();
    const client = new pg.Client({ connectionString: await other.url });
    await client.connect();
    const server = await start();
    await server.stop();
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await client.end();
    await other.kill();
    await server.stop();
    await expect(ask(server.url, "select 1")).rejects.toThrow();
  });

  test("starts again after it was killed itself, and nothing is lost", async () => {
    const server = await start();
    await ask(server.url, "create table kept_three (x int)");
    const pid = await pidOf(server);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => isGone(pid)).toBe(true);
    const again = await start();
    expect(await ask(again.url, "select count(*)::int as rows from kept_three")).toEqual([{ rows: 0 }]);
  });

  test("does not touch the files of another major version", async () => {
    const older = join(dataDir, "older");
    await mkdir(join(older, "postgres"), { recursive: true });
    await writeFile(join(older, "postgres", "PG_VERSION"), "15\n");
    await expect(start({ dataDir: older })).rejects.toThrow(
      /^.*\/postgres was made by PostgreSQL 15, but this is \d+\. Move it away, or set DATABASE_URL\.$/,
    );
  });

  test("reports its log if it cannot start", async () => {
    const server = await start();
    await server.stop();
    await expect(start({ settings: { shared_buffers: "'a lot'" } })).rejects.toThrow(
      /did not start[\s\S]*shared_buffers/,
    );
  });

  test("works in a data directory too deep for the path of a socket", async () => {
    const deep = join(dataDir, "d".repeat(60), "e".repeat(60));
    const server = await start({ dataDir: deep });
    expect(await ask(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
    expect(server.directory).toBe(join(deep, "postgres"));
    const sockets = new URL(server.url).searchParams.get("host") ?? "";
    await server.stop();
    await rm(sockets, { recursive: true });
  });

  test("works for root in a folder closed to other users, and reports the location of its files", {
    tags: "root",
  }, async () => {
    const closed = join(dataDir, "closed", "data");
    await mkdir(dirname(closed), { mode: 0o700 });
    const server = await start({ dataDir: closed });
    const home = dirname(server.directory);
    try {
      expect(server.directory).toMatch(/^\/var\/lib\/tessera\//);
      expect(server.note).toContain(`its user cannot reach ${closed}: its files are in ${home}`);
      expect(await ask(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
    } finally {
      await server.stop({ force: true });
      await rm(home, { recursive: true, force: true });
    }
  });
});
