import type { DrawVerdict } from "./verify-draw.ts";

const MAX_PROBLEMS = 20;

/** A verdict as text, and as an exit code for scripts: 0 for a valid draw, 1 for an invalid one. */
export function verdictWords(verdict: DrawVerdict): { text: string; exitCode: 0 | 1 } {
  if (!verdict.ok) {
    const { problems } = verdict;
    const shown = problems.slice(0, MAX_PROBLEMS).map(({ line, message }) => `  line ${line}: ${message}`);
    const more = problems.length - shown.length;
    const heading = `NOT VERIFIED: ${problems.length} problem${problems.length === 1 ? "" : "s"}`;
    return { text: [heading, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n"), exitCode: 1 };
  }
  const { campaignId, tickets, given, openingHash, lastHash } = verdict;
  const prizes = Object.entries(given).map(([prize, count]) => `  ${count} × ${prize}`);
  return {
    text: [
      `VERIFIED: draw ${campaignId}, ${tickets} ticket${tickets === 1 ? "" : "s"}, every roll and prize recomputed`,
      ...prizes,
      `  opening hash ${openingHash}`,
      `  last hash    ${lastHash}`,
      "Compare the opening hash with the one announced, and your ticket's hash with your receipt.",
    ].join("\n"),
    exitCode: 0,
  };
}
