import type { FastifyInstance } from "fastify";
import { databaseFailure, failureDescriptions } from "../platform/database-failure.ts";

export interface Health {
  isStopping: boolean;
}

export const makeHealth = (): Health => ({ isStopping: false });

const READY_WITHIN_MS = 2_000;

/** @returns the reason why the gateway cannot work; null if it can. @throws the database's error */
export type CheckReady = () => Promise<string | null>;

/**
 * `/healthz`: the process is alive. `/readyz`: it can take requests, or the reason why not. A failing upstream does not
 * make the gateway unready, because all other requests still work.
 */
export function mountHealth(fastify: FastifyInstance, health: Health, checkReady: CheckReady): void {
  fastify.get("/healthz", async () => ({ status: "ok" }));
  fastify.get("/readyz", async (_, reply) => {
    if (health.isStopping) return reply.code(503).send({ status: "stopping" });
    const problem = await Promise.race([checkReady(), rejectAfter(READY_WITHIN_MS)]).catch(
      (error: unknown) => failureDescriptions[databaseFailure(error) ?? "unreachable"],
    );
    return problem === null ? { status: "ready" } : reply.code(503).send({ status: problem });
  });
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms).unref());
}
