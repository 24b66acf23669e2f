/**
 * Answers leave on a grid of this many milliseconds after the request came in, so that how long one took does not tell
 * whether a customer id exists. It hides differences smaller than itself.
 */
export const ANSWER_GRID_MS = 250;

/** Waits for the next point of the grid, of which the first is `gridMs` after `startedAt` (by `performance.now()`). */
export async function untilNextTick(startedAt: number, gridMs: number): Promise<void> {
  const elapsed = performance.now() - startedAt;
  const ticks = Math.max(1, Math.ceil(elapsed / gridMs));
  await new Promise((resolve) => setTimeout(resolve, ticks * gridMs - elapsed));
}
