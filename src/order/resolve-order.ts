import type { MovementOutcome } from "../domain/generated/words.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Db, Tx } from "../platform/db.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import { type ChangedOrder, orderNotFound } from "./cancel-order.ts";
import { consumeKey, type IdempotentRequest, keyRefusal, replayOf } from "./idempotency.ts";
import type { FindIssued } from "./issue/find-issued.ts";
import type { IssuedUnit, RecordIssueOutcome } from "./issue/record-issue-outcome.ts";
import type { RecordMovementOutcome } from "./movement/record-movement-outcome.ts";
import type { OrderChange, OrderStore } from "./order.store.ts";
import type { Movement } from "./order.ts";
import { type Found, find, type OrderAggregate } from "./order-aggregate.ts";
import { failOpenUnits, type RecomputeAndRefund } from "./recompute-and-refund.ts";
import type { RecordRevokeOutcome } from "./revoke/record-revoke-outcome.ts";

export interface ResolveOrderInput {
  orderId: string;
  /** Selects a movement among several; null if the order has only one open question. */
  movementId: string | null;
  discrepancyId: string | null;
  outcome: MovementOutcome;
  /** The transaction in which Capillary issued the reward. */
  transactionId: string | null;
  note: string;
  operatorId: string;
  idempotencyKey: string;
}

export type ResolveOrder = (input: ResolveOrderInput) => Promise<ChangedOrder | Refused>;

export interface ResolveOrderDeps {
  db: Db;
  orders: OrderStore;
  recordOutcome: RecordMovementOutcome;
  recordIssueOutcome: RecordIssueOutcome;
  recordRevokeOutcome: RecordRevokeOutcome;
  findIssued: FindIssued | undefined;
  recomputeAndRefund: RecomputeAndRefund;
  /** Continues an order whose deduction turned out to be confirmed. */
  resumeOrder(tx: Tx, orderId: string): Promise<void>;
}

/** A question that an operator has to answer. */
type OpenItem =
  | { kind: "movement"; movement: Movement }
  | { kind: "issue"; found: Found }
  /** Whether a unit was revoked, or whether its points came back. */
  | { kind: "revoke"; found: Found }
  /** An acknowledgement only: the answer has no consequence. */
  | { kind: "discrepancy"; discrepancyId: string };

/** Records an operator's answer to an open question, with all consequences. */
export function makeResolveOrder(deps: ResolveOrderDeps): ResolveOrder {
  const {
    db,
    orders,
    recordOutcome,
    recordIssueOutcome,
    recordRevokeOutcome,
    findIssued,
    recomputeAndRefund,
    resumeOrder,
  } = deps;

  return async ({ operatorId, idempotencyKey, ...input }) => {
    const { orderId, outcome, note } = input;
    const badKey = keyRefusal(idempotencyKey);
    if (badKey) return badKey;
    const actor = `operator:${operatorId}`;
    const request: IdempotentRequest = { actor, mutation: "resolveOrder", key: idempotencyKey, input };

    const issued = await readIssued(request, input);
    if (issued && isRefused(issued)) return issued;
    const answer = await orders.changing(orderId, async (change): Promise<ChangedOrder | Refused> => {
      const { tx, order, now } = change;
      const replay = await replayOf(tx, request);
      if (replay) return isRefused(replay) ? replay : { ...replay, replayed: true };
      const openItem = await openItemOf(tx, order, input);
      if (isRefused(openItem)) return openItem;
      await consumeKey(tx, request, orderId, now);
      await audit(tx, {
        at: now,
        actor: operatorId,
        action: "order.resolve",
        subject: subjectOf(order, openItem),
        details: { outcome, note },
      });
      await tx.discrepancy.updateMany({
        where: { resolvedAt: null, ...evidenceOf(openItem) },
        data: { resolvedAt: now },
      });
      if (openItem.kind === "movement") await settleMovement(change, openItem.movement, outcome);
      if (openItem.kind === "issue") await settleIssue(change, openItem.found, outcome, issued);
      if (openItem.kind === "revoke") await settleRevoke(change, openItem.found, outcome);
      return { orderId, replayed: false };
    });
    return answer ?? orderNotFound();
  };

  /** Reads the issue that the operator claims from Capillary's records. Runs before any lock. */
  async function readIssued(
    request: IdempotentRequest,
    input: Pick<ResolveOrderInput, "orderId" | "movementId" | "discrepancyId" | "outcome" | "transactionId">,
  ): Promise<IssuedUnit | Refused | null> {
    const order = input.outcome === "HAPPENED" ? await orders.aggregate(input.orderId) : null;
    if (!order || !findIssued || (await replayOf(db, request))) return null;
    const openItem = await openItemOf(db, order, input);
    if (isRefused(openItem) || openItem.kind !== "issue") return null;
    const { issue } = openItem.found.unit;
    try {
      const transactionId =
        input.transactionId ?? (await findIssued.search(issue, order.customerId))?.attempt?.transactionId;
      const issued = transactionId && (await findIssued.inTransaction(transactionId, order.customerId));
      if (issued) return issued;
      const message = `Capillary's records show no such transaction of ${issue.transactionNumber}. Name the transaction.`;
      return refused(refusal("INVALID_INPUT", message, ["input", "transactionId"]));
    } catch (error) {
      if (!hasOutcome(error, "transient", "refused", "unknown")) throw error;
      return refused(refusal("UPSTREAM_UNAVAILABLE", "Capillary's records cannot be read now. Try again later."));
    }
  }

  async function settleMovement(change: OrderChange, movement: Movement, outcome: MovementOutcome): Promise<void> {
    const { tx, order, now } = change;
    const isDeduction = movement.kind === "TAKEN" && order.status === "PENDING";
    change.bumpLedgerVersion();
    if (outcome === "HAPPENED") {
      await recordOutcome.confirmed(change, movement.id);
      if (isDeduction) await resumeOrder(tx, order.id);
      return;
    }
    const data = { state: "REFUSED", settledAt: now, watchUntil: null } as const;
    await tx.pointsMovement.update({ where: { id: movement.id }, data });
    if (isDeduction)
      await failOpenUnits(change, { reason: "UPSTREAM_REFUSED", message: "The points could not be deducted." });
    // For a return this computes the points still owed, and sends them with the next number.
    await recomputeAndRefund(change, { reason: movement.reason ?? "FULFILMENT_FAILURE" });
  }

  async function settleRevoke(change: OrderChange, { unit }: Found, outcome: MovementOutcome): Promise<void> {
    const happened = outcome === "HAPPENED";
    if (unit.issue.revokeState === "CONFIRMED") return recordRevokeOutcome.pointsFound(change, unit.id, happened);
    if (happened) return recordRevokeOutcome.revoked(change, unit.id, { seenBack: true });
    return recordRevokeOutcome.refused(change, unit.id, "an operator found that it was not revoked");
  }

  async function settleIssue(
    change: OrderChange,
    { unit }: Found,
    outcome: MovementOutcome,
    issued: IssuedUnit | null,
  ) {
    if (outcome === "HAPPENED") {
      return recordIssueOutcome.issued(change, unit.id, issued ?? { transactionId: null, points: null, vouchers: [] });
    }
    const upstreamMessage = "an operator found that it was not issued";
    const reason = "UPSTREAM_REFUSED";
    return recordIssueOutcome.refused(change, unit.id, { reason, codes: [], upstreamMessage, affectsLine: false });
  }
}

