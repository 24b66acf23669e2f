import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Context } from "../../src/graphql/context.ts";
import { makeDocumentSenders } from "../../src/graphql/document-sender.ts";
import { type EventStreamOptions, makeEventStreams } from "../../src/graphql/event-streams.ts";
import { makeOperations } from "../../src/graphql/operations.ts";
import { makeOpenCounts } from "../../src/graphql/socket-limits.ts";
import { makeDocumentGate } from "../../src/graphql/trusted-documents.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";

/** Streams alone, on a schema of their own: their limits, and the treatment of peers that do not read. */

const LARGE = "x".repeat(256 * 1024);
let released: PromiseWithResolvers<number>;
let fastify: FastifyInstance;
let captured: CapturedLog;
let port: number;
/** The server's end of the newest connection. */
let connection: Socket;

/** Sends large texts one after the other; `released` resolves with their number when the subscription ends. */
async function* largeTexts() {
  let sent = 0;
  try {
    for (; ; sent += 1) {
      yield { large: LARGE };
      await new Promise(setImmediate);
    }
  } finally {
    released.resolve(sent);
  }
}
/** Sends them until the server's buffer is over the limit, and then none. */
async function* heldTexts() {
  while (connection.writableLength <= 64 * 1024) {
    yield { held: LARGE };
    await new Promise(setImmediate);
  }
  await released.promise;
}
async function* one() {
  yield { one: 1 };
  await released.promise;
}
const schema = makeExecutableSchema({
  typeDefs: "type Query { x: Int } type Subscription { large: String! held: String! one: Int! }",
  resolvers: {
    Subscription: { large: { subscribe: largeTexts }, held: { subscribe: heldTexts }, one: { subscribe: one } },
  },
});

async function serve(more: Partial<EventStreamOptions> = {}): Promise<void> {
  const streams = makeEventStreams({
    operations: makeOperations({
      documents: makeDocumentGate(new Map(), { only: false }),
      senders: makeDocumentSenders({ public: schema, router: schema }),
      log: captured.log,
    }),
    endings: { watch: () => () => {} },
    auditUse: async () => {},
    open: makeOpenCounts({ perSession: 2, perBlock: 2, inAll: 3 }),
    log: captured.log,
    blockOf: ({ headers }) => String(headers["x-block"]),
    makeContext: async ({ headers, id }) =>
      ({
        requestId: id,
        isRouter: headers["x-router"] === "yes",
        viewer: { kind: "anonymous" },
        charge: () => null,
      }) as unknown as Context,
    ...more,
  });
  fastify = Fastify();
  fastify.get("/graphql/stream", streams.answer);
  await fastify.listen({ port: 0, host: "127.0.0.1" });
  ({ port } = fastify.server.address() as AddressInfo);
  fastify.server.on("connection", (accepted) => {
    connection = accepted;
  });
}

beforeEach(async () => {
  released = Promise.withResolvers();
  captured = await captureLog();
});
afterEach(() => {
  fastify.server.closeAllConnections();
  return fastify.close();
});

/** Opens a stream and reads nothing of it. */
function ask(field: string, headers: Record<string, string> = {}): Socket {
  const socket = connectTcp(port, "127.0.0.1").on("error", () => {});
  socket.pause();
  const lines = Object.entries({ host: "h", accept: "text/event-stream", ...headers }).map(([k, v]) => `${k}: ${v}`);
  const query = encodeURIComponent(`subscription { ${field} }`);
  socket.write(`GET /graphql/stream?query=${query} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  return socket;
}

test("a peer that does not read is cut off when more than a megabyte waits for it", async () => {
  await serve();
  const socket = ask("large");
  // The buffers at both ends differ between systems; the gateway's limit is a megabyte more.
  expect(await released.promise).toBeLessThan(200);
  expect(captured.text()).toContain("too much waits to be sent");
  socket.destroy();
});

test("a peer that has taken nothing for a while is cut off", async () => {
  await serve({ stalledMs: 50 }); // time is the subject
  const socket = ask("held");
  await once(fastify.server, "connection");
  await once(connection, "close");
  expect(captured.text()).toContain("it reads nothing");
  released.resolve(0);
  socket.destroy();
});

test("streams are limited by address and in all, and a router's streams count for no address", async () => {
  await serve();
  const statusOf = async (block: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}/graphql/stream?query=subscription{one}`, {
      headers: { accept: "text/event-stream", "x-block": block, ...headers },
    });
    return response.status;
  };
  expect([await statusOf("a"), await statusOf("a"), await statusOf("a")]).toEqual([200, 200, 429]);
  expect(await statusOf("a", { "x-router": "yes" })).toBe(200);
  expect(await statusOf("b")).toBe(503);
  released.resolve(0);
});
