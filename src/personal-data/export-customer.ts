import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, Prisma, type Tx } from "../platform/db.ts";

const { sql } = Prisma;

/** All stored data about a customer, by section. `docs/personal-data.md` has the purpose of each. */
export interface CustomerExport {
  customerId: string;
  exportedAt: string;
  sections: Record<string, unknown[]>;
}

/**
 * The rows of each section. Secrets are left out: tokens and hashes of tokens, codes of vouchers (which `revealVoucher`
 * shows), and the hash of a national id.
 */
const sections = (customerId: string): Record<string, Prisma.Sql> => {
  const members = sql`(select id from reward_members where customer_id = ${customerId})`;
  const orders = sql`(select id from orders where customer_id = ${customerId})`;
  const lines = sql`(select l.id from order_lines l where l.order_id in ${orders})`;
  return {
    customer: sql`select to_jsonb(t) - 'ledger_version' as row from customers t where customer_id = ${customerId}`,
    passwordRequests: sql`select to_jsonb(t) - '{address_hash,requester_hash,device_hash,reference_id}'::text[] as row
      from otp_challenges t where customer_id = ${customerId} order by created_at`,
    knownBrowsers: sql`select to_jsonb(t) - 'device_hash' as row from known_devices t where customer_id = ${customerId}`,
    sessions: sql`select to_jsonb(t) - 'client_token' as row from sessions t where customer_id = ${customerId} order by created_at`,
    pushSubscriptions: sql`select to_jsonb(t) - '{endpoint_hash,sealed}'::text[] as row
      from push_subscriptions t where customer_id = ${customerId} order by created_at`,
    pushMessages: sql`select to_jsonb(t) as row from push_messages t
      where subscription_id in (select id from push_subscriptions where customer_id = ${customerId}) order by id`,
    carts: sql`select to_jsonb(t) || jsonb_build_object('lines', (
        select coalesce(jsonb_agg(to_jsonb(l)), '[]') from cart_lines l where l.cart_id = t.id)) as row
      from carts t where customer_id = ${customerId} and (status = 'OPEN' or reference is not null)`,
    orders: sql`select to_jsonb(t) - 'client_token' as row from orders t where customer_id = ${customerId} order by placed_at`,
    orderLines: sql`select to_jsonb(t) as row from order_lines t where order_id in ${orders} order by order_id, position`,
    orderUnits: sql`select to_jsonb(t) as row from order_units t where line_id in ${lines} order by line_id, unit`,
    orderEvents: sql`select to_jsonb(t) as row from order_events t where order_id in ${orders} order by order_id, seq`,
    pointsMovements: sql`select to_jsonb(t) as row from points_movements t where customer_id = ${customerId} order by requested_at`,
    issues: sql`select to_jsonb(t) as row from unit_issues t where order_id in ${orders}`,
    discrepancies: sql`select to_jsonb(t) as row from discrepancies t where order_id in ${orders}`,
    reversalRequests: sql`select to_jsonb(t) as row from reversal_requests t where order_id in ${orders} order by requested_at`,
    vouchers: sql`select to_jsonb(t) - '{code,pin,code_hash}'::text[] as row from voucher_codes t
      where unit_id in (select id from order_units where line_id in ${lines})`,
    shipments: sql`select to_jsonb(t) as row from shipments t where line_id in ${lines}`,
    shipmentReports: sql`select to_jsonb(t) as row from shipment_reports t where line_id in ${lines} order by occurred_at`,
    returnRequests: sql`select to_jsonb(t) as row from return_requests t where customer_id = ${customerId} order by requested_at`,
    savedAddresses: sql`select to_jsonb(t) as row from saved_addresses t where customer_id = ${customerId} order by created_at`,
    wishes: sql`select to_jsonb(t) as row from wishes t where customer_id = ${customerId} order by created_at`,
    invitations: sql`select to_jsonb(t) as row from invitations t where customer_id = ${customerId}`,
    acceptedInvitations: sql`select to_jsonb(t) as row from accepted_invitations t
      where customer_id = ${customerId} or inviter_id = ${customerId} order by accepted_at`,
    idempotencyKeys: sql`select to_jsonb(t) - 'input_hash' as row from idempotency_keys t where actor = ${`customer:${customerId}`}`,
    members: sql`select to_jsonb(t) as row from reward_members t where customer_id = ${customerId}`,
    memberIdentities: sql`select to_jsonb(t) - case kind when 'NIK' then 'value' else '' end as row
      from member_identities t where member_id in ${members}`,
    awards: sql`select to_jsonb(t) as row from reward_awards t
      where customer_id = ${customerId} or member_id in ${members} order by created_at`,
    messages: sql`select to_jsonb(t) as row from reward_messages t where ${messagesOf(members)} order by received_at`,
    decisions: sql`select to_jsonb(t) as row from reward_decisions t
      where id in (select decision_id from reward_awards where member_id in ${members})`,
    counters: sql`select to_jsonb(t) as row from reward_counters t where member_id in ${members}`,
    referrals: sql`select to_jsonb(t) as row from referrals t where sharer_id in ${members} or receiver_id in ${members}`,
    checkIns: sql`select to_jsonb(t) as row from check_ins t where member_id in ${members} order by date`,
    drawTickets: sql`select to_jsonb(t) as row from draw_tickets t where member_id in ${members} order by issued_at`,
    memberEvents: sql`select to_jsonb(t) as row from member_events t where customer_id = ${customerId} order by seq`,
    ledgerEntries: sql`select to_jsonb(t) as row from ledger_entries t where customer_id = ${customerId} order by at`,
    webhookMessages: sql`select to_jsonb(t) as row from webhook_messages t where customer_id = ${customerId} order by seq`,
    walletReadings: sql`select to_jsonb(t) as row from wallet_readings t where customer_id = ${customerId}`,
    reconciliationBreaks: sql`select to_jsonb(t) as row from reconciliation_breaks t where customer_id = ${customerId} order by since`,
    operatorNotes: sql`select to_jsonb(t) as row from operator_notes t where customer_id = ${customerId} order by created_at`,
    operatorAssignments: sql`select to_jsonb(t) as row from operator_assignments t where customer_id = ${customerId}`,
    auditLog: sql`select to_jsonb(t) as row from audit_log t where ${auditOf(customerId)} order by id`,
  };
};

