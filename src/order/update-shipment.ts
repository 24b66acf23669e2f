import type { ShipmentStatus } from "../domain/generated/words.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Logger } from "../platform/logger.ts";
import type { OrderChange, OrderStore } from "./order.store.ts";
import type { AggregateLine } from "./order-aggregate.ts";
import type { RecomputeAndRefund } from "./recompute-and-refund.ts";
import {
  contradictionsOf,
  inOrder,
  isLineCancelled,
  isSameReport,
  type RecordedReport,
  readHistory,
  type ShipmentHistory,
} from "./shipment-history.ts";

export interface ShipmentReport {
  orderId: string;
  lineId: string;
  status: ShipmentStatus;
  carrier: string | null;
  trackingNumber: string | null;
  occurredAt: Date;
  /**
   * An operator's id, or null for the warehouse. A contradictory report is refused from an operator and stored from the
   * warehouse.
   */
  operatorId: string | null;
}

type KnownReport = RecordedReport & Pick<ShipmentReport, "carrier" | "trackingNumber">;

/**
 * The result of a report:
 * - `applied`: it changed the shipment
 * - `stale`: a later event is known, so the shipment did not change
 * - `no-change`: the shipment had this status already
 * - `kept`: an earlier report is missing; this one is applied when that arrives
 * - `ignored`: it contradicts other reports, or its line was cancelled; operators are notified
 */
export type ReportOutcome = "applied" | "stale" | "no-change" | "kept" | "ignored";

export type UpdateShipment = (
  report: ShipmentReport,
  inSameTransaction?: (change: OrderChange, outcome: ReportOutcome) => Promise<void>,
) => Promise<{ outcome: ReportOutcome } | Refused>;

const words: Record<ShipmentStatus, string> = {
  PREPARING: "is being prepared.",
  SHIPPED: "was shipped.",
  DELIVERED: "was delivered.",
  RETURNED: "came back.",
  LOST: "was lost on the way.",
  REJECTED: "could not be sent.",
};

/** The longest name of a carrier, and the longest tracking number, in UTF-16 code units. */
export const MAX_REPORT_TEXT = 200;
export const REPORT_TEXT_TOO_LONG = `is longer than ${MAX_REPORT_TEXT} characters`;

/** The tolerated lead of the reporter's clock, in ms. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;
export const isInFuture = (occurredAt: Date, now: Date): boolean =>
  occurredAt.getTime() > now.getTime() + CLOCK_TOLERANCE_MS;

export const shipmentNotFound = () =>
  refused(refusal("SHIPMENT_NOT_FOUND", "Shipment not found.", ["input", "lineId"]));

const notPossible = (now: string, status: ShipmentStatus) =>
  refused(
    refusal("SHIPMENT_STATUS_INVALID", `A shipment that is ${now} cannot become ${status}.`, ["input", "status"]),
  );

/**
 * Records a report about a shipment, and applies the consequences of all reports about it. Reports may be repeated and
 * reordered: the status follows from the time of the events. The first status that decides about the units is final,
 * because returned points are not taken again. Each contradiction opens a discrepancy for operators, which is resolved
 * automatically if a later report explains it.
 *
 * @param alongside runs in the same transaction, to record that the report was handled
 */
