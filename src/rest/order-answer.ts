import type { OrderStatus } from "../domain/generated/words.ts";
import type { RestOrderDeps } from "./index.ts";
import { type RestAnswer, restError } from "./problem.ts";

/** `success` is the documented state; the others cover an order's remaining outcomes. */
const states = {
  PENDING: "processing",
  PROCESSING: "processing",
  FULFILLED: "success",
  PARTIALLY_FULFILLED: "partial",
  FAILED: "failed",
  CANCELLED: "cancelled",
  REVERSED: "cancelled",
} as const satisfies Record<OrderStatus, string>;

/** The documented statuses have no word for a partly fulfilled order: its unused points are returned. */
export const documentedStatuses = {
  PENDING: "PENDING",
  PROCESSING: "PROCESSING",
  FULFILLED: "FULFILLED",
  PARTIALLY_FULFILLED: "FULFILLED",
  FAILED: "FAILED",
  CANCELLED: "CANCELLED",
  REVERSED: "CANCELLED",
} as const satisfies Record<OrderStatus, string>;

export type ReadOrderAnswer = (order: {
  /** The numeric order id of the REST API. */
  number: number;
  reference: string;
  orderId: string;
  customer: { customerId: string; sessionId: string };
}) => Promise<RestAnswer>;

/**
 * Reads an order in the form of the answer of `POST /api/v1/orders`. Voucher codes in the answer count as revealed to
 * the customer.
 */
export function makeReadOrderAnswer({ orders, revealVoucher, rewardsByIds }: RestOrderDeps): ReadOrderAnswer {
  return async ({ number, reference, orderId, customer }) => {
    const [[order], lines, update] = await Promise.all([
      orders.byIds([orderId]),
      orders.linesOf([orderId]),
      orders.readUpdate(orderId, null, 1),
    ]);
    if (!order) throw new Error(`order ${orderId} is gone`);
    const rewards = await rewardsByIds([...new Set(lines.map(({ rewardId }) => rewardId))]);
    const rewardOf = (id: string) => rewards.find((reward) => reward.id === id);
    const vouchers: object[] = [];
    for (const { id: lineId, rewardId, fulfilledQuantity } of lines) {
      if (fulfilledQuantity === 0) continue;
      const revealed = await revealVoucher({ lineId, ...customer });
      if ("refusals" in revealed) continue;
      for (const { code, pin, validUntil } of revealed.vouchers) {
        vouchers.push({
          voucher_code: code,
          ...(pin !== null && { pin }),
          validity: validUntil?.toISOString().slice(0, 10) ?? null,
          SKU: rewardOf(rewardId)?.sku ?? null,
        });
      }
    }
    const [last] = update?.events ?? [];
    const texts = (column: "howToUse" | "terms") => joined(rewards.map((reward) => [reward.name, reward[column]]));
    const state = states[order.status];
    const facts = {
      id: number,
      order_id: reference,
      state,
      vouchers,
      redemption_url: rewards.length === 1 ? (rewards[0]?.redemptionUrl ?? null) : null,
      how_to_avail: texts("howToUse"),
      terms: texts("terms"),
      note: last?.message ?? null,
      created_at: order.placedAt.toISOString(),
      updated_at: (last?.at ?? order.placedAt).toISOString(),
      order_number: order.number,
    };
    if (state === "failed") {
      return restError(422, "ORDER_FAILED", facts.note ?? "The order could not be fulfilled.", facts);
    }
    return { status: state === "processing" ? 202 : 200, body: facts };
  };
}

/** A single reward's text as it is; texts of several rewards under their names. */
function joined(texts: readonly (readonly [name: string, text: string | null])[]): string | null {
  const given = texts.filter(([, text]) => text !== null);
  if (texts.length <= 1) return given[0]?.[1] ?? null;
  return given.length === 0 ? null : given.map(([name, text]) => `${name}: ${text}`).join("\n\n");
}
