import type { Tx } from "../platform/db.ts";
import type { RewardAward } from "../platform/generated/prisma/client.ts";
import type { Explanation } from "../rules/index.ts";

export type { RewardAward };

/** The decision of a rule about a line of a message. */
export interface LineOutcome {
  readonly line: number;
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly outcome: "AWARD" | "SKIP";
  readonly reason: string | null;
  readonly explanation: Explanation;
  readonly awards: readonly RewardAward[];
}

/** Sorted by line; within a line, decisions with awards come first. */
export async function readOutcomes(tx: Tx, messageId: string): Promise<LineOutcome[]> {
  const rows = await tx.rewardDecision.findMany({
    where: { messageId },
    include: { awards: { orderBy: { effectKey: "asc" } } },
    orderBy: [{ line: "asc" }, { outcome: "asc" }, { ruleId: "asc" }],
  });
  return rows.map(({ explanation, ...row }) => ({ ...row, explanation: explanation as unknown as Explanation }));
}