/** The selected question, or the only open one. */
async function openItemOf(
  tx: Tx,
  order: OrderAggregate,
  { movementId, discrepancyId }: Pick<ResolveOrderInput, "movementId" | "discrepancyId">,
): Promise<OpenItem | Refused> {
  const field = ["input", discrepancyId === null ? "movementId" : "discrepancyId"];
  const chosen = discrepancyId === null ? null : await tx.discrepancy.findUnique({ where: { id: discrepancyId } });
  const isOpen = chosen && chosen.orderId === order.id && chosen.resolvedAt === null;
  const nothingToResolve = refused(refusal("NOTHING_TO_RESOLVE", "No such part of this order needs attention.", field));
  if (discrepancyId !== null && !isOpen) return nothingToResolve;

  const openItems = openItemsOf(order).filter((openItem) => {
    const { unitId, movement } = subject(order, openItem);
    return (
      (movementId === null || movement?.id === movementId) &&
      (!chosen || (chosen.unitId ? chosen.unitId === unitId : chosen.movementId === movement?.id))
    );
  });
  const [openItem] = openItems;
  if (!openItem) return chosen ? { kind: "discrepancy", discrepancyId: chosen.id } : nothingToResolve;
  if (openItems.length > 1)
    return refused(
      refusal("INVALID_INPUT", "Several parts of this order need attention: name the one that you resolve.", field),
    );
  return openItem;
}

/** All questions of an order that wait for an operator. */
function openItemsOf(order: OrderAggregate): OpenItem[] {
  const movements = order.movements.filter(({ ledger, state }) => ledger === "CLIENT" && state === "NEEDS_ATTENTION");
  const units = order.lines.flatMap((line) => line.units.filter(({ issue }) => issue?.state === "NEEDS_ATTENTION"));
  const returning = order.movements.filter(
    ({ ledger, kind, state }) => ledger === "CAPILLARY" && kind === "RETURNED" && state === "NEEDS_ATTENTION",
  );
  const revoked = order.lines.flatMap((line) =>
    line.units.filter(
      ({ id, issue }) => issue?.revokeState === "NEEDS_ATTENTION" || returning.some(({ unitId }) => unitId === id),
    ),
  );
  return [
    ...revoked.map(({ id }): OpenItem => ({ kind: "revoke", found: find({ order }, id) })),
    ...movements.map((movement): OpenItem => ({ kind: "movement", movement })),
    ...units.map(({ id }): OpenItem => ({ kind: "issue", found: find({ order }, id) })),
  ];
}

function subject(order: OrderAggregate, openItem: OpenItem) {
  if (openItem.kind === "movement") return { unitId: null, movement: openItem.movement };
  if (openItem.kind === "discrepancy") return { unitId: null, movement: undefined };
  const unitId = openItem.found.unit.id;
  const kind = openItem.kind === "revoke" ? "RETURNED" : "TAKEN";
  return {
    unitId,
    movement: order.movements.find((each) => each.unitId === unitId && each.kind === kind && each.state !== "REFUSED"),
  };
}

function subjectOf(order: OrderAggregate, openItem: OpenItem): string {
  if (openItem.kind === "movement") return openItem.movement.reference;
  return openItem.kind === "discrepancy" ? order.number : openItem.found.unit.issue.transactionNumber;
}

function evidenceOf(openItem: OpenItem) {
  if (openItem.kind === "movement") return { movementId: openItem.movement.id };
  return openItem.kind === "discrepancy" ? { id: openItem.discrepancyId } : { unitId: openItem.found.unit.id };
}
