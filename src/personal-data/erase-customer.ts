import { randomUUID } from "node:crypto";
import { ERASURE_ACTION } from "../audit/index.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { sessionTopic } from "../domain/topics.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { afterCommit, type Db, inTransaction, Prisma, type Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { auditOf, isKnown, messagesOf } from "./export-customer.ts";

export interface EraseRequest {
  customerId: string;
  note: string;
  operatorId: string;
}

export interface Erased {
  /** Replaces the customer's id in the remaining records. */
  pseudonym: string;
  /** The number of deleted rows, and of pseudonymised rows. */
  deleted: number;
  pseudonymised: number;
}

const { sql } = Prisma;

/**
 * Erases a customer: deletes records without a duty of retention, and replaces the customer's id by a pseudonym in the
 * records of points and rewards that accounting requires. The gateway stores no mapping from the pseudonym to the
 * customer. Refused while points of the customer are being moved.
 */
export type EraseCustomer = (request: EraseRequest) => Promise<Erased | Refused>;

export function makeEraseCustomer({ db, bus, clock }: { db: Db; bus: Bus; clock: Clock }): EraseCustomer {
  return ({ customerId, note, operatorId }) =>
    inTransaction(db, async (tx): Promise<Erased | Refused> => {
      await tx.$queryRaw`select from customers where customer_id = ${customerId} for update`;
      if (!(await isKnown(tx, customerId))) {
        return refused(
          refusal("CUSTOMER_NOT_FOUND", "No data is stored about this customer.", ["input", "customerId"]),
        );
      }
      const open = await openWork(tx, customerId);
      if (open !== null) {
        return refused(
          refusal("CUSTOMER_NOT_SETTLED", `${open}. Erase the customer afterwards.`, ["input", "customerId"]),
        );
      }
      const live = await tx.session.findMany({ where: { customerId, endedAt: null }, select: { id: true } });
      afterCommit(tx, () => {
        for (const { id } of live) bus.notify(sessionTopic(id));
      });
      const pseudonym = `erased-${randomUUID()}`;
      await tx.$executeRaw`select set_config('tessera.erasing', 'on', true)`;
      const rehashed = await pseudonymiseAudit(tx, customerId, pseudonym);
      let deleted = 0;
      for (const statement of deletions(customerId)) deleted += await tx.$executeRaw(statement);
      let pseudonymised = Object.keys(rehashed).length;
      for (const statement of replacements(customerId, pseudonym)) pseudonymised += await tx.$executeRaw(statement);
      await tx.$executeRaw`select set_config('tessera.erasing', 'off', true)`;
      const details = { note, deleted, pseudonymised, rehashed };
      await audit(tx, { at: clock.now(), actor: operatorId, action: ERASURE_ACTION, subject: pseudonym, details });
      return { pseudonym, deleted, pseudonymised };
    });
}

/** The reason why the customer cannot be erased yet; null if no work is open. */
async function openWork(tx: Tx, customerId: string): Promise<string | null> {
  const [open] = await tx.$queryRaw<{ orders: number; movements: number; awards: number; breaks: number }[]>`
    select (select count(*)::int from orders where customer_id = ${customerId} and status in ('PENDING', 'PROCESSING')) as orders,
      (select count(*)::int from points_movements where customer_id = ${customerId}
        and state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION')) as movements,
      (select count(*)::int from reward_awards where customer_id = ${customerId} and unit <> 'TICKETS'
        and (state in ('UNCERTAIN', 'NEEDS_ATTENTION') or state = 'PENDING' and unit = 'POINTS')) as awards,
      (select count(*)::int from reconciliation_breaks where customer_id = ${customerId} and state in ('OPEN', 'REPAIRING')) as breaks`;
  if (!open) return null;
  if (open.orders > 0) return `${open.orders} orders of this customer are in progress`;
  if (open.movements > 0) return `${open.movements} points movements of this customer are not settled`;
  if (open.awards > 0) return `${open.awards} awards of this customer are to be credited`;
  return open.breaks > 0 ? `${open.breaks} reconciliation breaks of this customer are open` : null;
}

const membersOf = (customerId: string) => sql`(select id from reward_members where customer_id = ${customerId})`;

/** Records without a duty of retention. */
const deletions = (customerId: string): Prisma.Sql[] => [
  sql`delete from otp_challenges where customer_id = ${customerId}`,
  sql`delete from known_devices where customer_id = ${customerId}`,
  sql`delete from push_subscriptions where customer_id = ${customerId}`, // with their messages
  sql`delete from sessions where customer_id = ${customerId}`, // with their refresh tokens
  // with their lines
  sql`delete from carts c where customer_id = ${customerId} and not exists (select from orders o where o.cart_id = c.id)`,
  sql`delete from saved_addresses where customer_id = ${customerId}`,
  sql`delete from return_requests where customer_id = ${customerId}`,
  sql`delete from invitations where customer_id = ${customerId}`,
  sql`delete from wishes where customer_id = ${customerId}`,
  sql`delete from idempotency_keys where actor = ${`customer:${customerId}`}`,
  sql`delete from webhook_messages where customer_id = ${customerId}`,
  sql`delete from wallet_readings where customer_id = ${customerId}`,
  sql`delete from operator_notes where customer_id = ${customerId}`,
  sql`delete from operator_assignments where customer_id = ${customerId}`,
  sql`delete from member_events where customer_id = ${customerId}`,
  sql`delete from member_feeds where customer_id = ${customerId}`,
  sql`delete from member_identities where member_id in ${membersOf(customerId)}`,
];

/** Retained records, without the person, the destination and the identifying names. */
const replacements = (customerId: string, pseudonym: string): Prisma.Sql[] => [
  sql`update shipment_reports set tracking_number = null
    where tracking_number is not null and line_id in (
      select l.id from order_lines l join orders o on o.id = l.order_id where o.customer_id = ${customerId})`,
  sql`update shipments set tracking_number = null
    where tracking_number is not null and line_id in (
      select l.id from order_lines l join orders o on o.id = l.order_id where o.customer_id = ${customerId})`,
  sql`update reward_messages set payload = '{}', normalisations = '[]', actor = 'erased', answer = ${withoutNormalisations}
    where ${messagesOf(membersOf(customerId))}
      or id in (select message_id from accepted_invitations where ${customerId} in (customer_id, inviter_id))`,
  sql`update accepted_invitations set customer_id = ${pseudonym} where customer_id = ${customerId}`,
  sql`update accepted_invitations set inviter_id = ${pseudonym} where inviter_id = ${customerId}`,
  sql`update carts set customer_id = ${pseudonym}, reference = case when number is not null then number::text end where customer_id = ${customerId}`,
  sql`update orders set customer_id = ${pseudonym}, shipping_address = null, client_token = null where customer_id = ${customerId}`,
  sql`update voucher_codes set customer_id = ${pseudonym} where customer_id = ${customerId}`,
  sql`update reversal_requests set note = null, decision_note = null
    where order_id in (select id from orders where customer_id = ${pseudonym})`,
  sql`update points_movements set customer_id = ${pseudonym} where customer_id = ${customerId}`,
  sql`update reward_awards set customer_id = ${pseudonym} where customer_id = ${customerId}`,
  sql`update reward_members set customer_id = ${pseudonym} where customer_id = ${customerId}`,
  sql`update ledger_entries set customer_id = ${pseudonym} where customer_id = ${customerId}`,
  sql`update reconciliation_breaks set customer_id = ${pseudonym}, evidence = ${replaced(sql`evidence`, customerId, pseudonym)}
    where customer_id = ${customerId}`,
  sql`update customers set customer_id = ${pseudonym}, masked_mobile = null, block_reason = null where customer_id = ${customerId}`,
];

/** Normalisation notes quote parts of the message. */
export const withoutNormalisations = sql`(answer::jsonb #- '{data,normalisations}')::json`;

/** The JSON with the pseudonym in place of each text that equals the customer's id. */
const replaced = (json: Prisma.Sql, customerId: string, pseudonym: string) =>
  sql`replace(${json}::text, to_json(${customerId}::text)::text, to_json(${pseudonym}::text)::text)::jsonb`;

/**
 * Also replaces the producers' ids of the member, as `linkMember` records them. @returns the new hashes of the entries
 * by their ids, for the verification of the log
 */
async function pseudonymiseAudit(tx: Tx, customerId: string, pseudonym: string): Promise<Record<string, string>> {
  const actor = `customer:${customerId}`;
  const identities = await tx.$queryRaw<{ name: string }[]>`
    select kind || ':' || value as name from member_identities where member_id in ${membersOf(customerId)}`;
  const names = [customerId, ...identities.map(({ name }) => name)];
  const rows = await tx.$queryRaw<{ id: bigint; hash: string }[]>`
    update audit_log set
      actor = case actor when ${customerId} then ${pseudonym} when ${actor} then ${`customer:${pseudonym}`} else actor end,
      subject = case subject when ${customerId} then ${pseudonym} else subject end,
      details = ${names.reduce((json, name) => replaced(json, name, pseudonym), sql`details`)}
    where ${auditOf(customerId)}
    returning id, encode(audit_content_hash(audit_log), 'hex') as hash`;
  return Object.fromEntries(rows.map(({ id, hash }) => [String(id), hash]));
}
