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

type Seen = Pick<OrderSummaryFragment, "status" | "pointsState">;

/** Nothing that is being sorted out is shown as an error: the points are safe, it only takes longer. */
export function toneOf({ status, pointsState }: Seen): Tone | "plain" {
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

export function statusKey({ status, pointsState }: Seen): MessageKey {
  if (status === "PENDING" && pointsState === "UNCERTAIN") return "status.UNCERTAIN";
  return `status.${status}`;
}

/** The page's first sentence. */
export function headlineKey({ status, pointsState }: Seen): MessageKey {
  if (pointsState === "NEEDS_ATTENTION") return "headline.NEEDS_ATTENTION";
  if (pointsState === "UNCERTAIN") return "headline.UNCERTAIN";
  return `headline.${status}`;
}

const pointsWords: Partial<Record<PointsState, MessageKey>> = {
  RETURNING: "points.RETURNING",
  RETURNED: "points.RETURNED",
  PARTIALLY_RETURNED: "points.PARTIALLY_RETURNED",
};

/** Whether the lines of an order that was not charged are in the cart again. A prize was never in it. */
export const isBackInCart = ({ status, pointsState, prize }: Seen & { prize: object | null }): boolean =>
  status === "FAILED" && pointsState === "NOT_TAKEN" && prize === null;

/** What has become of the points; undefined where the headline says it all. */
export function pointsKey(order: Seen & { prize: object | null }): MessageKey | undefined {
  const { status, pointsState } = order;
  if (pointsState === "UNCERTAIN" || pointsState === "NEEDS_ATTENTION") return `explain.${pointsState}`;
  if (isBackInCart(order)) return "points.NOT_TAKEN_BACK_IN_CART";
  if (pointsState === "NOT_TAKEN" && (status === "FAILED" || status === "CANCELLED")) return "points.NOT_TAKEN";
  if (status === "PENDING" || status === "PROCESSING") return "explain.leave";
  return pointsWords[pointsState];
}

/** Points of the order that were taken and are not back, as far as that is confirmed. */
export function pointsSpent({ pointsTrail }: Pick<OrderSummaryFragment, "pointsTrail">): number {
  const confirmed = (wanted: "TAKEN" | "RETURNED") =>
    pointsTrail
      .filter(({ kind, state }) => kind === wanted && state === "CONFIRMED")
      .reduce((sum, { points }) => sum + points, 0);
  return confirmed("TAKEN") - confirmed("RETURNED");
}

const shipmentsShown: Record<OrderLineStatus, readonly ShipmentStatus[]> = {
  PENDING: ["PREPARING"],
  PROCESSING: ["PREPARING", "SHIPPED", "DELIVERED", "RETURNED", "LOST", "REJECTED"],
  FULFILLED: ["DELIVERED", "RETURNED"],
  PARTIALLY_FULFILLED: ["DELIVERED", "RETURNED"],
  FAILED: ["RETURNED", "LOST", "REJECTED"],
  CANCELLED: ["RETURNED"],
  REVERSED: ["RETURNED"],
};

type Line = Pick<OrderLinePartsFragment, "id" | "status" | "failure" | "shipment">;

/** The shipment, unless its status contradicts the line's: a cancelled line is not being packed. */
export const shownShipment = ({ status, shipment }: Line): Line["shipment"] =>
  shipment && shipmentsShown[status].includes(shipment.status) ? shipment : null;

/**
 * Why units of the line were not fulfilled; undefined where its shipment says so. The points provider and the partner refuse
 * for the same reasons: the trail of the points tells which of them it was.
 */
export function failureKey(line: Line, pointsTrail: OrderDetailFragment["pointsTrail"]): MessageKey | undefined {
  const { failure } = line;
  if (!failure || (line.status === "FAILED" && shownShipment(line))) return undefined;
  const isOfPoints = pointsTrail.some(
    ({ kind, payWith, state, lineIds }) =>
      kind === "TAKEN" && payWith === "INDIVIDUAL" && state === "REFUSED" && lineIds.includes(line.id),
  );
  if (isOfPoints && (failure.reason === "UPSTREAM_REFUSED" || failure.reason === "UPSTREAM_UNAVAILABLE"))
    return "reason.POINTS_REFUSED";
  return failure.reason === "UPSTREAM_UNAVAILABLE" ? "reason.UPSTREAM_REFUSED" : `reason.${failure.reason}`;
}

/** Whether the page offers to ask for a return. The gateway decides, and knows the days. */
export function mayAskForReturn(
  line: Pick<OrderLinePartsFragment, "fulfilledQuantity" | "points" | "returnRequest" | "vouchers">,
  { status }: Pick<OrderDetailFragment, "status">,
): boolean {
  const isGiven = status === "FULFILLED" || status === "PARTIALLY_FULFILLED";
  const isSeen = line.vouchers.some(({ revealedAt }) => revealedAt !== null);
  const isAsked = line.returnRequest?.state === "OPEN" || line.returnRequest?.state === "APPROVED";
  return isGiven && line.fulfilledQuantity > 0 && line.points > 0 && !isSeen && !isAsked;
}
