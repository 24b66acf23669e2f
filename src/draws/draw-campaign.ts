import { z } from "zod";
import { type FieldProblem, firstRepeated } from "../domain/field-problem.ts";
import { slug } from "../platform/slug.ts";
import { ROLLS } from "./roll.ts";
import { hex32 } from "./seed.ts";

const prizeFields = {
  id: slug,
  name: z.string().trim().min(1).max(120),
  /** The probability for a ticket, in parts per million. */
  oddsPpm: z.int().min(0).max(ROLLS),
  /** The number of prizes; null means unlimited. */
  stock: z.int().min(1).nullable(),
};
const prize = z.discriminatedUnion("kind", [
  z.strictObject({ ...prizeFields, kind: z.literal("points"), points: z.int().min(1).max(1_000_000_000) }),
  z.strictObject({ ...prizeFields, kind: z.literal("reward"), sku: z.string().min(1).max(120) }),
  z.strictObject({ ...prizeFields, kind: z.literal("none") }),
]);
export type Prize = z.infer<typeof prize>;

/** An announced draw. It is immutable after the first ticket. */
export const drawCampaign = z.strictObject({
  id: slug,
  name: z.string().trim().min(1).max(120),
  /** `commitOf` the seed. */
  seedCommit: z.string().regex(hex32, "is a SHA-256 in 64 small hex digits"),
  /** In the order in which their odds are laid out over the rolls. */
  prizes: z.array(prize).min(1).max(100),
  /** The prize of rolls that hit no other prize, and of hits on a prize that has run out; its stock is unlimited. */
  fallback: slug,
});
export type DrawCampaign = z.infer<typeof drawCampaign>;

/** Checks rules that involve several fields. */
export function checkDraw({ prizes, fallback }: DrawCampaign): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const twice = firstRepeated(prizes.map(({ id }) => id));
  if (twice !== undefined) problems.push({ field: ["prizes"], message: `prize ${twice} is listed twice` });
  const odds = prizes.reduce((sum, { oddsPpm }) => sum + oddsPpm, 0);
  if (odds > ROLLS)
    problems.push({ field: ["prizes"], message: `the odds add up to ${odds} parts per million, more than there are` });
  prizes.forEach(({ id, oddsPpm }, index) => {
    if (oddsPpm === 0 && id !== fallback)
      problems.push({ field: ["prizes", index, "oddsPpm"], message: `prize ${id} can never be won` });
  });
  const last = prizes.find(({ id }) => id === fallback);
  if (!last) problems.push({ field: ["fallback"], message: `the fallback ${fallback} is not among the prizes` });
  else if (last.stock !== null)
    problems.push({ field: ["fallback"], message: `the fallback ${fallback} may run out: its stock has to be null` });
  return problems;
}
