import { DriverAdapterError } from "@prisma/driver-adapter-utils";
import { expect, test } from "vitest";
import { databaseFailure } from "../../src/platform/database-failure.ts";
import { Prisma } from "../../src/platform/db.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";

const coded = (code: string, facts: object = {}) => Object.assign(new Error(code), { code, ...facts });
const prisma = (code: string, cause?: object) =>
  new Prisma.PrismaClientKnownRequestError("failed", {
    code,
    clientVersion: "7",
    meta: { driverAdapterError: { cause } },
  });
const postgres = (code: string) => ({ kind: "postgres", originalCode: code, code }) as never;

test.each<[string, unknown, string | null]>([
  ["pg: the server stops", coded("57P01"), "unreachable"],
  ["pg: the server starts", coded("57P03"), "starting"],
  ["pg: no connection is left", coded("53300"), "overloaded"],
  ["pg: a connection was cut", new Error("Connection terminated unexpectedly"), "unreachable"],
  ["pg: the pool is exhausted", new Error("timeout exceeded when trying to connect"), "busy"],
  ["pg: no socket file", coded("ENOENT", { syscall: "connect" }), "unreachable"],
  ["every address refuses", new AggregateError([coded("ECONNREFUSED")], ""), "unreachable"],
  ["Prisma: a standby", prisma("P2010", postgres("25006")), "read-only"],
  ["Prisma: a lock in vain", prisma("P2010", postgres("55P03")), "busy"],
  ["Prisma: no server listens", prisma("P1001", { kind: "DatabaseNotReachable" }), "unreachable"],
  ["Prisma: no free connection for a transaction", prisma("P2028"), "busy"],
  ["its adapter alone: cut", new DriverAdapterError({ kind: "ConnectionClosed" }), "unreachable"],
  ["its adapter alone: the server stops", new DriverAdapterError(postgres("57P01")), "unreachable"],
  ["a constraint", prisma("P2002", { kind: "UniqueConstraintViolation", originalCode: "23505" }), null],
  ["a missing file", coded("ENOENT", { syscall: "open" }), null],
  ["a fault of ours", new TypeError("x is undefined"), null],
  ["no error", "text", null],
  [
    "an upstream that refuses connections",
    new UpstreamError({ service: "s", operation: "o", outcome: "transient" }, "m", { cause: coded("ECONNREFUSED") }),
    null,
  ],
])("%s", (_, error, trouble) => {
  expect(databaseFailure(error)).toBe(trouble);
});
