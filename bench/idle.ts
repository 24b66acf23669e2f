import { setTimeout as delay } from "node:timers/promises";
import type { World } from "./world.ts";

export interface IdleCost {
  statementsPerSecond: number;
  /** CPU, milliseconds a second. */
  gatewayCpuMs: number;
  postgresCpuMs: number;
}

const SETTLES_MS = 8_000;

/**
 * Measures an idle gateway with an empty queue, over a span that includes each of its periodic tasks under a minute.
 */
export async function measureIdle({ gateway, database }: World, seconds = 60): Promise<IdleCost> {
  await delay(SETTLES_MS);
  const [before, cpuBefore] = [await database.look(), gateway.cpuSeconds()];
  await delay(seconds * 1_000);
  const [after, cpuAfter] = [await database.look(), gateway.cpuSeconds()];
  return {
    statementsPerSecond: (after.statements - before.statements) / seconds,
    gatewayCpuMs: ((cpuAfter - cpuBefore) * 1_000) / seconds,
    postgresCpuMs: (after.cpuMs - before.cpuMs) / seconds,
  };
}
