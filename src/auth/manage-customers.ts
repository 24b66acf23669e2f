import { z } from "zod";
import { readCustomerId } from "../domain/customer-id.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import type { SessionStore } from "./session.store.ts";

export interface CustomerBlock {
  at: Date;
  /** The operator. */
  by: string;
  reason: string;
}

export interface ManagedCustomer {
  customerId: string;
  /** The number of ended sessions. */
  sessionsEnded: number;
}

export interface ManageCustomers {
  /** The id as stored; null if no data is stored about the customer. */
  find(customerId: string): Promise<string | null>;
  blocks(customerIds: readonly string[]): Promise<Map<string, CustomerBlock>>;
  /** Ends one session, or all of them without `sessionId`. */
  signOut(
    customerId: string,
    input: { note: string | null; sessionId: string | null },
    operatorId: string,
  ): Promise<ManagedCustomer | Refused>;
  /** An already blocked customer keeps the time of the first block and gets the new reason. */
  block(customerId: string, reason: string, operatorId: string): Promise<ManagedCustomer | Refused>;
  unblock(customerId: string, note: string | null, operatorId: string): Promise<ManagedCustomer | Refused>;
}

const MAX_REASON = 500;

/** Operators' changes to customers' access. */
export function makeManageCustomers(deps: {
  db: Db;
  sessions: Pick<SessionStore, "endAll">;
  clock: Clock;
}): ManageCustomers {
  const { db, sessions, clock } = deps;

  /** Runs `work` on the customer's row, under its lock. */
  async function changing(
    written: string,
    work: (tx: Tx, customer: { customerId: string; blockedAt: Date | null }) => Promise<number>,
  ): Promise<ManagedCustomer | Refused> {
    const customerId = readCustomerId(written);
    const answer =
      customerId === null
        ? null
        : await inTransaction({ db, lane: `customer ${customerId}` }, async (tx) => {
            const [customer] = await tx.$queryRaw<{ customerId: string; blockedAt: Date | null }[]>`
              select customer_id as "customerId", blocked_at as "blockedAt" from customers
              where customer_id = ${customerId} for no key update`;
            return customer ? { customerId, sessionsEnded: await work(tx, customer) } : null;
          });
    if (answer) return answer;
    const message = "No customer of this id has signed in here.";
    return refused(refusal("CUSTOMER_NOT_FOUND", message, ["input", "customerId"]));
  }

  const tooLong = (field: string, text: string) =>
    refused(
      refusal("INVALID_INPUT", `${field}: must have 1 to ${MAX_REASON} characters, found ${text.length}`, [
        "input",
        field,
      ]),
    );
  const noteOf = (note: string | null) => note?.trim() || null;

  return {
    async find(written) {
      const customerId = readCustomerId(written);
      if (customerId === null) return null;
      const [row] = await db.$queryRaw<{ isKnown: boolean }[]>`
        select exists (select from customers where customer_id = ${customerId})
          or exists (select from orders where customer_id = ${customerId})
          or exists (select from reward_members where customer_id = ${customerId}) as "isKnown"`;
      return row?.isKnown ? customerId : null;
    },

    async blocks(customerIds) {
      const rows = await db.$queryRaw<(CustomerBlock & { customerId: string })[]>`
        select customer_id as "customerId", blocked_at as at, blocked_by as by, block_reason as reason from customers
        where customer_id = any(${[...customerIds]}) and blocked_at is not null`;
      return new Map(rows.map((row) => [row.customerId, row]));
    },

    async signOut(customerId, { note: written, sessionId }, actor) {
      if (sessionId !== null && !z.uuid().safeParse(sessionId).success) {
        const message = "sessionId: is not the id of a session.";
        return refused(refusal("INVALID_INPUT", message, ["input", "sessionId"]));
      }
      const note = noteOf(written);
      if (note !== null && note.length > MAX_REASON) return tooLong("note", note);
      return changing(customerId, async (tx, { customerId: subject }) => {
        const ended = await sessions.endAll(tx, subject, "signed out by an operator", sessionId ?? undefined);
        const details = { ended, note, ...(sessionId !== null && { sessionId }) };
        await audit(tx, { at: clock.now(), actor, action: "customer.sign-out", subject, details });
        return ended;
      });
    },

    async block(customerId, written, actor) {
      const reason = written.trim();
      if (reason === "" || reason.length > MAX_REASON) return tooLong("reason", reason);
      return changing(customerId, async (tx, { customerId: subject, blockedAt }) => {
        const at = clock.now();
        await tx.customer.update({
          where: { customerId: subject },
          data: { blockedAt: blockedAt ?? at, blockedBy: actor, blockReason: reason },
        });
        const ended = await sessions.endAll(tx, subject, "blocked by an operator");
        // The reason may name the customer. An erasure clears the row but not the log, so only the row holds the
        // reason.
        await audit(tx, { at, actor, action: "customer.block", subject, details: { ended } });
        return ended;
      });
    },

    async unblock(customerId, written, actor) {
      const note = noteOf(written);
      if (note !== null && note.length > MAX_REASON) return tooLong("note", note);
      return changing(customerId, async (tx, { customerId: subject, blockedAt }) => {
        if (blockedAt === null) return 0;
        const data = { blockedAt: null, blockedBy: null, blockReason: null };
        await tx.customer.update({ where: { customerId: subject }, data });
        await audit(tx, { at: clock.now(), actor, action: "customer.unblock", subject, details: { note } });
        return 0;
      });
    },
  };
}
