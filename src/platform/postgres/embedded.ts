import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFile, chmod, chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { explainDataDirError, makeDirectory } from "../data-dir.ts";
import { SetupError } from "../setup-error.ts";
import { type Binaries, canEnter, chooseUser, copyBinaries, packagedBinaries, type RunAs } from "./binaries.ts";

const run = promisify(execFile);
const [LOOKS_AT_CONNECTIONS, POLL_EVERY_MS] = [20, 50];

export interface EmbeddedPostgres {
  /** Connection string of the database. */
  url: string;
  /** The directory of the server's files. */
  directory: string;
  /** The reason why the files are not under the requested data directory, if so. */
  note?: string;
  /** Stops the server, unless other clients are still connected. */
  stop(options?: { force?: boolean }): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  database?: string;
  /** Extra `postgresql.conf` settings. */
  settings?: Record<string, string>;
}

/**
 * Starts an embedded PostgreSQL server, or adopts the server that an earlier, killed process left running on the same
 * files. It listens only on a Unix socket, in a directory closed to other users, and so needs neither port nor
 * password.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, database = "tessera", settings = {} } = options;
  const port = 5432; // only part of the socket file's name
  const { server, socketDirectory } = await startServer(resolve(dataDir), { ...settings, port: String(port) }).catch(
    (error) => {
      throw explainDataDirError(error, dataDir);
    },
  );
  const urlOf = (name: string) =>
    `postgresql://tessera@localhost:${port}/${name}?host=${encodeURIComponent(socketDirectory)}`;
  await createDatabase(urlOf("postgres"), database);

  return {
    url: urlOf(database),
    directory: server.data,
    ...(server.note && { note: server.note }),
    stop: async ({ force = false } = {}) => {
      if (!force && (await hasOtherConnections(urlOf("postgres")))) return;
      await asUser(server, server.binaries.pg_ctl, ["stop", "-D", server.data, "-m", "fast", "-w"]).catch(
        () => undefined,
      );
    },
  };
}

async function startServer(dataDir: string, settings: Record<string, string>) {
  const user = await chooseUser();
  const place = await findReachablePlace(dataDir, user);
  const server = { ...place, user, data: join(place.directory, "postgres") };

  await initialise(server, { isSynced: settings["fsync"] !== "off" });
  if (!(await isRunning(server))) {
    await configure(server, { ...settings, unix_socket_directories: `'${place.sockets}'` });
    await start(server);
  }
  const socketDirectory = (await readFile(join(server.data, "postmaster.pid"), "utf8")).split("\n")[4] ?? place.sockets;
  return { server, socketDirectory };
}

interface Place {
  directory: string;
  sockets: string;
  binaries: Binaries;
  note?: string;
}
type Server = Place & { user: RunAs; data: string };

/** A directory that all users can reach. */
const ELSEWHERE = "/var/lib/tessera";