export function makeUpdateShipment({
  orders,
  recomputeAndRefund,
  log,
}: {
  orders: OrderStore;
  recomputeAndRefund: RecomputeAndRefund;
  log: Logger;
}): UpdateShipment {
  return async (report, inSameTransaction = async () => {}) => {
    const answer = await orders.changing(report.orderId, async (change) => {
      const line = change.order.lines.find(({ id }) => id === report.lineId);
      if (!line?.shipment) return shipmentNotFound();
      const states = line.units.map(({ state }) => state);
      const known = await change.tx.shipmentReport.findMany({ where: { lineId: line.id } });
      const before = readHistory(known);
      const after = readHistory([...known, report]);

      if (report.operatorId !== null) {
        const isPossible = report.status === before.status || after.isFollowed(report);
        if (isLineCancelled(states)) return notPossible("cancelled", report.status);
        if (!isPossible) return notPossible(before.status, report.status);
        await audit(change.tx, {
          at: change.now,
          actor: report.operatorId,
          action: "shipment.update",
          subject: change.order.number,
          details: { line: line.position, status: report.status, occurredAt: report.occurredAt.toISOString() },
        });
      }
      await record(change, report, known);
      const hasDecided = await decide(change, line, before, after);
      await reportContradictions(change, line, { before, after });
      const outcome = outcomeOf({ report, known, before, after, hasDecided, isCancelled: isLineCancelled(states) });
      await inSameTransaction(change, outcome);
      return { outcome };
    });
    return answer ?? shipmentNotFound();
  };

  /** Stores the report, and updates the shipment that customers see from all reports. */
  async function record(
    { tx, now }: OrderChange,
    report: ShipmentReport,
    known: readonly KnownReport[],
  ): Promise<void> {
    const { lineId, status, occurredAt, carrier, trackingNumber } = report;
    const key = { lineId, status, occurredAt };
    const first = known.find((other) => isSameReport(other, report));
    const details = { carrier: first?.carrier ?? carrier, trackingNumber: first?.trackingNumber ?? trackingNumber };
    await tx.shipmentReport.upsert({
      where: { lineId_status_occurredAt: key },
      create: { ...key, ...details, receivedAt: now, reportedBy: report.operatorId ?? "warehouse" },
      update: details,
    });
    const all = inOrder([...known.filter((other) => other !== first), { ...key, ...details }]);
    await tx.shipment.update({
      where: { lineId },
      data: {
        status: readHistory(all).status,
        carrier: all.find((each) => each.carrier !== null)?.carrier ?? null,
        trackingNumber: all.find((each) => each.trackingNumber !== null)?.trackingNumber ?? null,
        reportedAt: all.at(-1)?.occurredAt ?? null,
      },
    });
  }

  /** Applies the reports to the units at the warehouse. @returns whether any unit was affected */
  async function decide(
    change: OrderChange,
    line: AggregateLine,
    before: ShipmentHistory,
    after: ShipmentHistory,
  ): Promise<boolean> {
    const { decision, status } = after;
    const isOpen = decision !== undefined && line.units.some(({ state }) => state === "PREPARING");
    if (isOpen) {
      await change.tx.orderUnit.updateMany({
        where: { lineId: line.id, state: "PREPARING" },
        data: { state: decision.unitState },
      });
      if (decision.failure) {
        const data = { failureReason: "UPSTREAM_REFUSED", failureMessage: decision.failure };
        await change.tx.orderLine.update({ where: { id: line.id }, data });
      }
    }
    if (isOpen || status !== before.status) {
      const message = `${line.name} ${words[status]}`;
      await recomputeAndRefund(change, { reason: decision?.reason ?? "FULFILMENT_FAILURE", message, lineId: line.id });
    }
    return isOpen;
  }

  async function reportContradictions(
    change: OrderChange,
    { id: lineId, position }: AggregateLine,
    { before, after }: { before: ShipmentHistory; after: ShipmentHistory },
  ): Promise<void> {
    const { tx, now, order } = change;
    const line = (await change.read()).lines.find(({ id }) => id === lineId);
    const states = line?.units.map(({ state }) => state) ?? [];
    const contradictions = contradictionsOf(after, states);
    const open = { lineId, resolvedAt: null };
    if (contradictions.length === 0) {
      await tx.discrepancy.updateMany({ where: open, data: { resolvedAt: now } });
      return;
    }
    const message = `Shipment of line ${position}: ${contradictions.join("; ")}. The line is ${line?.status}.`;
    const { count } = await tx.discrepancy.updateMany({ where: open, data: { message } });
    // A discrepancy that an operator resolved stays closed unless the report adds a contradiction.
    const isNew = contradictions.join() !== contradictionsOf(before, states).join();
    if (count === 0 && isNew)
      await tx.discrepancy.create({ data: { orderId: order.id, lineId, message, foundAt: now } });
    if (isNew) log.error({ order: order.number, line: position, reason: message }, "Shipment reports need attention");
  }
}

function outcomeOf({
  report,
  known,
  before,
  after,
  hasDecided,
  isCancelled,
}: {
  report: ShipmentReport;
  known: readonly { occurredAt: Date }[];
  before: ShipmentHistory;
  after: ShipmentHistory;
  hasDecided: boolean;
  isCancelled: boolean;
}): ReportOutcome {
  if (isCancelled) return "ignored";
  if (!after.isFollowed(report)) return report.status === "RETURNED" && !after.decision ? "kept" : "ignored";
  if (hasDecided) return "applied";
  const isOld = known.some(({ occurredAt }) => occurredAt > report.occurredAt);
  if (after.status === before.status) return isOld ? "stale" : "no-change";
  // The parcel's status is shown, but an earlier report decided about the points.
  const isDecided = before.decision !== undefined && report.status !== "RETURNED";
  return isDecided ? "ignored" : "applied";
}
