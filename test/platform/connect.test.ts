import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import pg from "pg";
import { afterEach, describe, expect, inject, test } from "vitest";
import { migrate } from "../../src/platform/migrate.ts";
import { connect } from "../../src/platform/postgres/connect.ts";
import { SetupError } from "../../src/platform/setup-error.ts";
import { freePort } from "../support/free-port.ts";
import { cloneDatabase } from "../support/gateway.ts";

/** The message of a failed connection; it names the setting and never the password. */
async function problemOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(SetupError);
  const { message } = error as SetupError;
  expect(message).toMatch(/^DATABASE_URL: /);
  expect(message).not.toContain("hunter2");
  return message;
}

const servers: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
/** A server that answers each connection after its first data. */
async function serverThat(speaks: (socket: Socket, said: Buffer) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("data", (said) => speaks(socket, said)).on("error", () => {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push({
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A message of PostgreSQL's protocol. */
function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : part)));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}
const int16 = (...values: number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
const int32 = (value: number) => Buffer.concat([int16(value >> 16), int16(value & 65_535)]);
const ready = message("Z", Buffer.from("I"));

describe("the error for a DATABASE_URL without a usable database says what to do", () => {
  test("without a listener", async () => {
    const port = await freePort();
    expect(await problemOf(connect(`postgresql://me:hunter2@127.0.0.1:${port}/shop`))).toContain(
      `nothing listens at 127.0.0.1:${port}. Start PostgreSQL there`,
    );
  });

  test("with an unknown host", async () => {
    expect(await problemOf(connect("postgresql://me:hunter2@nowhere.invalid/shop"))).toContain(
      "the host nowhere.invalid is not known",
    );
  });

  test("with another kind of server", async () => {
    const address = await serverThat((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await problemOf(connect(`postgresql://me:hunter2@${address}/shop`))).toContain(
      `${address} does not answer as a PostgreSQL server does`,
    );
  });

  test("with a wrong password", async () => {
    const refusal = message("E", "SFATAL", "C28P01", "Mpassword authentication failed", Buffer.from([0]));
    const address = await serverThat((socket) => socket.end(refusal));
    expect(await problemOf(connect(`postgresql://me:hunter2@${address}/shop`))).toContain(
      `${address} refused the password of user "me". Correct the user and password`,
    );
  });

  test("with a server that is too old", async () => {
    const startUp = Buffer.concat([message("R", int32(0)), ready]);
    const column = (name: string) => [name, int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)];
    const versions = ["140009", "14.9"].flatMap((text) => [int32(text.length), Buffer.from(text)]);
    const answer = Buffer.concat([
      message("T", int16(2), ...column("number"), ...column("version")),
      message("D", int16(2), ...versions),
      message("C", "SELECT 1"),
      ready,
    ]);
    const address = await serverThat((socket, said) => socket.write(said[0] === "Q".charCodeAt(0) ? answer : startUp));
    expect(await problemOf(connect(`postgresql://me:hunter2@${address}/shop`))).toContain(
      `the server at ${address} is PostgreSQL 14.9, and Tessera needs 15 or newer`,
    );
  });

  test("with a missing database", async () => {
    const url = new URL(inject("templateUrl"));
    url.pathname = "/no_such_database";
    expect(await problemOf(connect(url.href))).toContain('has no database "no_such_database". Create it');
  });

  test("with an unreadable certificate", async () => {
    const url = "postgresql://me:hunter2@127.0.0.1/shop?sslrootcert=/no/such.pem";
    expect(await problemOf(connect(url))).toContain("the file /no/such.pem cannot be read (ENOENT)");
  });

  test.each([
    ["may not create tables", [], "may not create tables in database"],
    [
      "may only read",
      ["alter database $database owner to $role", "alter role $role set default_transaction_read_only = on"],
      "is read-only",
    ],
  ])("if the user %s", async (_, grants, problem) => {
    const url = new URL(await cloneDatabase());
    const [database, role] = [url.pathname.slice(1), `role_${randomUUID().slice(0, 8)}`];
    const owner = new pg.Client({ connectionString: url.href });
    await owner.connect();
    await owner.query(`create role ${role} login; drop table _prisma_migrations`);
    for (const grant of grants) await owner.query(grant.replace("$database", database).replaceAll("$role", role));
    await owner.end();
    url.username = role;
    expect(await problemOf(migrate(url.href))).toMatch(new RegExp(`(user "${role}" )?${problem}`));
  });
});

test("a usable database accepts the connection", async () => {
  const client = await connect(inject("templateUrl"));
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await client.end();
});