/** The data directory, or a fallback if PostgreSQL's user cannot reach it. The same applies to its programs. */
async function findReachablePlace(dataDir: string, user: RunAs): Promise<Place> {
  const packaged = await packagedBinaries();
  makeDirectory(dataDir, 0o755);
  const canRun = await asUser({ user }, packaged.initdb, ["--version"]).then(
    () => true,
    () => false,
  );
  if (!canRun && user.uid === undefined)
    throw new SetupError(
      `The embedded PostgreSQL at ${packaged.initdb} does not run on this machine. Set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  const canReach = await canEnter(dataDir, user);
  const home = join(ELSEWHERE, `${basename(resolve(dataDir, ".."))}-${fingerprintOf(dataDir)}`);
  const directory = canReach ? dataDir : home;
  makeDirectory(directory, 0o755);
  return {
    directory,
    sockets: await socketDirectory(directory, user),
    binaries: canRun
      ? packaged
      : await copyBinaries(packaged, join(ELSEWHERE, `programs-${fingerprintOf(packaged.initdb)}`)),
    ...(!canReach && {
      note: `PostgreSQL cannot run as root, and its user cannot reach ${dataDir}: its files are in ${home}.`,
    }),
  };
}

const fingerprintOf = (path: string) => createHash("sha256").update(path).digest("hex").slice(0, 10);

/** A Unix socket's path has a limit of about 100 characters, which a deep data directory exceeds. */
async function socketDirectory(preferred: string, user: RunAs): Promise<string> {
  const inPlace = join(preferred, "run");
  const directory = inPlace.length <= 80 ? inPlace : join("/tmp", `tessera-${fingerprintOf(preferred)}`);
  makeDirectory(directory, 0o700);
  await chmod(directory, 0o700);
  await changeOwner(user, directory);
  return directory;
}

async function initialise(server: Server, { isSynced }: { isSynced: boolean }): Promise<void> {
  const installed = await readFile(join(server.data, "PG_VERSION"), "utf8").catch(() => undefined);
  if (installed !== undefined) {
    const { stdout } = await asUser(server, server.binaries.postgres, ["--version"]);
    const major = stdout.match(/(\d+)/)?.[1];
    if (major && installed.trim() !== major) {
      throw new SetupError(
        `${server.data} was made by PostgreSQL ${installed.trim()}, but this is ${major}. Move it away, or set DATABASE_URL.`,
      );
    }
    return;
  }
  // Created under a temporary name and renamed: a killed process leaves no half-made cluster behind.
  const unfinished = `${server.data}.${process.pid}`;
  await mkdir(unfinished, { mode: 0o700 });
  await changeOwner(server.user, unfinished);
  await asUser(server, server.binaries.initdb, [
    `--pgdata=${unfinished}`,
    "--username=tessera",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    ...(isSynced ? [] : ["--no-sync"]),
  ]).catch(async (cause: Error & { stderr?: string }) => {
    await rm(unfinished, { recursive: true, force: true });
    const reason = (cause.stderr || cause.message).trim();
    throw new SetupError(`The embedded PostgreSQL could not create its files in ${server.data}:\n${reason}`, { cause });
  });
  await appendFile(join(unfinished, "postgresql.conf"), "\ninclude 'tessera.conf'\n");
  await rename(unfinished, server.data).catch(async (error) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await readFile(join(server.data, "PG_VERSION")).catch(() => undefined))) throw error;
  });
}

async function configure(server: Server, settings: Record<string, string>): Promise<void> {
  const lines = Object.entries({
    listen_addresses: "''",
    unix_socket_permissions: "0700",
    max_connections: "100",
    ...settings,
  }).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(join(server.data, "tessera.conf"), lines.join(""), { mode: 0o644 });
}

async function isRunning(server: Server): Promise<boolean> {
  return asUser(server, server.binaries.pg_ctl, ["status", "-D", server.data]).then(
    () => true,
    () => false,
  );
}

async function start(server: Server): Promise<void> {
  const log = join(server.data, "server.log");
  try {
    // pg_ctl starts the server in its own session, so that Ctrl-C in the terminal does not stop it before this process.
    await asUser(server, server.binaries.pg_ctl, ["start", "-D", server.data, "-l", log, "-w", "-t", "60"]);
  } catch (cause) {
    // If two processes start at once, the loser uses the winner's server.
    if (await isRunning(server)) return;
    const tail = (await readFile(log, "utf8").catch(() => "")).trimEnd().split("\n").slice(-5).join("\n");
    throw new SetupError(`The embedded PostgreSQL did not start. The end of ${log}:\n${tail}`, { cause });
  }
}

async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
    if (!rowCount) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    const DUPLICATE_DATABASE = "42P04";
    if ((error as { code?: string }).code !== DUPLICATE_DATABASE) throw error;
  } finally {
    await client.end();
  }
}

/** Whether other clients stay connected: the server notices a closed connection only a moment later. */
async function hasOtherConnections(adminUrl: string): Promise<boolean> {
  for (let attempts = 1; await isAnybodyConnected(adminUrl); attempts += 1) {
    if (attempts === LOOKS_AT_CONNECTIONS) return true;
    await delay(POLL_EVERY_MS);
  }
  return false;
}

async function isAnybodyConnected(adminUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: adminUrl });
  try {
    await client.connect();
    const { rowCount } = await client.query(
      "select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    );
    return (rowCount ?? 0) > 0;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function asUser({ user }: { user: RunAs }, command: string, args: string[]) {
  return run(command, args, { ...user, cwd: "/", env: { PATH: process.env["PATH"], LC_ALL: "C" } });
}

async function changeOwner(user: RunAs, path: string): Promise<void> {
  if (user.uid !== undefined && user.gid !== undefined) await chown(path, user.uid, user.gid);
}
