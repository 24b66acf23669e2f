import type { OrderStatus, PointsState } from "../domain/generated/words.ts";

/** The default message of an event. */
export function wordsFor(status: OrderStatus, pointsState: PointsState): string {
  if (pointsState === "NEEDS_ATTENTION") return "We are looking into the points of this order.";
  if (pointsState === "UNCERTAIN") return "The points are being confirmed.";
  if (pointsState === "RETURNING") return "Points are on their way back.";
  if (pointsState === "RETURNED") return "All points are back.";
  if (pointsState === "PARTIALLY_RETURNED") return "The points for what could not be given are back.";
  switch (status) {
    case "PENDING":
      return pointsState === "TAKING" ? "The points are being taken." : "Placed.";
    case "PROCESSING":
      return pointsState === "NOT_TAKEN" ? "The rewards are being given." : "The points are taken.";
    case "FULFILLED":
      return "Everything was given.";
    case "PARTIALLY_FULFILLED":
      return "A part could not be given.";
    case "FAILED":
      return "The order could not be carried out.";
    case "CANCELLED":
      return "Cancelled.";
    case "REVERSED":
      return "Taken back.";
  }
}
