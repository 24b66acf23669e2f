import type { ReversalReason, ShipmentStatus } from "../graphql/generated/resolvers.ts";
import { type Refused, refusal, refused } from "../refusal.ts";
import type { OrderChange, OrderStore } from "./order.store.ts";
import type { SettleLines } from "./settle-lines.ts";

export interface ShipmentReport {
  orderId: string;
  lineId: string;
  status: ShipmentStatus;
  carrier: string | null;
  trackingNumber: string | null;
  occurredAt: Date;
}

/** What became of a report: taken over, older than what is known, or saying nothing new. */
export type ReportOutcome = "applied" | "stale" | "no-change";

export type UpdateShipment = (
  report: ShipmentReport,
  alongside?: (change: OrderChange, outcome: ReportOutcome) => Promise<void>,
) => Promise<{ outcome: ReportOutcome } | Refused>;

/** Where a shipment may go from each status. */
const nextStatuses: Record<ShipmentStatus, readonly ShipmentStatus[]> = {
  PREPARING: ["SHIPPED", "DELIVERED", "REJECTED", "LOST"],
  SHIPPED: ["DELIVERED", "RETURNED", "LOST"],
  DELIVERED: ["RETURNED"],
  RETURNED: [],
  LOST: [],
  REJECTED: [],
};

interface Consequence {
  unitState: "FULFILLED" | "FAILED";
  reason: ReversalReason;
  failure?: string;
}

/** What a status means for units that are with the warehouse; shipping alone decides nothing. */
const consequences: Partial<Record<ShipmentStatus, Consequence>> = {
  DELIVERED: { unitState: "FULFILLED", reason: "FULFILMENT_FAILURE" },
  REJECTED: { unitState: "FAILED", reason: "VENDOR_REJECTION", failure: "The warehouse could not send it." },
  LOST: { unitState: "FAILED", reason: "FULFILMENT_FAILURE", failure: "It was lost on the way." },
  RETURNED: { unitState: "FAILED", reason: "FULFILMENT_FAILURE", failure: "It could not be delivered and came back." },
};

const words: Record<ShipmentStatus, string> = {
  PREPARING: "is being prepared.",
  SHIPPED: "was shipped.",
  DELIVERED: "was delivered.",
  RETURNED: "came back.",
  LOST: "was lost on the way.",
  REJECTED: "could not be sent.",
};

export const shipmentNotFound = () =>
  refused(refusal("SHIPMENT_NOT_FOUND", "There is no such shipment.", ["input", "lineId"]));

/**
 * Takes over what the warehouse reports. Reports may come twice and in any order: what counts is when it happened.
 *
 * @param alongside runs in the same transaction, to record that the report was handled
 */
export function makeUpdateShipment({
  orders,
  settleLines,
}: {
  orders: OrderStore;
  settleLines: SettleLines;
}): UpdateShipment {
  return async (report, alongside = async () => {}) => {
    const answer = await orders.changing(report.orderId, async (change) => {
      const line = change.order.lines.find(({ id }) => id === report.lineId);
      const shipment = line?.shipment;
      if (!line || !shipment) return shipmentNotFound();
      const done = async (outcome: ReportOutcome) => {
        await alongside(change, outcome);
        return { outcome };
      };

      const isStale = shipment.reportedAt !== null && report.occurredAt < shipment.reportedAt;
      const isNews = report.status !== shipment.status;
      const carrier = shipment.carrier ?? report.carrier;
      const trackingNumber = shipment.trackingNumber ?? report.trackingNumber;
      const write = (data: { status?: ShipmentStatus; reportedAt?: Date }) =>
        change.tx.shipment.update({ where: { lineId: line.id }, data: { ...data, carrier, trackingNumber } });

      if (isStale || !isNews) {
        // Late, but its tracking number may be the first we hear of one.
        await write({});
        return done(isStale ? "stale" : "no-change");
      }
      const isCancelled = line.units.every((unit) => unit.state === "CANCELLED");
      if (isCancelled || !nextStatuses[shipment.status].includes(report.status)) {
        const now = isCancelled ? "cancelled" : shipment.status;
        return refused(
          refusal("SHIPMENT_STATUS_INVALID", `A shipment that is ${now} cannot become ${report.status}.`, [
            "input",
            "status",
          ]),
        );
      }

      await write({ status: report.status, reportedAt: report.occurredAt });
      const consequence = consequences[report.status];
      if (consequence) {
        await change.tx.orderUnit.updateMany({
          where: { lineId: line.id, state: "PREPARING" },
          data: { state: consequence.unitState },
        });
        if (consequence.failure && shipment.status !== "DELIVERED") {
          const data = { failureReason: "UPSTREAM_REFUSED", failureMessage: consequence.failure };
          await change.tx.orderLine.update({ where: { id: line.id }, data });
        }
      }
      const message = `${line.name} ${words[report.status]}`;
      await settleLines(change, { reason: consequence?.reason ?? "FULFILMENT_FAILURE", message, lineId: line.id });
      return done("applied");
    });
    return answer ?? shipmentNotFound();
  };
}
