import type { OrderStateFragment, OrderStatus, PointsState } from "../graphql/generated/graphql.ts";
import { points } from "../ui/format.ts";

type Tone = "info" | "good" | "calm" | "bad" | "plain";

export const toneOf = (status: OrderStatus): Tone =>
  (({ FULFILLED: "good", FAILED: "bad", PENDING: "calm", PROCESSING: "info" }) as Partial<Record<OrderStatus, Tone>>)[
    status
  ] ?? "plain";

export const toneOfPoints = (state: PointsState): Tone =>
  state === "NEEDS_ATTENTION"
    ? "bad"
    : state === "UNCERTAIN" || state === "RETURNING" || state === "TAKING"
      ? "calm"
      : "plain";

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);

export interface OrderSummary {
  tone: "info" | "good" | "calm" | "bad";
  /** The events so far, in a sentence or two. */
  summary: string;
  /** The operator's next step; null if no step is needed. */
  nextStep: string | null;
}

/** Describes the state of an order for a support agent on the phone, with the agent's next step. */
export function summaryOf(order: OrderStateFragment): OrderSummary {
  const pointsMoved = (kind: "TAKEN" | "RETURNED", ...states: string[]) =>
    sum(
      order.pointsTrail.filter((each) => each.kind === kind && states.includes(each.state)).map((each) => each.points),
    );
  const taken = pointsMoved("TAKEN", "CONFIRMED");
  const returned = pointsMoved("RETURNED", "CONFIRMED");
  const owed = pointsMoved("RETURNED", "PENDING", "UNCERTAIN");
  const units = sum(order.lines.map(({ quantity }) => quantity));
  const fulfilled = sum(order.lines.map(({ fulfilledQuantity }) => fulfilledQuantity));
  const shippingLines = order.lines.filter(
    ({ shipment }) => shipment?.status === "PREPARING" || shipment?.status === "SHIPPED",
  );

  const sentences: string[] = [];
  if (order.total === 0) sentences.push("The order is free.");
  else if (taken > 0) sentences.push(`${points(taken)} were deducted.`);
  else sentences.push(order.status === "PENDING" ? "The deduction is not confirmed yet." : "No points were deducted.");
  if (fulfilled === units)
    sentences.push(units === 1 ? "The reward was fulfilled." : `All ${units} rewards were fulfilled.`);
  else if (fulfilled > 0) sentences.push(`${fulfilled} of ${units} rewards were fulfilled.`);
  else if (order.status === "PENDING" || order.status === "PROCESSING") {
    sentences.push(units === 1 ? "The reward is not fulfilled yet." : "No reward is fulfilled yet.");
  } else sentences.push("No reward was fulfilled.");
  if (returned > 0) sentences.push(`${points(returned)} were returned.`);
  if (owed > 0) sentences.push(`${points(owed)} are being returned.`);
  const [failure] = order.lines.flatMap(({ failure }) => failure ?? []);
  if (failure) sentences.push(`Reason: ${failure.message}`);
  const summary = sentences.join(" ");

  if (order.pointsState === "NEEDS_ATTENTION") {
    return {
      tone: "bad",
      summary,
      nextStep:
        "An outcome could not be determined. Ask the owner of the other system about the reference below, and record the outcome.",
    };
  }
  if (order.discrepancies?.some(({ resolvedAt }) => resolvedAt === null)) {
    return {
      tone: "calm",
      summary,
      nextStep: "Our records and those of another system differ. See the open discrepancy below.",
    };
  }
  if (order.pointsState === "UNCERTAIN") {
    return {
      tone: "calm",
      summary,
      nextStep: "The gateway is determining the outcome. Wait a minute; no action is needed yet.",
    };
  }
  if (owed > 0)
    return { tone: "calm", summary, nextStep: "The return is retried automatically until it is confirmed." };
  if (shippingLines.length > 0) {
    return {
      tone: "info",
      summary,
      nextStep: "A parcel is in transit. Update its shipment when the warehouse or the carrier reports a change.",
    };
  }
  if (order.status === "PENDING" || order.status === "PROCESSING") {
    return { tone: "info", summary, nextStep: "The order is in progress and continues automatically." };
  }
  return { tone: order.status === "FULFILLED" ? "good" : "info", summary, nextStep: null };
}
