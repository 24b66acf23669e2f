import type { ReversalReason } from "../domain/generated/words.ts";
import { isRefused, type Refusal, type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import { type CancelOrder, type ChangedOrder, orderNotFound } from "./cancel-order.ts";
import { consumeKey, type IdempotentRequest, keyRefusal, replayOf } from "./idempotency.ts";
import type { OrderChange, OrderStore } from "./order.store.ts";
import type { AggregateLine, OrderAggregate } from "./order-aggregate.ts";
import type { RecomputeAndRefund } from "./recompute-and-refund.ts";
import { isIssued, previewReturn, type ReturnPreview } from "./return-preview.ts";
import { approveReturns } from "./return-requests.ts";
import {
  type DecidingOperator,
  lockOpenRequest,
  needsApproval,
  type ReversalRequest,
  type ReversalRequests,
  requestNotFound,
  requestReversal,
  secondPersonRefusal,
} from "./reversal-requests.ts";
import type { AwaitRevokes } from "./revoke/await-revokes.ts";
import type { RequestRevoke } from "./revoke/request-revoke.ts";

export interface ReverseOrderInput {
  orderId: string;
  /** Null for all fulfilled lines. */
  lineIds: readonly string[] | null;
  reason: ReversalReason;
  note: string | null;
  by: DecidingOperator;
  idempotencyKey: string;
}

export interface ReverseOrder {
  /**
   * Reverses fulfilled lines: voids their vouchers and returns their points. Requests a revoke from Capillary for its
   * units; refusals that arrive within the wait are part of the answer. Above the limit of a single operator, stores a
   * request for approval instead.
   */
  reverse(input: ReverseOrderInput): Promise<ChangedOrder | Refused>;
  /** Approves another person's request, and reverses or cancels in the same transaction. */
  approve(input: { requestId: string; by: DecidingOperator }): Promise<ChangedOrder | Refused>;
  /** Computes the points that a reversal would return; changes nothing. */
  preview(input: Pick<ReverseOrderInput, "orderId" | "lineIds">): Promise<ReturnPreview | Refused>;
}

export interface ReverseOrderDeps {
  orders: OrderStore;
  recomputeAndRefund: RecomputeAndRefund;
  requestRevoke: RequestRevoke;
  awaitRevokes: AwaitRevokes;
  requests: ReversalRequests;
  cancelUnits: CancelOrder["cancelUnits"];
  /** The points of an order that a single operator may reverse; undefined means no limit. */
  approvalAbove: number | undefined;
}

interface Reversing {
  replayed: boolean;
  /** Units whose revoke is requested from Capillary. */
  issued: string[];
  request?: ReversalRequest;
}

export function makeReverseOrder(deps: ReverseOrderDeps): ReverseOrder {
  const { orders, recomputeAndRefund, requestRevoke, awaitRevokes, requests, cancelUnits, approvalAbove } = deps;

  async function reverseUnits(
    change: OrderChange,
    chosen: readonly AggregateLine[],
    by: { reason: ReversalReason; note: string | null; operatorId: string; requestedBy?: string },
  ): Promise<string[]> {
    const { tx, order, now } = change;
    const { reason, operatorId, ...details } = by;
    const ours = fulfilledUnits(chosen).filter((unit) => unit.issue === null);
    const issued = idsOf(fulfilledUnits(chosen).filter((unit) => isIssued(unit) && !isBeingRevoked(unit)));
    const unitIds = idsOf(ours);
    const lineIds = idsOf(chosen);
    await tx.orderUnit.updateMany({ where: { id: { in: unitIds } }, data: { state: "REVERSED" } });
    await tx.voucherCode.updateMany({ where: { unitId: { in: unitIds } }, data: { state: "VOID" } });
    // The reversal resolves the discrepancy of a parcel that came back after its delivery.
    await tx.discrepancy.updateMany({
      where: { lineId: { in: lineIds }, resolvedAt: null },
      data: { resolvedAt: now },
    });
    await approveReturns(change, lineIds, operatorId);
    await requestRevoke(change, issued, reason);
    await audit(tx, {
      at: now,
      actor: operatorId,
      action: "order.reverse",
      subject: order.number,
      details: { lines: chosen.map((line) => line.position), reason, ...details },
    });
    const message = ours.length > 0 ? "Returned by the brand." : "The brand is arranging the return.";
    await recomputeAndRefund(change, { reason, message });
    return issued;
  }

  return {
    async reverse({ orderId, lineIds, reason, note, by, idempotencyKey }) {
      const { operatorId } = by;
      const badKey = keyRefusal(idempotencyKey);
      if (badKey) return badKey;
      const request: IdempotentRequest = {
        actor: `operator:${operatorId}`,
        mutation: "reverseOrder",
        key: idempotencyKey,
        input: { orderId, lineIds, reason, note },
      };
      const answer = await orders.changing(orderId, async (change): Promise<Reversing | Refused> => {
        const { tx, order, now } = change;
        const replay = await replayOf(tx, request);
        if (replay) return isRefused(replay) ? replay : { replayed: true, issued: [] };
        const chosen = chooseLines(order, lineIds);
        if (isRefused(chosen)) return chosen;
        const unitIds = idsOf(fulfilledUnits(chosen));
        if (needsApproval(order, unitIds, approvalAbove)) {
          const wanted = { lines: chosen, unitIds, cancels: false, reason, note, by, idempotencyKey };
          const requested = await requestReversal(change, wanted);
          if (isRefused(requested)) return requested;
          await consumeKey(tx, request, orderId, now);
          return { replayed: false, issued: [], request: requested };
        }
        await consumeKey(tx, request, orderId, now);
        return { replayed: false, issued: await reverseUnits(change, chosen, { reason, note, operatorId }) };
      });
      if (!answer) return orderNotFound();
      if (isRefused(answer)) return answer;
      const { replayed, issued } = answer;
      const requested = replayed ? await requests.byKey(operatorId, idempotencyKey, false) : answer.request;
      return { orderId, replayed, request: requested ?? null, userErrors: await awaitRevokes(orderId, issued) };
    },

    async approve({ requestId, by }) {
      const { operatorId, personId } = by;
      const found = await requests.find(requestId);
      if (!found) return requestNotFound();
      const { orderId } = found;
      const answer = await orders.changing(orderId, async (change): Promise<Reversing | Refused> => {
        const { tx, order, now } = change;
        const request = await lockOpenRequest(tx, requestId, now);
        if (isRefused(request)) {
          const isRepetition = await tx.reversalRequest.count({
            where: { id: requestId, state: "APPROVED", decidedBy: operatorId },
          });
          return isRepetition > 0 ? { replayed: true, issued: [] } : request;
        }
        const { requestedBy, reason, note } = request;
        const refusal = secondPersonRefusal(request, by);
        if (refusal) return refusal;
        const markApproved = () =>
          tx.reversalRequest.update({
            where: { id: requestId },
            data: { state: "APPROVED", decidedBy: operatorId, decidedPerson: personId ?? null, decidedAt: now },
          });
        if (request.cancels) {
          const details = { requestedBy };
          const cancelled = await cancelUnits(change, { by: { operatorId }, lineIds: request.lineIds, details });
          if (isRefused(cancelled)) return cancelled;
          await markApproved();
          return { replayed: false, issued: cancelled };
        }
        const chosen = chooseLines(order, request.lineIds);
        if (isRefused(chosen)) return chosen;
        await markApproved();
        return {
          replayed: false,
          issued: await reverseUnits(change, chosen, { reason, note, operatorId, requestedBy }),
        };
      });
      if (!answer) return orderNotFound();
      if (isRefused(answer)) return answer;
      const { replayed, issued } = answer;
      const request = await requests.find(requestId);
      return { orderId, replayed, request, userErrors: await awaitRevokes(orderId, issued) };
    },

    async preview({ orderId, lineIds }) {
      const order = await orders.aggregate(orderId);
      if (!order) return orderNotFound();
      const chosen = chooseLines(order, lineIds);
      if (isRefused(chosen)) return chosen;
      const unitIds = idsOf(fulfilledUnits(chosen));
      return { ...previewReturn(order, unitIds), needsApproval: needsApproval(order, unitIds, approvalAbove) };
    },
  };
}

const fulfilledUnits = (lines: readonly AggregateLine[]) =>
  lines.flatMap(({ units }) => units.filter(({ state }) => state === "FULFILLED"));
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
const isBeingRevoked = ({ issue }: AggregateLine["units"][number]) =>
  issue?.revokeState != null && issue.revokeState !== "REFUSED";

/** The lines to reverse, each with at least one fulfilled unit. */
function chooseLines(order: OrderAggregate, lineIds: readonly string[] | null): AggregateLine[] | Refused {
  const notReversible = (message: string): Refused => refused(notReversibleRefusal(message));
  if (order.status !== "FULFILLED" && order.status !== "PARTIALLY_FULFILLED") {
    return notReversible(`Only a fulfilled order can be reversed; this one is ${order.status}.`);
  }
  if (lineIds?.length === 0) {
    const message = "Name at least one line, or leave lineIds out for every fulfilled line.";
    return refused(refusal("INVALID_INPUT", message, ["input", "lineIds"]));
  }
  const unknown = lineIds?.find((id) => !order.lines.some((line) => line.id === id));
  if (unknown !== undefined)
    return refused(refusal("LINE_NOT_FOUND", "The order has no such line.", ["input", "lineIds"]));
  const chosen = order.lines.filter((line) => lineIds?.includes(line.id) ?? line.fulfilledQuantity > 0);
  const unfulfilled = chosen.find((line) => line.fulfilledQuantity === 0);
  if (unfulfilled) return notReversible(`Line ${unfulfilled.position} has no fulfilled unit.`);
  if (fulfilledUnits(chosen).every(isBeingRevoked)) return notReversible("These lines are being reversed already.");
  return chosen;
}

const notReversibleRefusal = (message: string): Refusal => refusal("NOT_REVERSIBLE", message, ["input", "orderId"]);
