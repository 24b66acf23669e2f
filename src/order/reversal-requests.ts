import type { ReversalReason } from "../domain/generated/words.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Operator } from "../domain/viewer.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Prisma, type Tx } from "../platform/db.ts";
import type { OrderChange } from "./order.store.ts";
import type { AggregateLine, OrderAggregate } from "./order-aggregate.ts";
import { previewReturn } from "./return-preview.ts";

export type ReversalRequest = Prisma.ReversalRequestGetPayload<object>;

/** An operator, and the person who answers for it, if anybody does. */
export type DecidingOperator = Pick<Operator, "operatorId" | "personId">;

export interface NewReversalRequest {
  lines: readonly AggregateLine[];
  /** The units whose points would come back. */
  unitIds: readonly string[];
  /** Whether the order is to be cancelled, and not reversed. */
  cancels: boolean;
  reason: ReversalReason;
  note: string | null;
  by: DecidingOperator;
  idempotencyKey: string;
}

/** Long enough for a weekend, short enough that the order has hardly changed. */
const LIFE_MS = 72 * 60 * 60 * 1_000;

/**
 * Whether a second person has to approve the return of these units' points. Points returned earlier in the same order count
 * too, so that a large reversal cannot be split into small ones.
 *
 * @param above the points of an order that a single operator may reverse; undefined means no limit
 */
export function needsApproval(
  { lines }: Pick<OrderAggregate, "lines">,
  unitIds: readonly string[],
  above: number | undefined,
): boolean {
  if (above === undefined) return false;
  const units = lines.flatMap((line) => line.units.map((unit) => ({ ...unit, points: line.unitPoints })));
  const isReversed = ({ state, issue }: (typeof units)[number]) =>
    state === "REVERSED" || state === "CANCELLED" || (issue?.revokeState != null && issue.revokeState !== "REFUSED");
  const counted = units.filter((unit) => unitIds.includes(unit.id) || isReversed(unit));
  return counted.reduce((sum, { points }) => sum + points, 0) > above;
}

/** Stores a request, in the transaction of the order's change. */
export async function requestReversal(
  { tx, order, now }: Pick<OrderChange, "tx" | "order" | "now">,
  { lines, unitIds, cancels, reason, note, by, idempotencyKey }: NewReversalRequest,
): Promise<ReversalRequest | Refused> {
  const { operatorId, personId } = by;
  if (personId === undefined) return personRequired(["input", "orderId"]);
  await closeExpired(tx, now, order.id);
  if ((await tx.reversalRequest.count({ where: { orderId: order.id, state: "OPEN" } })) > 0) {
    const message = "A reversal of this order waits for approval already. Have it approved or refused first.";
    return refused(refusal("REVERSAL_REQUESTED", message, ["input", "orderId"]));
  }
  const { total } = previewReturn(order, [...unitIds]);
  const request = await tx.reversalRequest.create({
    data: {
      orderId: order.id,
      lineIds: lines.map(({ id }) => id),
      points: BigInt(total),
      reason,
      note,
      cancels,
      requestedBy: operatorId,
      requestedPerson: personId,
      requestKey: idempotencyKey,
      requestedAt: now,
      expiresAt: new Date(now.getTime() + LIFE_MS),
    },
  });
  const details = { lines: lines.map(({ position }) => position), points: total, reason, note };
  const action = cancels ? "order.cancel-request" : "order.reverse-request";
  await audit(tx, { at: now, actor: operatorId, action, subject: order.number, details });
  return request;
}

/** Locks a request for a decision. @returns the request, or a refusal if it cannot be decided */
export async function lockOpenRequest(tx: Tx, requestId: string, now: Date): Promise<ReversalRequest | Refused> {
  await tx.$queryRaw`select from reversal_requests where id = ${requestId}::uuid for update`;
  const request = await tx.reversalRequest.findUnique({ where: { id: requestId } });
  if (!request) return requestNotFound();
  const isOver = request.state === "OPEN" && request.expiresAt <= now;
  if (request.state === "OPEN" && !isOver) return request;
  const by = request.decidedBy === null ? "" : ` by ${request.decidedBy}`;
  const message = isOver
    ? "The request has expired. Request the reversal again."
    : `The request is ${request.state.toLowerCase()}${by} already.`;
  return refused(refusal("REVERSAL_REQUEST_CLOSED", message, ["input", "requestId"]));
}

