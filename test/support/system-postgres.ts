import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chown, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { chooseUser } from "../../src/platform/postgres/binaries.ts";
import { makeFastDirectory } from "./fast-directory.ts";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);
const ROOT = "/usr/lib/postgresql";

/** The program directory of the machine's newest PostgreSQL, with `pg_dump`; undefined if there is none. */
export const systemBinaries: string | undefined = (existsSync(ROOT) ? readdirSync(ROOT) : [])
  .sort((a, b) => Number(b) - Number(a))
  .map((version) => join(ROOT, version, "bin"))
  .find((bin) => ["initdb", "pg_ctl", "pg_dump", "pg_restore"].every((name) => existsSync(join(bin, name))));

/** A server of the machine's own PostgreSQL, which its `pg_dump` supports. */
export interface SystemPostgres extends AsyncDisposable {
  urlOf(database: string): string;
  create(database: string): Promise<void>;
  /** Writes a dump of a database that is in use. @returns the file */
  dump(database: string): Promise<string>;
  /** Restores a dump into a database. */
  restore(file: string, database: string): Promise<void>;
}

export async function startSystemPostgres(): Promise<SystemPostgres> {
  const bin = (name: string) => join(systemBinaries ?? "", name);
  const user = await chooseUser();
  const directory = await makeFastDirectory();
  if (user.uid !== undefined) await chown(directory, user.uid, user.gid ?? user.uid);
  const data = join(directory, "data");
  const port = await freePort();
  const call = (name: string, ...args: string[]) => run(bin(name), args, { ...user, cwd: directory });
  await call("initdb", "-D", data, "-U", "tessera", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C");
  const options = `-p ${port} -k ${directory} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=100`;
  await call("pg_ctl", "start", "-D", data, "-w", "-o", options, "-l", join(directory, "log"));
  const server = ["-h", "127.0.0.1", "-p", String(port), "-U", "tessera"];

  return {
    urlOf: (database) => `postgresql://tessera@127.0.0.1:${port}/${database}`,
    create: async (database) => void (await call("createdb", ...server, database)),
    async dump(database) {
      const file = join(directory, `${database}.dump`);
      await call("pg_dump", ...server, "--format=custom", `--file=${file}`, database);
      return file;
    },
    async restore(file, database) {
      await call("createdb", ...server, database);
      await call("pg_restore", ...server, "--exit-on-error", `--dbname=${database}`, file);
    },
    async [Symbol.asyncDispose]() {
      await call("pg_ctl", "stop", "-D", data, "-m", "immediate", "-w");
      await rm(directory, { recursive: true, force: true });
    },
  };
}
