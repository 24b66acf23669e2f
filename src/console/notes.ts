import { randomUUID } from "node:crypto";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Prisma, type Tx } from "../platform/db.ts";

export type Note = Prisma.OperatorNoteGetPayload<object>;

/** The subject of a note or an assignment: an order, or else a customer. */
export type Subject = { orderId: string } | { customerId: string };

const MAX_TEXT = 4_000;
const MAX_NOTES = 500;
const MAX_ASSIGNEE = 200;

export interface Notes {
  add(subject: Subject, text: string, operatorId: string): Promise<Note | Refused>;
  /** @param assignee null removes the assignment */
  assign(subject: Subject, assignee: string | null, operatorId: string): Promise<{ assignee: string | null } | Refused>;
  /** Notes on these orders, the oldest first. */
  ofOrders(orderIds: readonly string[]): Promise<Note[]>;
  /** Notes on these customers, without those on their orders; the oldest first. */
  ofCustomers(customerIds: readonly string[]): Promise<Note[]>;
  assigneesOfOrders(orderIds: readonly string[]): Promise<Map<string, string>>;
  assigneesOfCustomers(customerIds: readonly string[]): Promise<Map<string, string>>;
}

/** Operators' notes on orders and customers, and assignments. */
export function makeNotes({ db, clock }: { db: Db; clock: Clock }): Notes {
  const notFound = (subject: Subject) =>
    "orderId" in subject
      ? refused(refusal("ORDER_NOT_FOUND", "Order not found.", ["input"]))
      : refused(refusal("CUSTOMER_NOT_FOUND", "No data is stored about this customer.", ["input"]));

  /**
   * The columns that identify the subject, and its name in the audit log; null if the subject does not exist. Locks it
   * until the transaction ends.
   */
  async function columnsOf(tx: Tx, subject: Subject) {
    if ("orderId" in subject) {
      const [order] = await tx.$queryRaw<{ number: string; customerId: string }[]>`
        select number, customer_id as "customerId" from orders where id = ${subject.orderId}::uuid for key share`;
      return order ? { customerId: order.customerId, orderId: subject.orderId, name: order.number } : null;
    }
    const { customerId } = subject;
    // The lock excludes a concurrent erasure, which would miss the new row.
    const [customer] = await tx.$queryRaw<object[]>`
      select from customers where customer_id = ${customerId} for key share`;
    return customer ? { customerId, orderId: null, name: customerId } : null;
  }

  const inOrder: Prisma.OperatorNoteOrderByWithRelationInput[] = [{ createdAt: "asc" }, { id: "asc" }];
  return {
    async add(subject, written, author) {
      const text = written.trim();
      if (text === "" || text.length > MAX_TEXT) {
        const message = `text: must have 1 to ${MAX_TEXT} characters, found ${text.length}`;
        return refused(refusal("INVALID_INPUT", message, ["input", "text"]));
      }
      return inTransaction(db, async (tx) => {
        const columns = await columnsOf(tx, subject);
        if (!columns) return notFound(subject);
        const { name, ...about } = columns;
        if ((await tx.operatorNote.count({ where: about })) >= MAX_NOTES) {
          return refused(refusal("INVALID_INPUT", `${name} has ${MAX_NOTES} notes, which is the limit.`, ["input"]));
        }
        const at = clock.now();
        const note = await tx.operatorNote.create({ data: { ...about, text, author, createdAt: at } });
        await audit(tx, { at, actor: author, action: "note.add", subject: name, details: { noteId: note.id } });
        return note;
      });
    },

    async assign(subject, written, operatorId) {
      const assignee = written?.trim() || null;
      if (assignee !== null && assignee.length > MAX_ASSIGNEE) {
        const message = `assignee: must have at most ${MAX_ASSIGNEE} characters, found ${assignee.length}`;
        return refused(refusal("INVALID_INPUT", message, ["input", "assignee"]));
      }
      return inTransaction(db, async (tx) => {
        const columns = await columnsOf(tx, subject);
        if (!columns) return notFound(subject);
        const { name, customerId, orderId } = columns;
        const at = clock.now();
        if (assignee === null) await tx.operatorAssignment.deleteMany({ where: { customerId, orderId } });
        else if (orderId === null) {
          await tx.$executeRaw`
            insert into operator_assignments (id, customer_id, assignee, assigned_by, assigned_at)
            values (${randomUUID()}::uuid, ${customerId}, ${assignee}, ${operatorId}, ${at})
            on conflict (customer_id) where order_id is null
            do update set assignee = excluded.assignee, assigned_by = excluded.assigned_by, assigned_at = excluded.assigned_at`;
        } else {
          await tx.$executeRaw`
            insert into operator_assignments (id, customer_id, order_id, assignee, assigned_by, assigned_at)
            values (${randomUUID()}::uuid, ${customerId}, ${orderId}::uuid, ${assignee}, ${operatorId}, ${at})
            on conflict (order_id)
            do update set assignee = excluded.assignee, assigned_by = excluded.assigned_by, assigned_at = excluded.assigned_at`;
        }
        const action = orderId === null ? "customer.assign" : "order.assign";
        await audit(tx, { at, actor: operatorId, action, subject: name, details: { assignee } });
        return { assignee };
      });
    },

    ofOrders: (orderIds) => db.operatorNote.findMany({ where: { orderId: { in: [...orderIds] } }, orderBy: inOrder }),
    ofCustomers: (customerIds) =>
      db.operatorNote.findMany({ where: { customerId: { in: [...customerIds] }, orderId: null }, orderBy: inOrder }),
    async assigneesOfOrders(orderIds) {
      const rows = await db.operatorAssignment.findMany({ where: { orderId: { in: [...orderIds] } } });
      return new Map(rows.map(({ orderId, assignee }) => [orderId ?? "", assignee]));
    },
    async assigneesOfCustomers(customerIds) {
      const where = { customerId: { in: [...customerIds] }, orderId: null };
      const rows = await db.operatorAssignment.findMany({ where });
      return new Map(rows.map(({ customerId, assignee }) => [customerId, assignee]));
    },
  };
}
