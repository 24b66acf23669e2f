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

export interface Story {
  tone: "info" | "good" | "calm" | "bad";
  /** The events so far, in a sentence or two. */
  happened: string;
  /** The operator's next step; null if no step is needed. */
  todo: string | null;
}

/** Describes the state of an order for a support agent on the phone, with the agent's next step. */
export function storyOf(order: OrderStateFragment): Story {
  const moved = (kind: "TAKEN" | "RETURNED", ...states: string[]) =>
    sum(
      order.pointsTrail.filter((each) => each.kind === kind && states.includes(each.state)).map((each) => each.points),
    );
  const taken = moved("TAKEN", "CONFIRMED");
  const returned = moved("RETURNED", "CONFIRMED");
  const owed = moved("RETURNED", "PENDING", "UNCERTAIN");
  const units = sum(order.lines.map(({ quantity }) => quantity));
  const given = sum(order.lines.map(({ fulfilledQuantity }) => fulfilledQuantity));
  const parcels = order.lines.filter(
    ({ shipment }) => shipment?.status === "PREPARING" || shipment?.status === "SHIPPED",
  );

  const sentences: string[] = [];
  if (order.total === 0) sentences.push("The order costs no points.");
  else if (taken > 0) sentences.push(`${points(taken)} were taken.`);
  else sentences.push(order.status === "PENDING" ? "The points are not confirmed as taken." : "No points were taken.");
  if (given === units) sentences.push(units === 1 ? "The reward was given." : `All ${units} rewards were given.`);
  else if (given > 0) sentences.push(`${given} of ${units} rewards were given.`);
  else if (order.status === "PENDING" || order.status === "PROCESSING") {
    sentences.push(units === 1 ? "The reward is not given yet." : "No reward is given yet.");
  } else sentences.push("The customer has no reward of it.");
  if (returned > 0) sentences.push(`${points(returned)} were returned.`);
  if (owed > 0) sentences.push(`${points(owed)} are being returned.`);
  const [failure] = order.lines.flatMap(({ failure }) => failure ?? []);
  if (failure) sentences.push(`Why: ${failure.message}`);
  const happened = sentences.join(" ");

  if (order.pointsState === "NEEDS_ATTENTION") {
    return {
      tone: "bad",
      happened,
      todo: "An outcome could not be established. Look it up with the owner of the other system under the reference below, and record what happened.",
    };
  }
  if (order.discrepancies?.some(({ resolvedAt }) => resolvedAt === null)) {
    return {
      tone: "calm",
      happened,
      todo: "Our record and another system's do not agree. See the open discrepancy below.",
    };
  }
  if (order.pointsState === "UNCERTAIN") {
    return {
      tone: "calm",
      happened,
      todo: "The outcome is being established from evidence. Wait a minute; nothing is to be done yet.",
    };
  }
  if (owed > 0) return { tone: "calm", happened, todo: "The return is sent again by itself until it is confirmed." };
  if (parcels.length > 0) {
    return {
      tone: "info",
      happened,
      todo: "A parcel is on its way. Report what the warehouse or the carrier says in its line.",
    };
  }
  if (order.status === "PENDING" || order.status === "PROCESSING") {
    return { tone: "info", happened, todo: "The order is in progress and goes on by itself." };
  }
  return { tone: order.status === "FULFILLED" ? "good" : "info", happened, todo: null };
}
