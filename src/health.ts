import type { FastifyInstance } from "fastify";

export interface Health {
  isStopping: boolean;
}

export const makeHealth = (): Health => ({ isStopping: false });

const READY_WITHIN_MS = 2_000;

/**
 * `/healthz`: the process is alive. `/readyz`: it can take requests. An upstream that is down does not make the gateway
 * unready, because everything that does not need it still works.
 */
export function mountHealth(fastify: FastifyInstance, health: Health, checkReady: () => Promise<void>): void {
  fastify.get("/healthz", async () => ({ status: "ok" }));
  fastify.get("/readyz", async (_, reply) => {
    if (health.isStopping) return reply.code(503).send({ status: "stopping" });
    try {
      await Promise.race([checkReady(), rejectAfter(READY_WITHIN_MS)]);
      return { status: "ready" };
    } catch {
      return reply.code(503).send({ status: "the database does not answer" });
    }
  });
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms).unref());
}
