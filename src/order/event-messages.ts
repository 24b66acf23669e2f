import type { OrderStatus, PointsState } from "../domain/generated/words.ts";

/** The default message of an event. */
export function eventMessage(status: OrderStatus, pointsState: PointsState): string {
  if (pointsState === "NEEDS_ATTENTION") return "We are looking into the points of this order.";
  if (pointsState === "UNCERTAIN") return "The points are being confirmed.";
  if (pointsState === "RETURNING") return "Your points are being returned.";
  if (pointsState === "RETURNED") return "All points have been returned.";
  if (pointsState === "PARTIALLY_RETURNED") return "The points for unfulfilled rewards have been returned.";
  switch (status) {
    case "PENDING":
      return pointsState === "TAKING" ? "Your points are being deducted." : "Your order has been placed.";
    case "PROCESSING":
      return pointsState === "NOT_TAKEN" ? "We are getting your rewards ready." : "Your points have been deducted.";
    case "FULFILLED":
      return "Your order is complete.";
    case "PARTIALLY_FULFILLED":
      return "Part of your order could not be fulfilled.";
    case "FAILED":
      return "Your order could not be completed.";
    case "CANCELLED":
      return "Your order has been cancelled.";
    case "REVERSED":
      return "Your order has been returned.";
  }
}
