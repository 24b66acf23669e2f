import type { ReversalReason, ShipmentStatus } from "../domain/generated/words.ts";
import type { UnitState } from "../platform/generated/prisma/enums.ts";

/** A report of the warehouse or of an operator. */
export interface RecordedReport {
  status: ShipmentStatus;
  occurredAt: Date;
}

/** The effect of a status on the units at the warehouse. Shipping alone has no effect. */
export interface Decision {
  unitState: "FULFILLED" | "FAILED";
  reason: ReversalReason;
  failure?: string;
}

const decisions: Partial<Record<ShipmentStatus, Decision>> = {
  DELIVERED: { unitState: "FULFILLED", reason: "FULFILMENT_FAILURE" },
  REJECTED: { unitState: "FAILED", reason: "VENDOR_REJECTION", failure: "The warehouse could not send it." },
  LOST: { unitState: "FAILED", reason: "FULFILMENT_FAILURE", failure: "It was lost on the way." },
  RETURNED: { unitState: "FAILED", reason: "FULFILMENT_FAILURE", failure: "It could not be delivered and came back." },
};

/**
 * The permitted transitions of a parcel. A `surprising` transition is possible, but leaves points and goods in a state
 * that an operator must check: for instance the delivery of a lost parcel.
 */
const steps: Record<ShipmentStatus, Partial<Record<ShipmentStatus, "expected" | "surprising">>> = {
  PREPARING: { SHIPPED: "expected", DELIVERED: "expected", REJECTED: "expected", LOST: "expected" },
  SHIPPED: { DELIVERED: "expected", RETURNED: "expected", LOST: "expected" },
  DELIVERED: { RETURNED: "surprising" },
  LOST: { RETURNED: "expected", SHIPPED: "surprising", DELIVERED: "surprising" },
  REJECTED: { SHIPPED: "surprising", DELIVERED: "surprising" },
  RETURNED: { SHIPPED: "surprising", DELIVERED: "surprising" },
};

/** The sequence of reports with the same moment: couriers often report days. */
const rank: Record<ShipmentStatus, number> = {
  PREPARING: 0,
  SHIPPED: 1,
  REJECTED: 2,
  LOST: 3,
  DELIVERED: 4,
  RETURNED: 5,
};

export const isSameReport = (a: RecordedReport, b: RecordedReport): boolean =>
  a.status === b.status && a.occurredAt.getTime() === b.occurredAt.getTime();

/** The reports sorted by the time of their events. */
export const inOrder = <Report extends RecordedReport>(reports: readonly Report[]): Report[] =>
  reports.toSorted((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime() || rank[a.status] - rank[b.status]);

export interface ShipmentHistory {
  status: ShipmentStatus;
  /** The first status that decides about the units. */
  decision: Decision | undefined;
  /** Messages for operators. They depend on the reports, not on the sequence of arrival. */
  contradictions: string[];
  /** Whether the report was applied; false if no earlier report leads to its status. */
  isFollowed(report: RecordedReport): boolean;
}

/** Derives the history of a shipment from all its reports, independent of the sequence of arrival. */
export function readHistory(reports: readonly RecordedReport[]): ShipmentHistory {
  let status: ShipmentStatus = "PREPARING";
  let decision: Decision | undefined;
  const contradictions: string[] = [];
  const unfollowed: RecordedReport[] = [];
  for (const report of inOrder(reports)) {
    if (report.status === status) continue;
    const step = steps[status][report.status];
    const at = report.occurredAt.toISOString();
    if (step === undefined) {
      unfollowed.push(report);
      contradictions.push(`${report.status} at ${at} does not follow ${status}`);
      continue;
    }
    if (step === "surprising") contradictions.push(`${report.status} at ${at} came after ${status}`);
    status = report.status;
    decision ??= decisions[status];
  }
  return {
    status,
    decision,
    contradictions,
    isFollowed: (report) => !unfollowed.some((other) => isSameReport(other, report)),
  };
}

/** Whether a line's units were cancelled: none is at the warehouse or fulfilled. */
export const isLineCancelled = (states: readonly UnitState[]): boolean =>
  states.includes("CANCELLED") && !states.includes("PREPARING") && !states.includes("FULFILLED");

/**
 * Messages for operators about a shipment, from the states of its units; empty without contradictions. A cancelled line
 * contradicts a parcel in transit or delivered. A line that an operator reversed contradicts no report.
 */
export function contradictionsOf(history: ShipmentHistory, states: readonly UnitState[]): string[] {
  if (states.includes("REVERSED")) return [];
  if (!isLineCancelled(states)) return history.contradictions;
  const isInTransit = history.status === "SHIPPED" || history.status === "DELIVERED";
  return isInTransit ? [`the line was cancelled, and its parcel is ${history.status}`] : [];
}
