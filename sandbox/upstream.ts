import type { FastifyInstance } from "fastify";
import type { CallLog } from "./calls.ts";
import { type Delivery, deliver } from "./delivery.ts";
import { Failure } from "./failure.ts";
import type { Faults } from "./faults.ts";
import type { Operation } from "./operation.ts";
import type { Pauses } from "./pauses.ts";
import { playFault } from "./play-fault.ts";

type JsonAnswer = Extract<Delivery, { kind: "json" }>;

/** A simulated upstream: its operations, and the wire form of everything that is not a yes. */
export interface Upstream {
  name: string;
  operations: readonly Operation[];
  answerTo(failure: Failure): JsonAnswer;
}

/** Puts an upstream's operations on the server, each call logged and open to faults. */
export function serveUpstream(
  app: FastifyInstance,
  upstream: Upstream,
  { faults, calls, pauses }: { faults: Faults; calls: CallLog; pauses: Pauses },
): void {
  for (const { name, method, path, perform } of upstream.operations) {
    app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const { headers, query, body } = request;
        const fault = faults.take(upstream.name, name);
        const finish = calls.receive({
          upstream: upstream.name,
          operation: name,
          method,
          path: request.url.replace(/\?.*/, ""),
          query,
          body: loggable(body),
          ...(fault && { fault: fault.fault }),
        });
        const effect = () => answer(upstream, () => perform({ headers, query, body }));
        const delivery = fault ? await playFault(fault, upstream, effect, pauses) : await effect();
        finish(deliver(reply, delivery));
        return reply;
      },
    });
  }
}

async function answer(upstream: Upstream, perform: () => Promise<unknown>): Promise<JsonAnswer> {
  try {
    return { kind: "json", status: 200, body: await perform() };
  } catch (error) {
    if (error instanceof Failure) return upstream.answerTo(error);
    return { kind: "json", status: 500, body: { message: `The sandbox itself failed: ${error}` } };
  }
}

/** Text that is not JSON is left out: masking an OTP in it would be guesswork. */
function loggable(body: unknown): unknown {
  if (typeof body !== "string") return null;
  try {
    return JSON.parse(body);
  } catch {
    return "(not JSON)";
  }
}
