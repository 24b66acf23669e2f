import type { OrderSummaryFragment, PointsState } from "../graphql/generated/graphql.ts";
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
