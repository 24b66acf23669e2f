import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { notifyFeeds } from "../feed/index.ts";
import { type AcceptMessages, ownMessage } from "../intake/index.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { propagatedContext } from "../platform/tracing.ts";
import { readCampaigns } from "../rules/index.ts";
import { makeCode, readCode, writtenCode } from "./invitation-code.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

export interface Invitation {
  customerId: string;
  /** With its hyphen. */
  code: string;
}

/** The referral message of an accepted invitation. */
export interface AcceptedInvitation {
  messageId: string;
  replayed: boolean;
}

export interface Invitations {
  /** The customer's invitation, created at the first read; null while no rule awards referrals. */
  of(customerId: string): Promise<Invitation | null>;
  acceptedCount(customerId: string): Promise<number>;
  /** Sends a `registerreferral` message to the Reward Processor: once for each customer. */
  accept(customerId: string, code: string): Promise<AcceptedInvitation | Refused>;
}

export interface InvitationsDeps {
  db: Db;
  bus: Bus;
  clock: Clock;
  acceptMessages: AcceptMessages;
  timeZone: string;
  /** The days after their first sign-in or message in which customers can accept an invitation. */
  invitationDays: number;
  /** The limit of customers who accept one customer's invitation within 24 hours. */
  perCustomerDay: number;
}

export function makeInvitations(deps: InvitationsDeps): Invitations {
  const { db, bus, clock, acceptMessages, timeZone, invitationDays, perCustomerDay } = deps;

  /** The customer who invites with the code; null for unknown codes and for blocked customers. */
  async function inviterOf(tx: Tx, code: string): Promise<string | null> {
    const [row] = await tx.$queryRaw<{ inviterId: string }[]>`
      select i.customer_id as "inviterId" from invitations i
      join customers c on c.customer_id = i.customer_id and c.blocked_at is null
      where i.code = ${code} for update of i`; // the limit of a day is counted by one transaction at a time
    return row?.inviterId ?? null;
  }

  async function isNew(tx: Tx, customerId: string, now: Date): Promise<boolean> {
    const [row] = await tx.$queryRaw<{ since: Date | null }[]>`
      select least(
        (select created_at from customers where customer_id = ${customerId}),
        (select since from reward_members where customer_id = ${customerId})) as since`;
    return !row?.since || row.since.getTime() > now.getTime() - invitationDays * DAY_MS;
  }

  return {
    async of(customerId) {
      const campaigns = await readCampaigns(db, clock.now());
      if (!campaigns.some(({ definition }) => definition.action === "registerreferral")) return null;
      for (;;) {
        const known = await db.invitation.findUnique({ where: { customerId } });
        if (known) return { customerId, code: writtenCode(known.code) };
        // Another request may insert the customer's code first; another customer may have the same code.
        await db.invitation.createMany({
          data: [{ customerId, code: makeCode(), createdAt: clock.now() }],
          skipDuplicates: true,
        });
      }
    },

    acceptedCount: (customerId) => db.acceptedInvitation.count({ where: { inviterId: customerId } }),

    async accept(customerId, written) {
      const now = clock.now();
      const code = readCode(written);
      if (code === null) return notFound();
      const { notified, answer } = await inTransaction({ db, lane: `customer ${customerId}` }, async (tx) => {
        await tx.$queryRaw`select from customers where customer_id = ${customerId} for update`; // one at a time
        const refuse = (answer: Refused) => ({ notified: [], answer });
        const inviterId = await inviterOf(tx, code);
        if (inviterId === null) return refuse(notFound());
        if (inviterId === customerId) return refuse(own());
        const accepted = await tx.acceptedInvitation.findUnique({ where: { customerId } });
        if (accepted && accepted.inviterId !== inviterId) return refuse(alreadyAccepted());
        if (accepted) return { notified: [], answer: { messageId: accepted.messageId, replayed: true } };
        if (!(await isNew(tx, customerId, now))) return refuse(forNewCustomers(invitationDays));
        const since = new Date(now.getTime() - DAY_MS);
        const lately = await tx.acceptedInvitation.count({ where: { inviterId, acceptedAt: { gt: since } } });
        if (lately >= perCustomerDay) return refuse(limitReached());

        const rawDate = now.toISOString();
        const message = ownMessage({
          action: "registerreferral",
          customerId,
          at: now,
          timeZone,
          data: { invitation: code, transaction: [{ date: rawDate }] },
          identity: ["invitation", customerId, inviterId, rawDate],
        });
        const read = { ...message, sharerCustomerId: inviterId };
        const arrived = [{ read, trace: propagatedContext() ?? null }];
        const [stored] = await acceptMessages(tx, arrived, now, { budgets: "locked" });
        if (!stored) throw new Error("the message of a referral has an outcome");
        const { messageId } = stored;
        await tx.acceptedInvitation.create({ data: { customerId, inviterId, acceptedAt: now, messageId } });
        return { notified: stored.notified, answer: { messageId, replayed: false } };
      });
      notifyFeeds(bus, notified);
      return answer;
    },
  };
}

const field = ["input", "code"];
const notFound = () => refused(refusal("INVITATION_NOT_FOUND", "No invitation has this code.", field));
const own = () => refused(refusal("INVITATION_OWN", "Customers cannot accept their own invitation.", field));
const alreadyAccepted = () =>
  refused(refusal("INVITATION_ALREADY_ACCEPTED", "The customer has accepted another invitation.", field));
const forNewCustomers = (days: number) =>
  refused(
    refusal(
      "INVITATION_FOR_NEW_CUSTOMERS",
      `Invitations can be accepted in the first ${days} days of a customer.`,
      field,
    ),
  );
const limitReached = () =>
  refused(
    refusal(
      "INVITATION_LIMIT_REACHED",
      "Too many customers accepted this invitation lately. Try again tomorrow.",
      field,
    ),
  );
