import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";

/** An empty database of the run's server, reached over TCP: another user may not use the server's socket. */
export async function openTcpDatabase(): Promise<{ url: string } & AsyncDisposable> {
  const template = new URL(inject("templateUrl"));
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const admin = new URL(template);
  admin.pathname = "/postgres";
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const socketPath = join(template.searchParams.get("host") ?? "", `.s.PGSQL.${template.port}`);
  const server = createServer((socket) => {
    const upstream = connect(socketPath);
    socket.pipe(upstream).pipe(socket);
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `postgresql://${template.username}@127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}
