import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** Peers that send slowly or nothing, or open too many connections. Time is the subject of these tests. */
const limits = { most: 12, headersMs: 200, requestMs: 400, checkEveryMs: 25 };
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, { pace: { connections: limits } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const open = async (): Promise<Socket> => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname).on("error", () => {});
  await once(socket, "connect");
  return socket;
};
/** The gateway's whole answer until it ends the connection. */
async function answerTo(sent: string): Promise<string> {
  const socket = await open();
  socket.write(sent);
  let answer = "";
  socket.on("data", (data) => {
    answer += data;
  });
  await once(socket, "close");
  return answer;
}

describe("a connection", () => {
  test.each<[what: string, sent: string]>([
    ["that sends no data", ""],
    ["with an unfinished header", "POST /graphql HTTP/1.1\r\nhost: h\r\nx-slow: "],
    [
      "whose body does not come",
      "POST /graphql HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    ],
  ])("%s is ended", async (_, sent) => {
    expect(await answerTo(sent)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("is refused at the limit of connections, and a closed one makes room", async () => {
    const sockets: Socket[] = [];
    const dropped = Promise.withResolvers<void>();
    for (let n = 0; n <= limits.most; n += 1) {
      const socket = await open();
      sockets.push(socket.once("close", dropped.resolve));
      socket.write("GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n"); // so that the gateway does not close it as idle
    }
    await dropped.promise;
    for (const socket of sockets) socket.destroy();
    await gateway.until(async () => (await fetch(`${gateway.url}/healthz`).catch(() => null))?.status === 200);
  });
});
