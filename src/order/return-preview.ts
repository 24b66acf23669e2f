import type { WalletKind } from "../domain/generated/words.ts";
import type { AggregateLine, AggregateUnit, OrderAggregate } from "./order-aggregate.ts";

/** The points that one wallet would get back. */
export interface PointsReturn {
  payWith: WalletKind;
  groupId: string | null;
  points: number;
  lineIds: string[];
  /** True if Capillary has to revoke the rewards first, which it may refuse. */
  mayBeRefused: boolean;
}

export interface ReturnPreview {
  total: number;
  returns: PointsReturn[];
  /** Whether a second person has to approve; undefined means no. */
  needsApproval?: boolean;
}

/** Computes the points, by wallet, that a cancellation or reversal of these units would return. */
export function previewReturn(order: Pick<OrderAggregate, "lines">, unitIds: readonly string[]): ReturnPreview {
  const returns: PointsReturn[] = [];
  for (const line of order.lines) {
    for (const unit of line.units.filter(({ id }) => unitIds.includes(id))) {
      const mayBeRefused = isIssued(unit);
      // Capillary charges on issue, so a unit that was never issued cost no points there.
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

/** True if Capillary issued the unit: then only Capillary can revoke it. */
export const isIssued = ({ state, issue }: AggregateUnit) => state === "FULFILLED" && issue !== null;
