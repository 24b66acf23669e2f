import { isRefused, type Refusal, type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import { consumeKey, type IdempotentRequest, keyRefusal, replayOf } from "./idempotency.ts";
import { dropIssues } from "./issue/write-issue.ts";
import type { OrderChange, OrderStore } from "./order.store.ts";
import type { Order } from "./order.ts";
import { isNotRequested, type OrderAggregate } from "./order-aggregate.ts";
import type { RecomputeAndRefund } from "./recompute-and-refund.ts";
import { isIssued, previewReturn, type ReturnPreview } from "./return-preview.ts";
import {
  type DecidingOperator,
  needsApproval,
  type ReversalRequest,
  type ReversalRequests,
  requestReversal,
} from "./reversal-requests.ts";
import type { AwaitRevokes } from "./revoke/await-revokes.ts";
import type { RequestRevoke } from "./revoke/request-revoke.ts";

/** The order that a mutation changed or created. */
export interface ChangedOrder {
  orderId: string;
  /** The idempotency key had been used before: this request changed nothing. */
  replayed: boolean;
  /** The order as committed, if known. */
  order?: Order;
  /** The refusals of parts that could not be done. */
  userErrors?: readonly Refusal[];
  /** The request, if a second person has to approve first. */
  request?: ReversalRequest | null;
}

/** The customer who placed the order, or an operator. */
export type CancelledBy = { customerId: string } | DecidingOperator;

export interface CancelOrderInput {
  orderId: string;
  /** Null for all lines that can be cancelled. */
  lineIds: readonly string[] | null;
  by: CancelledBy;
  idempotencyKey: string;
}

export interface CancelOrder {
  /**
   * Cancels the unfulfilled units: all of them before the deduction is sent, afterwards those that have not left the
   * warehouse. Single lines can be cancelled only after the deduction, because it covers the whole order.
   * Requests a revoke from Capillary for its issued units. Refusals that arrive within the wait are part of the answer.
   * Above the limit of a single operator, stores a request for approval instead.
   */
  cancel(input: CancelOrderInput): Promise<ChangedOrder | Refused>;
  /** Computes the points that a cancellation would return; changes nothing. */
  preview(input: Pick<CancelOrderInput, "orderId" | "lineIds" | "by">): Promise<ReturnPreview | Refused>;
  /** Cancels in the transaction of the order's change. @returns the units whose revoke is requested from Capillary */
  cancelUnits(
    change: OrderChange,
    input: Pick<CancelOrderInput, "by" | "lineIds"> & { details?: object },
  ): Promise<string[] | Refused>;
}

export interface CancelOrderDeps {
  orders: OrderStore;
  recomputeAndRefund: RecomputeAndRefund;
  requestRevoke: RequestRevoke;
  awaitRevokes: AwaitRevokes;
  atCrashPoint: AtCrashPoint;
  requests: Pick<ReversalRequests, "byKey">;
  /** The points of an order that a single operator may return; undefined means no limit. */
  approvalAbove: number | undefined;
}

export const orderNotFound = () => refused(refusal("ORDER_NOT_FOUND", "Order not found.", ["input", "orderId"]));

export function makeCancelOrder(deps: CancelOrderDeps): CancelOrder {
  const { orders, recomputeAndRefund, requestRevoke, awaitRevokes, atCrashPoint, requests, approvalAbove } = deps;
  const notCancellable = (order: OrderAggregate) =>
    refused(refusal("NOT_CANCELLABLE", whyNotCancellable(order), ["input", "orderId"]));

  async function cancel(
    change: OrderChange,
    request: IdempotentRequest,
    { by, lineIds }: Pick<CancelOrderInput, "by" | "lineIds">,
  ): Promise<Cancelling | Refused> {
    const { tx, order, now } = change;
    if (!mayCancel(by, order)) return orderNotFound();
    const replay = await replayOf(tx, request);
    if (replay) return isRefused(replay) ? replay : { replayed: true, issued: [] };
    const unknown = unknownLine(order, lineIds);
    if (unknown) return unknown;
    const returned = returnedUnits(order, lineIds);
    if ("operatorId" in by && returned.length > 0 && needsApproval(order, returned, approvalAbove)) {
      const lines = order.lines.filter(({ units }) => units.some(({ id }) => returned.includes(id)));
      const wanted = { lines, unitIds: returned, cancels: true, reason: "CANCELLATION", note: null } as const;
      const requested = await requestReversal(change, { ...wanted, by, idempotencyKey: request.key });
      if (isRefused(requested)) return requested;
      await consumeKey(tx, request, order.id, now);
      return { replayed: false, issued: [], request: requested };
    }
    const issued = await cancelUnits(change, { by, lineIds });
    if (isRefused(issued)) return issued;
    await consumeKey(tx, request, order.id, now);
    await change.flush();
    atCrashPoint("cancel:before-commit");
    return { replayed: false, issued };
  }

  async function cancelUnits(
    change: OrderChange,
    { by, lineIds, details }: Pick<CancelOrderInput, "by" | "lineIds"> & { details?: object },
  ): Promise<string[] | Refused> {
    const { tx, order, now } = change;
    const unitIds = cancellableUnits(order, lineIds);
    if (unitIds.length === 0) return notCancellable(order);
    if ("operatorId" in by) {
      const entry = { at: now, actor: by.operatorId, action: "order.cancel", subject: order.number };
      await audit(tx, { ...entry, ...(details && { details }) });
    }
    await tx.pointsMovement.updateMany({
      where: { orderId: order.id, ledger: "CLIENT", kind: "TAKEN", state: "PENDING", sentAt: null },
      data: { state: "REFUSED", settledAt: now, lastError: "cancelled before it was sent" },
    });
    for (const line of order.lines) {
      // Units that the warehouse has set aside return to stock.
      const setAside = line.units.filter((unit) => unit.state === "PREPARING" && unitIds.includes(unit.id)).length;
      if (setAside > 0) {
        await tx.reward.updateMany({
          where: { id: line.rewardId, stock: { not: null } },
          data: { stock: { increment: setAside } },
        });
      }
    }
    await dropIssues(change, unitIds, "cancelled before it was sent");
    await tx.orderUnit.updateMany({ where: { id: { in: unitIds } }, data: { state: "CANCELLED" } });
    const issued = issuedUnits(order, lineIds);
    await requestRevoke(change, issued, "CANCELLATION");
    const [lineId] = lineIds?.length === 1 ? lineIds : [];
    await recomputeAndRefund(change, { reason: "CANCELLATION", message: messageOf(by), ...(lineId && { lineId }) });
    return issued;
  }

  return {
    cancelUnits,

    async cancel({ orderId, lineIds, by, idempotencyKey }) {
      const badKey = keyRefusal(idempotencyKey);
      if (badKey) return badKey;
      const actor = "operatorId" in by ? `operator:${by.operatorId}` : `customer:${by.customerId}`;
      const request: IdempotentRequest = {
        actor,
        mutation: "cancelOrder",
        key: idempotencyKey,
        input: { orderId, lineIds },
      };
      const answer = await orders.changing(orderId, (change) => cancel(change, request, { by, lineIds }));
      if (!answer) return orderNotFound();
      if (isRefused(answer)) return answer;
      atCrashPoint("cancel:after-commit");
      const userErrors = await awaitRevokes(orderId, answer.issued);
      const { replayed } = answer;
      const requested =
        replayed && "operatorId" in by ? await requests.byKey(by.operatorId, idempotencyKey, true) : answer.request;
      return { orderId, replayed, request: requested ?? null, userErrors };
    },

    async preview({ orderId, lineIds, by }) {
      const order = await orders.aggregate(orderId);
      if (!order || !mayCancel(by, order)) return orderNotFound();
      const unknown = unknownLine(order, lineIds);
      if (unknown) return unknown;
      if (cancellableUnits(order, lineIds).length === 0) return notCancellable(order);
      const returned = returnedUnits(order, lineIds);
      if (returned.length === 0) return { total: 0, returns: [] };
      const needsSecondPerson = "operatorId" in by && needsApproval(order, returned, approvalAbove);
      return { ...previewReturn(order, returned), needsApproval: needsSecondPerson };
    },
  };
}

const mayCancel = (by: CancelledBy, order: Pick<OrderAggregate, "customerId">) =>
  "operatorId" in by || by.customerId === order.customerId;
const messageOf = (by: CancelledBy) =>
  "operatorId" in by ? "Cancelled by customer support." : "Cancelled by the customer.";

interface Cancelling {
  replayed: boolean;
  /** Units whose revoke is requested from Capillary. */
  issued: string[];
  request?: ReversalRequest;
}

/** Null if the order has all of these lines. */
function unknownLine(order: OrderAggregate, lineIds: readonly string[] | null): Refused | null {
  const field = ["input", "lineIds"];
  if (lineIds?.length === 0) {
    const message = "Name at least one line, or leave lineIds out for everything that can be cancelled.";
    return refused(refusal("INVALID_INPUT", message, field));
  }
  const isKnown = (id: string) => order.lines.some((line) => line.id === id);
  return lineIds?.every(isKnown) === false
    ? refused(refusal("LINE_NOT_FOUND", "The order has no such line.", field))
    : null;
}

const among = (lineIds: readonly string[] | null) => (line: { id: string }) => lineIds?.includes(line.id) ?? true;

const issuedUnits = (order: Pick<OrderAggregate, "lines">, lineIds: readonly string[] | null) =>
  order.lines
    .filter(among(lineIds))
    .flatMap(({ units }) => units.filter((unit) => isIssued(unit) && unit.issue?.revokeState === null))
    .map(({ id }) => id);

/** The units whose points would be returned now. Before the deduction no points have to be returned. */
function returnedUnits(order: OrderAggregate, lineIds: readonly string[] | null): string[] {
  const unitIds = cancellableUnits(order, lineIds);
  const deduction = order.movements.find(({ ledger, state }) => ledger === "CLIENT" && state === "CONFIRMED");
  const issued = issuedUnits(order, lineIds);
  return unitIds.length > 0 && (deduction || issued.length > 0) ? [...unitIds, ...issued] : [];
}

/** The units of these lines, or of the whole order, that `cancelOrder` would cancel now. */
export function cancellableUnits(
  order: Pick<OrderAggregate, "status" | "lines" | "movements">,
  lineIds: readonly string[] | null = null,
): string[] {
  const deduction = order.movements.find(
    ({ ledger, kind, state }) => ledger === "CLIENT" && kind === "TAKEN" && state !== "REFUSED",
  );
  const isInFlight = deduction && deduction.state !== "CONFIRMED" && deduction.sentAt !== null;
  if (isInFlight) return [];
  // The amount of a pending deduction is fixed for all lines, so it can only be cancelled as a whole.
  if (deduction?.state === "PENDING" && !order.lines.every(among(lineIds))) return [];
  return order.lines
    .filter(among(lineIds))
    .flatMap((line) =>
      line.units
        .filter(
          (unit) =>
            (unit.state === "PENDING" && (unit.issue === null || isNotRequested(unit))) ||
            (unit.state === "PREPARING" && line.shipment?.status === "PREPARING"),
        )
        .map((unit) => unit.id),
    );
}

function whyNotCancellable(order: OrderAggregate): string {
  const isBeingFulfilled = order.lines.some(({ units }) => units.some(({ state }) => state === "PENDING"));
  if (order.status === "PROCESSING" && isBeingFulfilled)
    return "This order is just being given. Try again in a moment.";
  if (order.status === "PENDING") return "The points of this order are just being taken. Try again in a moment.";
  if (order.status === "PROCESSING") return "This order is already on its way.";
  return "This order is already complete.";
}
