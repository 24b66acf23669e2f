import { once } from "node:events";
import WebSocket from "ws";

/** A minimal websocket client for graphql-transport-ws. */
export interface GraphqlSocket {
  isOpen(): boolean;
  /** Subscribes, and resolves once the server completes the subscription. @throws if it ends in any other way */
  subscribe(query: string, variables: object, onEvent: (data: never) => void): Promise<void>;
  close(): Promise<void>;
}

/** @param token empty for a server without authentication */
export async function openSocket(url: string, token: string): Promise<GraphqlSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
    perMessageDeflate: false,
  });
  const open = new Map<string, { onEvent(data: never): void; end(problem?: unknown): void }>();
  const acknowledged = Promise.withResolvers<void>();
  let lastId = 0;
  socket.on("message", (raw) => {
    const { type, id, payload } = JSON.parse(String(raw));
    if (type === "next" && !payload.errors) open.get(id)?.onEvent(payload.data as never);
    else if (type === "next" || type === "error") open.get(id)?.end(new Error(JSON.stringify(payload)));
    else if (type === "complete") open.get(id)?.end();
    else if (type === "ping") socket.send('{"type":"pong"}');
    else if (type === "connection_ack") acknowledged.resolve();
  });
  socket.on("close", (code) => {
    const problem = new Error(`a socket was closed with ${code}`);
    acknowledged.reject(problem);
    for (const each of open.values()) each.end(problem);
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init", payload: token ? { authorization: `Bearer ${token}` } : {} }));
  await acknowledged.promise;
  return {
    isOpen: () => socket.readyState === WebSocket.OPEN,
    subscribe(query, variables, onEvent) {
      lastId += 1;
      const id = String(lastId);
      return new Promise((resolve, reject) => {
        const end = (problem?: unknown) => {
          open.delete(id);
          if (problem) reject(problem);
          else resolve();
        };
        open.set(id, { onEvent, end });
        socket.send(JSON.stringify({ type: "subscribe", id, payload: { query, variables } }));
      });
    },
    async close() {
      open.clear();
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}
