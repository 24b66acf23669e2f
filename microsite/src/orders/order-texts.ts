import type {
  OrderDetailFragment,
  OrderLinePartsFragment,
  OrderLineStatus,
  OrderSummaryFragment,
  PointsState,
  ShipmentStatus,
} from "../graphql/generated/graphql.ts";
import type { MessageKey } from "../i18n/i18n.tsx";
import type { Tone } from "../ui/notice.tsx";

type OrderState = Pick<OrderSummaryFragment, "status" | "pointsState">;

/**
 * Returns the tone of the order's badge. An order with an unknown outcome never looks like an error: the points are
 * safe.
 */
export function toneOf({ status, pointsState }: OrderState): Tone | "plain" {
  if (pointsState === "UNCERTAIN" || pointsState === "NEEDS_ATTENTION") return "calm";
  switch (status) {
    case "PENDING":
    case "PROCESSING":
      return "info";
    case "FULFILLED":
      return "good";
    case "PARTIALLY_FULFILLED":
      return "calm";
    case "FAILED":
    case "CANCELLED":
    case "REVERSED":
      return "plain";
  }
}

export function statusKey({ status, pointsState }: OrderState): MessageKey {
  if (status === "PENDING" && pointsState === "UNCERTAIN") return "status.UNCERTAIN";
  return `status.${status}`;
}

/** Returns the message for the page's headline. */
export function headlineKey({ status, pointsState }: OrderState): MessageKey {
  if (pointsState === "NEEDS_ATTENTION") return "headline.NEEDS_ATTENTION";
  if (pointsState === "UNCERTAIN") return "headline.UNCERTAIN";
  return `headline.${status}`;
}

const pointsKeys: Partial<Record<PointsState, MessageKey>> = {
  RETURNING: "points.RETURNING",
  RETURNED: "points.RETURNED",
  PARTIALLY_RETURNED: "points.PARTIALLY_RETURNED",
};

/** Whether the lines of an order that was not charged are back in the cart. A prize was never in the cart. */
export const isBackInCart = ({ status, pointsState, prize }: OrderState & { prize: object | null }): boolean =>
  status === "FAILED" && pointsState === "NOT_TAKEN" && prize === null;

/** Returns the message about the order's points; undefined if the headline says everything. */
export function pointsKey(order: OrderState & { prize: object | null }): MessageKey | undefined {
  const { status, pointsState } = order;
  if (pointsState === "UNCERTAIN" || pointsState === "NEEDS_ATTENTION") return `explain.${pointsState}`;
  if (isBackInCart(order)) return "points.NOT_TAKEN_BACK_IN_CART";
  if (pointsState === "NOT_TAKEN" && (status === "FAILED" || status === "CANCELLED")) return "points.NOT_TAKEN";
  if (status === "PENDING" || status === "PROCESSING") return "explain.leave";
  return pointsKeys[pointsState];
}

/** Returns the confirmed deductions of the order minus the confirmed returns, in points. */
export function pointsSpent({ pointsTrail }: Pick<OrderSummaryFragment, "pointsTrail">): number {
  const confirmed = (movementKind: "TAKEN" | "RETURNED") =>
    pointsTrail
      .filter(({ kind, state }) => kind === movementKind && state === "CONFIRMED")
      .reduce((sum, { points }) => sum + points, 0);
  return confirmed("TAKEN") - confirmed("RETURNED");
}

const shipmentStatusesShown: Record<OrderLineStatus, readonly ShipmentStatus[]> = {
  PENDING: ["PREPARING"],
  PROCESSING: ["PREPARING", "SHIPPED", "DELIVERED", "RETURNED", "LOST", "REJECTED"],
  FULFILLED: ["DELIVERED", "RETURNED"],
  PARTIALLY_FULFILLED: ["DELIVERED", "RETURNED"],
  FAILED: ["RETURNED", "LOST", "REJECTED"],
  CANCELLED: ["RETURNED"],
  REVERSED: ["RETURNED"],
};

type Line = Pick<OrderLinePartsFragment, "id" | "status" | "failure" | "shipment">;

/** Returns the line's shipment, unless the line's status contradicts it: a cancelled line is not being packed. */
export const shownShipment = ({ status, shipment }: Line): Line["shipment"] =>
  shipment && shipmentStatusesShown[status].includes(shipment.status) ? shipment : null;

/**
 * Returns the reason why units of the line were not fulfilled; undefined if the shipment gives the reason. The points
 * provider and the partner share their refusal codes, so the points trail tells which of them refused.
 */
export function failureKey(line: Line, pointsTrail: OrderDetailFragment["pointsTrail"]): MessageKey | undefined {
  const { failure } = line;
  if (!failure || (line.status === "FAILED" && shownShipment(line))) return undefined;
  const isPointsRefusal = pointsTrail.some(
    ({ kind, payWith, state, lineIds }) =>
      kind === "TAKEN" && payWith === "INDIVIDUAL" && state === "REFUSED" && lineIds.includes(line.id),
  );
  if (isPointsRefusal && (failure.reason === "UPSTREAM_REFUSED" || failure.reason === "UPSTREAM_UNAVAILABLE"))
    return "reason.POINTS_REFUSED";
  return failure.reason === "UPSTREAM_UNAVAILABLE" ? "reason.UPSTREAM_REFUSED" : `reason.${failure.reason}`;
}

/** Whether the page offers a return request. The gateway decides, because it knows the return period. */
export function mayRequestReturn(
  line: Pick<OrderLinePartsFragment, "fulfilledQuantity" | "points" | "returnRequest" | "vouchers">,
  { status }: Pick<OrderDetailFragment, "status">,
): boolean {
  const isFulfilled = status === "FULFILLED" || status === "PARTIALLY_FULFILLED";
  const isRevealed = line.vouchers.some(({ revealedAt }) => revealedAt !== null);
  const isRequested = line.returnRequest?.state === "OPEN" || line.returnRequest?.state === "APPROVED";
  return isFulfilled && line.fulfilledQuantity > 0 && line.points > 0 && !isRevealed && !isRequested;
}
