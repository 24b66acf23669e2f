import { execFile } from "node:child_process";
import { chown, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { chooseUser } from "../../src/platform/postgres/binaries.ts";
import { makeFastDirectory } from "./fast-directory.ts";
import { freePort } from "./free-port.ts";
import { systemBinaries } from "./system-postgres.ts";

const run = promisify(execFile);

/** A server of the machine's own PostgreSQL that archives its write-ahead log, for a recovery to a point in time. */
export interface ArchivedPostgres extends AsyncDisposable {
  /** The URL of the database, before a recovery. */
  url: string;
  /** Copies the data directory while the server works (`pg_basebackup`). */
  baseBackup(): Promise<void>;
  /** The present moment by the server's clock, after everything committed before it has reached the write-ahead log. */
  now(): Promise<string>;
  /**
   * Ends the server at once, deletes its data directory, and recovers the base backup from the archive, to a moment.
   *
   * @returns the URL of the database on the recovered server, with readable facts about the recovery
   */
  recoverTo(moment: string): Promise<{ url: string; facts: string }>;
}

export async function startArchivedPostgres(): Promise<ArchivedPostgres> {
  const bin = (name: string) => join(systemBinaries ?? "", name);
  const user = await chooseUser();
  const directory = await makeFastDirectory();
  const [data, backup, archive] = ["data", "backup", "archive"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(archive);
  if (user.uid !== undefined) {
    for (const each of [directory, archive]) await chown(each, user.uid, user.gid ?? user.uid);
  }
  const call = (name: string, ...args: string[]) => run(bin(name), args, { ...user, cwd: directory });
  const start = async (files: string, port: string) => {
    const options = `-p ${port} -k ${directory} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=100`;
    const log = join(directory, "log");
    await call("pg_ctl", "start", "-D", files, "-w", "-t", "120", "-o", options, "-l", log).catch(async (error) => {
      throw new Error(`PostgreSQL did not start:\n${await readFile(log, "utf8").catch(() => "no log")}`, {
        cause: error,
      });
    });
  };
  const urlOn = (port: string, database = "tessera") => `postgresql://tessera@127.0.0.1:${port}/${database}`;

  const port = await freePort();
  await call("initdb", "-D", data, "-U", "tessera", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C");
  // A copy under another name first: a recovery must not find half of a segment under the segment's own name.
  const command = `cp %p ${archive}/copy && mv ${archive}/copy ${archive}/%f`;
  const settings = ["wal_level = replica", "archive_mode = on", `archive_command = '${command}'`];
  await writeFile(join(data, "postgresql.auto.conf"), `${settings.join("\n")}\n`);
  await start(data, port);
  await call("createdb", "-h", "127.0.0.1", "-p", port, "-U", "tessera", "tessera");
  let running = data;
  const stop = () => call("pg_ctl", "stop", "-D", running, "-m", "immediate", "-w");
  const query = async (text: string) => {
    const client = new pg.Client({ connectionString: urlOn(port) });
    await client.connect();
    try {
      return (await client.query(text)).rows[0] as Record<string, string>;
    } finally {
      await client.end();
    }
  };

  return {
    url: urlOn(port),
    async baseBackup() {
      await call("pg_basebackup", "-h", "127.0.0.1", "-p", port, "-U", "tessera", "-D", backup, "--checkpoint=fast");
    },
    now: async () => (await query("select clock_timestamp()::text as now"))["now"] ?? "",
    async recoverTo(moment) {
      // The archive has whole segments only: without a switch in time, the last one is lost with the disk.
      const { file } = await query("select pg_walfile_name(pg_switch_wal()) as file");
      while (!(await readdir(archive)).includes(file ?? "")) await query("select pg_sleep(0.05)");
      await stop();
      await rm(data, { recursive: true });

      await writeFile(
        join(backup, "postgresql.auto.conf"),
        [
          `restore_command = 'cp ${archive}/%f %p'`,
          `recovery_target_time = '${moment}'`,
          "recovery_target_action = 'promote'",
          "archive_mode = off",
        ].join("\n"),
      );
      await writeFile(join(backup, "recovery.signal"), "");
      if (user.uid !== undefined) await chown(join(backup, "recovery.signal"), user.uid, user.gid ?? user.uid);
      const again = await freePort();
      const startedAt = performance.now();
      await start(backup, again);
      running = backup;
      const client = new pg.Client({ connectionString: urlOn(again) });
      await client.connect();
      for (;;) {
        const { rows } = await client.query<{ ready: boolean }>("select not pg_is_in_recovery() as ready");
        if (rows[0]?.ready) break;
        await client.query("select pg_sleep(0.05)");
      }
      const { rows } = await client.query<{ last: Date }>("select max(at) as last from order_events");
      await client.end();
      const segments = (await readdir(archive)).filter((name) => /^[0-9A-F]{24}$/.test(name)).length;
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      const last = rows[0]?.last.toISOString();
      const facts = `recovered to ${moment} from a base backup and ${segments} segments in ${seconds} s; the last event is of ${last}`;
      return { url: urlOn(again), facts };
    },
    async [Symbol.asyncDispose]() {
      await stop().catch(() => {});
      await rm(directory, { recursive: true, force: true });
    },
  };
}