/** Messages that led to an award or a refusal for these members. */
export const messagesOf = (members: Prisma.Sql): Prisma.Sql => sql`id in (
  select d.message_id from reward_decisions d join reward_awards a on a.decision_id = d.id where a.member_id in ${members}
  union select message_id from check_ins where member_id in ${members}
  union select message_id from referrals where sharer_id in ${members} or receiver_id in ${members})`;

/** Entries by the customer, and about the customer's orders and awards. */
export const auditOf = (customerId: string): Prisma.Sql => sql`subject in (
  select ${customerId}
  union select o.number from orders o where o.customer_id = ${customerId}
  union select o.number || '/' || l.position from orders o join order_lines l on l.order_id = o.id where o.customer_id = ${customerId}
  union select m.reference from points_movements m where m.customer_id = ${customerId}
  union select i.transaction_number from unit_issues i join orders o on o.id = i.order_id where o.customer_id = ${customerId}
  union select a.id::text from reward_awards a where a.customer_id = ${customerId}
  union select a.credit_reference from reward_awards a where a.customer_id = ${customerId}
  union select b.id::text from reconciliation_breaks b where b.customer_id = ${customerId})`;

export type ExportCustomer = (customerId: string) => Promise<CustomerExport | null>;

/** Reads all data in one snapshot. @returns null if no data is stored about the customer */
export function makeExportCustomer({ db, clock }: { db: Db; clock: Clock }): ExportCustomer {
  return (customerId) =>
    inTransaction(db, async (tx) => {
      await tx.$executeRaw`set transaction isolation level repeatable read, read only`;
      if (!(await isKnown(tx, customerId))) return null;
      const read: CustomerExport["sections"] = {};
      for (const [name, query] of Object.entries(sections(customerId))) {
        const rows = await tx.$queryRaw<{ row: unknown }[]>(query);
        read[name] = rows.map(({ row }) => row);
      }
      return { customerId, exportedAt: clock.now().toISOString(), sections: read };
    });
}

export async function isKnown(tx: Tx, customerId: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ isKnown: boolean }[]>`
    select exists (select from customers where customer_id = ${customerId})
      or exists (select from orders where customer_id = ${customerId})
      or exists (select from reward_members where customer_id = ${customerId})
      or exists (select from otp_challenges where customer_id = ${customerId}) as "isKnown"`;
  return row?.isKnown === true;
}
