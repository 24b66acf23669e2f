import "./no-generated-code.ts"; // must precede the verifier
import { type DrawVerdict, type Known, verifying } from "../../../../src/draws/verify-draw.ts";

/** Longest time that a slice of the computation may block the page. */
const SLICE_MS = 12;

/**
 * Reads a published draw and recomputes it with the gateway's own code.
 *
 * @param draw.closedAt null while the draw is open
 * @param receipts receipts of tickets that the published file must contain
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

/** Runs the steps in slices: thousands of tickets take a second, and the page must stay responsive. */
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