/** Why the person may not approve the request; null if they may. */
export function secondPersonRefusal(
  { requestedBy, requestedPerson }: ReversalRequest,
  { operatorId, personId }: DecidingOperator,
): Refused | null {
  const field = ["input", "requestId"];
  if (requestedBy === operatorId || (personId !== undefined && personId === requestedPerson)) {
    const message = "You have requested this reversal yourself: another person has to approve it.";
    return refused(refusal("REVERSAL_REQUEST_OWN", message, field));
  }
  return personId === undefined || requestedPerson === null ? personRequired(field) : null;
}

const personRequired = (field: string[]): Refused => {
  const message =
    "So many points need two people, and no person answers for this key. Sign in to the console with an account, or call with a key that an account made.";
  return refused(refusal("REVERSAL_NEEDS_PERSON", message, field));
};

export const requestNotFound = (): Refused =>
  refused(refusal("REVERSAL_REQUEST_NOT_FOUND", "Request not found.", ["input", "requestId"]));

/** Closes expired requests of one order, or of all. */
async function closeExpired(tx: Tx, now: Date, orderId?: string): Promise<void> {
  const expired = await tx.reversalRequest.updateManyAndReturn({
    where: { state: "OPEN", expiresAt: { lte: now }, ...(orderId !== undefined && { orderId }) },
    data: { state: "EXPIRED" },
    include: { order: { select: { number: true } } },
  });
  for (const { order, points } of expired) {
    const details = { points: Number(points) };
    await audit(tx, { at: now, actor: "system", action: "order.reverse-expire", subject: order.number, details });
  }
}

export interface ReversalRequests {
  find(requestId: string): Promise<ReversalRequest | null>;
  /** The requests of these orders, the newest first. */
  ofOrders(orderIds: readonly string[]): Promise<ReversalRequest[]>;
  /** The request that the operator made with this idempotency key, in any state. */
  byKey(operatorId: string, idempotencyKey: string, cancels: boolean): Promise<ReversalRequest | null>;
  /** Refuses a request of another operator, or withdraws one's own. */
  refuse(input: { requestId: string; note: string | null; operatorId: string }): Promise<ReversalRequest | Refused>;
  /** Closes requests that have expired. */
  closeExpired(): Promise<void>;
}

export function makeReversalRequests({ db, clock }: { db: Db; clock: Clock }): ReversalRequests {
  return {
    find: (id) => db.reversalRequest.findUnique({ where: { id } }),
    ofOrders: (orderIds) =>
      db.reversalRequest.findMany({ where: { orderId: { in: [...orderIds] } }, orderBy: { requestedAt: "desc" } }),
    byKey: (requestedBy, requestKey, cancels) =>
      db.reversalRequest.findFirst({ where: { requestedBy, requestKey, cancels } }),

    refuse: ({ requestId, note, operatorId }) =>
      inTransaction(db, async (tx) => {
        const now = clock.now();
        const request = await lockOpenRequest(tx, requestId, now);
        if ("refusals" in request) return request;
        const { order, ...refusedRequest } = await tx.reversalRequest.update({
          where: { id: requestId },
          data: { state: "REFUSED", decidedBy: operatorId, decidedAt: now, decisionNote: note },
          include: { order: { select: { number: true } } },
        });
        const details = { points: Number(request.points), requestedBy: request.requestedBy, note };
        await audit(tx, { at: now, actor: operatorId, action: "order.reverse-refuse", subject: order.number, details });
        return refusedRequest;
      }),

    closeExpired: () => inTransaction(db, (tx) => closeExpired(tx, clock.now())),
  };
}
