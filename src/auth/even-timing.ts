/**
 * Answers are sent at multiples of this many milliseconds after the request, so that response times do not reveal
 * whether a customer id exists. The grid hides differences smaller than its step.
 */
export const ANSWER_GRID_MS = 250;

/** Waits for the next point of the grid, which starts `gridMs` after `startedAt` (by `performance.now()`). */
export async function untilNextTick(startedAt: number, gridMs: number): Promise<void> {
  const elapsed = performance.now() - startedAt;
  const ticks = Math.max(1, Math.ceil(elapsed / gridMs));
  await new Promise((resolve) => setTimeout(resolve, ticks * gridMs - elapsed));
}
