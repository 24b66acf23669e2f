import type { FastifyReply } from "fastify";
import type { Call } from "./calls.ts";

/** The output of the sandbox for one call. */
export type Delivery =
  | { kind: "json"; status: number; headers?: Record<string, string>; body: unknown }
  | { kind: "page"; status: number; html: string }
  /** A body announced with its full length but sent only by half. */
  | { kind: "cut"; body: unknown }
  | { kind: "drop" };

/** Sends it, unless the caller has disconnected; returns the end of the call. */
export function deliver(reply: FastifyReply, delivery: Delivery): Pick<Call, "status" | "outcome"> {
  const { socket } = reply.request.raw;
  if (socket.destroyed) {
    reply.hijack();
    return { status: null, outcome: "abandoned" };
  }
  switch (delivery.kind) {
    case "json":
      reply.code(delivery.status).headers(delivery.headers ?? {});
      reply.type("application/json; charset=utf-8").send(JSON.stringify(delivery.body));
      return { status: delivery.status, outcome: "answered" };
    case "page":
      reply.code(delivery.status).type("text/html; charset=utf-8").send(delivery.html);
      return { status: delivery.status, outcome: "answered" };
    case "cut": {
      const bytes = Buffer.from(JSON.stringify(delivery.body));
      reply.hijack();
      reply.raw.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": bytes.length });
      reply.raw.write(bytes.subarray(0, bytes.length / 2), () => socket.destroy());
      return { status: 200, outcome: "answered" };
    }
    case "drop":
      reply.hijack();
      socket.resetAndDestroy();
      return { status: null, outcome: "dropped" };
  }
}
