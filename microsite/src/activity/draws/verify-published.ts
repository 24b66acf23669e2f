import "./no-generated-code.ts"; // before what it is about
import { type DrawVerdict, type Known, verifying } from "../../../../src/draws/verify-draw.ts";

/** How long the page may stand still at a time. */
const SLICE_MS = 12;

/**
 * Reads a draw as it is published and recomputes all of it, by the gateway's own code.
 *
 * @param draw.closedAt null while the draw is open
 * @param receipts of tickets, which must be in the file
 * @throws Error if the file cannot be read
 */
export async function verifyPublished(
  draw: { published: string; openingHash: string; closedAt: string | null },
  receipts: NonNullable<Known["receipts"]> = [],
): Promise<DrawVerdict> {
  const { published, openingHash, closedAt } = draw;
  const response = await fetch(published, { cache: "no-store" });
  if (!response.ok) throw new Error(`${published} answered ${response.status}`);
  const file = new Uint8Array(await response.arrayBuffer());
  return inSlices(verifying(file, { openingHash, receipts, isOpen: closedAt === null }));
}

/** Thousands of tickets take a second: the page goes on in between. */
async function inSlices<Result>(steps: Generator<void, Result, void>): Promise<Result> {
  for (;;) {
    const until = performance.now() + SLICE_MS;
    do {
      const { done, value } = steps.next();
      if (done) return value;
    } while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
