import type { WalletKind } from "../domain/generated/words.ts";
import type { AggregateLine, AggregateUnit, OrderAggregate } from "./order-aggregate.ts";

/** What would come back to one wallet. */
export interface PointsReturn {
  payWith: WalletKind;
  groupId: string | null;
  points: number;
  lineIds: string[];
  /** Capillary has to take the rewards back first, and may refuse. */
  mayBeRefused: boolean;
}

export interface ReturnPreview {
  total: number;
  returns: PointsReturn[];
  /** Whether a second operator has to approve it; undefined is no. */
  needsApproval?: boolean;
}

/** What would come back, and to whom, if these units were cancelled or taken back. */
export function previewReturn(order: Pick<OrderAggregate, "lines">, unitIds: readonly string[]): ReturnPreview {
  const returns: PointsReturn[] = [];
  for (const line of order.lines) {
    for (const unit of line.units.filter(({ id }) => unitIds.includes(id))) {
      const mayBeRefused = isIssued(unit);
      // What Capillary was never asked for took nothing of what it keeps.
      if (unit.issue && unit.issue.points > 0 && !mayBeRefused) continue;
      add(line, mayBeRefused);
    }
  }
  return { total: returns.reduce((sum, { points }) => sum + points, 0), returns };

  function add({ id, payWith, groupId, unitPoints }: AggregateLine, mayBeRefused: boolean): void {
    if (unitPoints === 0) return;
    const known = returns.find(
      (other) => other.payWith === payWith && other.groupId === groupId && other.mayBeRefused === mayBeRefused,
    );
    const wallet = known ?? { payWith, groupId, points: 0, lineIds: [], mayBeRefused };
    if (!known) returns.push(wallet);
    wallet.points += unitPoints;
    if (!wallet.lineIds.includes(id)) wallet.lineIds.push(id);
  }
}

/** Given by Capillary, which alone can take it back. */
export const isIssued = ({ state, issue }: AggregateUnit) => state === "FULFILLED" && issue !== null;
