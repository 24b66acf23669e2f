import { setTimeout as delay } from "node:timers/promises";

/**
 * Answers leave on a grid of this many milliseconds after the request came in, so that how long one took does not tell
 * whether a customer id exists. It hides differences smaller than itself.
 */
export const ANSWER_GRID_MS = 250;

/** Waits for the next point of the grid. */
export async function untilNextTick(startedAt: number, gridMs: number): Promise<void> {
  const elapsed = performance.now() - startedAt;
  await delay(Math.ceil(elapsed / gridMs) * gridMs - elapsed);
}
