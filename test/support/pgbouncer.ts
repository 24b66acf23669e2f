import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chooseUser } from "../../src/platform/postgres/binaries.ts";
import { makeFastDirectory } from "./fast-directory.ts";
import { freePort } from "./free-port.ts";

export interface TestPgBouncer extends AsyncDisposable {
  /** The URL of the same database through the pooler. */
  url: string;
}

/** A PgBouncer in front of a database of this machine. */
export async function startPgBouncer(databaseUrl: string, poolMode: "session" | "transaction"): Promise<TestPgBouncer> {
  const target = new URL(databaseUrl);
  const [directory, port, user] = await Promise.all([makeFastDirectory(), freePort(), chooseUser()]);
  const file = join(directory, "pgbouncer.ini");
  const database = target.pathname.slice(1);
  await writeFile(
    file,
    `[databases]
${database} = host=${target.searchParams.get("host")} port=${target.port} user=${target.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${poolMode}
default_pool_size = 20
max_client_conn = 200
`,
  );
  if (user.uid !== undefined && user.gid !== undefined) await chown(directory, user.uid, user.gid);
  const server: ChildProcess = spawn("pgbouncer", [file], { ...user, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(server, "exit");
  let said = "";
  for await (const chunk of server.stderr ?? []) {
    said += String(chunk);
    if (said.includes("process up")) break;
  }
  server.stderr?.on("data", () => {}).resume(); // its log would fill the pipe otherwise
  if (server.exitCode !== null) throw new Error(`PgBouncer did not start: ${said}`);
  return {
    url: `postgresql://${target.username}@127.0.0.1:${port}/${database}`,
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
