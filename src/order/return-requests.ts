import type { ReturnReason } from "../domain/generated/words.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Db, Tx } from "../platform/db.ts";
import type { ReturnRequest as Row } from "../platform/generated/prisma/client.ts";
import { isVisible } from "../platform/visible-text.ts";
import type { OrderChange, OrderStore } from "./order.store.ts";
import type { AggregateLine } from "./order-aggregate.ts";
import { isFinal } from "./order-status.ts";

/** Days since the delivery: the longest period in the terms of the sample brands. */
const RETURN_DAYS = 30;
const DAY_MS = 86_400_000;
const MAX_NOTE = 500;

/** A customer's request to return a line. */
export type ReturnRequest = Omit<Row, "reason"> & { reason: ReturnReason };

export interface ReturnRequests {
  /** The newest request of each line; lines without requests are absent. */
  of(lineIds: readonly string[]): Promise<ReturnRequest[]>;
  /** Creates a request; a line with an open request answers with the open one. */
  request(input: {
    lineId: string;
    customerId: string;
    reason: ReturnReason;
    note: string | null;
  }): Promise<{ orderId: string } | Refused>;
  withdraw(input: { lineId: string; customerId: string }): Promise<{ orderId: string } | Refused>;
  /** @param answer the reason, shown to the customer */
  decline(input: { lineId: string; operatorId: string; answer: string }): Promise<{ orderId: string } | Refused>;
}

const field = ["input", "orderLineId"];
const lineNotFound = () => refused(refusal("LINE_NOT_FOUND", "Order line not found.", field));
const notReturnable = (message: string) => refused(refusal("NOT_RETURNABLE", message, field));
const noRequest = () => refused(refusal("NOTHING_TO_RESOLVE", "No return of this line was requested.", field));
const invalid = (name: string, message: string) => refused(refusal("INVALID_INPUT", message, ["input", name]));

export function makeReturnRequests({ db, orders }: { db: Db; orders: OrderStore }): ReturnRequests {
  /** The line under its order's lock. Unknown lines and lines of others give the same answer. */
  async function changing(
    { lineId, customerId }: { lineId: string; customerId: string | null },
    work: (change: OrderChange, line: AggregateLine) => Promise<Refused | null>,
  ): Promise<{ orderId: string } | Refused> {
    const row = await db.orderLine.findUnique({ where: { id: lineId }, select: { orderId: true } });
    const answer = row && (await orders.changing(row.orderId, async (change) => ({ value: await decide(change) })));
    return answer?.value ?? lineNotFound();

    async function decide(change: OrderChange) {
      const line = change.order.lines.find(({ id }) => id === lineId);
      if (!line || (customerId !== null && change.order.customerId !== customerId)) return lineNotFound();
      return (await work(change, line)) ?? { orderId: change.order.id };
    }
  }

  return {
    of: (lineIds) =>
      db.$queryRaw<ReturnRequest[]>`
        select distinct on (line_id) id, order_id as "orderId", line_id as "lineId", customer_id as "customerId", reason, note, state,
          requested_at as "requestedAt", closed_at as "closedAt", closed_by as "closedBy", answer
        from return_requests where line_id = any(${[...lineIds]}::uuid[]) order by line_id, requested_at desc, id desc`,

    async request({ lineId, customerId, reason, note }) {
      if (note !== null && (note.length > MAX_NOTE || !isVisible(note)))
        return invalid("note", `note: must have 1 to ${MAX_NOTE} characters`);
      return changing({ lineId, customerId }, async (change, line) => {
        const { tx, order, now } = change;
        if (await openRequestOf(tx, [lineId])) return null;
        if (!isFinal(order.status)) return notReturnable("Other rewards of this order are still on their way.");
        const why = await whyNotReturnable(tx, line, now);
        if (why) return notReturnable(why);
        await tx.returnRequest.create({
          data: { orderId: order.id, lineId, customerId, reason, note, requestedAt: now },
        });
        await change.appendEvent({ lineId, message: `A return of ${line.name} has been requested.` });
        return null;
      });
    },

    withdraw: ({ lineId, customerId }) =>
      changing({ lineId, customerId }, async (change, line) => {
        const closing = { state: "WITHDRAWN", closedBy: `customer:${customerId}`, answer: null } as const;
        if ((await close(change, [lineId], closing)) === 0) return noRequest();
        await change.appendEvent({ lineId, message: `The request to return ${line.name} has been withdrawn.` });
        return null;
      }),

    async decline({ lineId, operatorId, answer }) {
      if (answer.length > MAX_NOTE || !isVisible(answer))
        return invalid("answer", `answer: must have 1 to ${MAX_NOTE} characters`);
      return changing({ lineId, customerId: null }, async (change, line) => {
        const closing = { state: "DECLINED", closedBy: operatorId, answer } as const;
        if ((await close(change, [lineId], closing)) === 0) return noRequest();
        const { order, now, tx } = change;
        const subject = `${order.number}/${line.position}`;
        await audit(tx, { at: now, actor: operatorId, action: "return.decline", subject, details: { answer } });
        await change.appendEvent({ lineId, message: `The return of ${line.name} has been declined.` });
        return null;
      });
    },
  };
}

/** Closes the open requests of lines that are being reversed, in the same transaction. */
export const approveReturns = (change: OrderChange, lineIds: readonly string[], operatorId: string) =>
  close(change, lineIds, { state: "APPROVED", closedBy: operatorId, answer: null });

async function close(
  { tx, now }: OrderChange,
  lineIds: readonly string[],
  closing: Pick<ReturnRequest, "state" | "closedBy" | "answer">,
): Promise<number> {
  const where = { lineId: { in: [...lineIds] }, state: "OPEN" as const };
  const { count } = await tx.returnRequest.updateMany({ where, data: { ...closing, closedAt: now } });
  return count;
}

export const openRequestOf = (tx: Tx, lineIds: readonly string[]) =>
  tx.returnRequest.findFirst({ where: { lineId: { in: [...lineIds] }, state: "OPEN" }, select: { id: true } });

/** Null if the customer may request the return of the line. An operator decides about the points. */
async function whyNotReturnable(tx: Tx, line: AggregateLine, now: Date): Promise<string | null> {
  if (line.fulfilledQuantity === 0) return "No unit of this line was delivered.";
  if (line.unitPoints === 0) return "This reward was free, so there is nothing to return.";
  const isBeingRevoked = line.units.some(({ issue }) => issue?.revokeState != null && issue.revokeState !== "REFUSED");
  if (isBeingRevoked) return "This reward is being reversed already.";
  const codes = await tx.voucherCode.findMany({
    where: { unit: { lineId: line.id }, state: "ALLOCATED" },
    select: { revealedAt: true, usedAt: true, allocatedAt: true },
  });
  if (codes.some(({ revealedAt, usedAt }) => revealedAt || usedAt))
    return "A voucher whose code was shown cannot be returned.";
  const givenAt = codes.map(({ allocatedAt }) => allocatedAt).concat(line.shipment?.reportedAt ?? null);
  const last = Math.max(...givenAt.map((at) => at?.getTime() ?? 0));
  if (last > 0 && now.getTime() - last > RETURN_DAYS * DAY_MS)
    return `A return can be asked for within ${RETURN_DAYS} days of the delivery.`;
  return null;
}
