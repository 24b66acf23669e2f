import { once } from "node:events";
import WebSocket, { type ClientOptions } from "ws";

export interface Message {
  type: string;
  id?: string;
  payload?: unknown;
}

/** A websocket without the checks of a client library. */
export interface RawSocket {
  ws: WebSocket;
  /** A message of the protocol, or an invalid one. */
  send(message: Message | string | Buffer): void;
  /** The next message that was not read yet, past or future; rejects once the socket is closed. */
  next(): Promise<Message>;
  closed: Promise<{ code: number; reason: string }>;
}

export interface RawSocketOptions extends ClientOptions {
  protocol?: string | undefined;
  path?: string;
}

const wsUrl = (httpUrl: string, path: string) => httpUrl.replace("http", "ws") + path;

/** Opens a websocket at a gateway's HTTP URL, and sends no message. */
export async function openSocket(httpUrl: string, options: RawSocketOptions = {}): Promise<RawSocket> {
  const { protocol = "graphql-transport-ws", path = "/graphql", ...rest } = options;
  const ws = new WebSocket(wsUrl(httpUrl, path), protocol === "" ? [] : protocol, rest);
  const arrived: Message[] = [];
  const waiting: { resolve(message: Message): void; reject(error: Error): void }[] = [];
  let over: Error | undefined;

  ws.on("message", (data) => {
    const message = JSON.parse(String(data)) as Message;
    const first = waiting.shift();
    if (first) first.resolve(message);
    else arrived.push(message);
  });
  ws.on("error", () => {}); // the close event has the details
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on("close", (code, reason) => {
      over = new Error(`the socket was closed: ${code} ${reason}`);
      for (const each of waiting) each.reject(over);
      resolve({ code, reason: String(reason) });
    });
  });
  await once(ws, "open");
  return {
    ws,
    closed,
    send: (message) =>
      ws.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    next: () =>
      new Promise((resolve, reject) => {
        const message = arrived.shift();
        if (message) resolve(message);
        else if (over) reject(over);
        else waiting.push({ resolve, reject });
      }),
  };
}

/** Opens a websocket and initialises the connection; resolves after the server's acknowledgement. */
export async function connect(
  httpUrl: string,
  { payload, ...options }: RawSocketOptions & { payload?: unknown } = {},
): Promise<RawSocket> {
  const socket = await openSocket(httpUrl, options);
  socket.send({ type: "connection_init", ...(payload !== undefined && { payload }) });
  const answer = await socket.next();
  if (answer.type !== "connection_ack") throw new Error(`not agreed: ${JSON.stringify(answer)}`);
  return socket;
}

/** The HTTP status with which an upgrade is refused. */
export async function refusedUpgrade(httpUrl: string, options: RawSocketOptions = {}): Promise<number> {
  const { protocol = "graphql-transport-ws", path = "/graphql", ...rest } = options;
  const ws = new WebSocket(wsUrl(httpUrl, path), protocol, rest);
  ws.on("error", () => {});
  return new Promise((resolve, reject) => {
    ws.on("unexpected-response", (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    ws.on("open", () => {
      ws.terminate();
      reject(new Error("the upgrade was not refused"));
    });
  });
}
