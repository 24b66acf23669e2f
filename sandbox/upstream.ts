import { once } from "node:events";
import type { FastifyInstance } from "fastify";
import type { CallLog } from "./calls.ts";
import { type Delivery, deliver } from "./delivery.ts";
import { Failure } from "./failure.ts";
import type { Faults } from "./faults.ts";
import type { Operation, Received } from "./operation.ts";
import type { Pauses } from "./pauses.ts";
import { playFault } from "./play-fault.ts";

type JsonAnswer = Extract<Delivery, { kind: "json" }>;

/**
 * A simulated upstream: its operations, and the wire format of its failures. An upstream whose parts have different
 * formats is several of these under one name.
 */
export interface Upstream {
  name: string;
  operations: readonly Operation[];
  answerTo(failure: Failure): JsonAnswer;
}

/** Adds an upstream's operations to the server, each call logged and subject to faults. */
export function serveUpstream(
  app: FastifyInstance,
  upstream: Upstream,
  { faults, calls, pauses }: { faults: Faults; calls: CallLog; pauses: Pauses },
): void {
  for (const operation of upstream.operations) {
    const { name, method, path } = operation;
    app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const { headers, params, query, body } = request;
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
        const { perform, release } = claimed(operation, { headers, params, query, body });
        try {
          const effect = () => answer(upstream, perform);
          const { socket } = request.raw;
          const hungUp = async () => void (socket.destroyed || (await once(socket, "close")));
          const delivery = fault
            ? await playFault(fault, upstream, effect, {
                pauses,
                faults,
                hungUp,
                hangUp: () => socket.resetAndDestroy(),
              })
            : await effect();
          finish(deliver(reply, delivery));
          return reply;
        } finally {
          release();
        }
      },
    });
  }
}

/** The operation names of each upstream. */
export function operationsByUpstream(upstreams: readonly Upstream[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, operations } of upstreams) {
    names.set(name, [...(names.get(name) ?? []), ...operations.map((each) => each.name)]);
  }
  return names;
}

/** The work of one call with its reservation; or, if the resource is held, the refusal. */
function claimed({ perform, claim }: Operation, received: Received) {
  try {
    const release = claim?.(received) ?? (() => {});
    return { perform: () => perform(received), release };
  } catch (error) {
    return { perform: () => Promise.reject(error), release: () => {} };
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

/** Text that is not JSON is left out, because an OTP in it could not be masked reliably. */
function loggable(body: unknown): unknown {
  if (typeof body !== "string") return null;
  try {
    return JSON.parse(body);
  } catch {
    return "(not JSON)";
  }
}
