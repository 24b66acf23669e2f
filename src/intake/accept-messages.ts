import type { DrawStore } from "../draws/index.ts";
import type { AppendMemberEvents } from "../feed/index.ts";
import type { Tx } from "../platform/db.ts";
import { type Budgets, insertCheckIns, makeRulesInForce, type NewCheckIn, readCheckInDays } from "../rules/index.ts";
import { evaluateMessages } from "./evaluate-messages.ts";
import { insertMessages, type StoredMessage } from "./insert-messages.ts";
import { lineFactsOf } from "./line-facts.ts";
import { type Participants, participantsOf, presentMembers } from "./participants.ts";
import type { ReadMessage } from "./read-message.ts";
import { writeEffects } from "./write-effects.ts";

/** The outcome of a message. A repeated message has no effects, and the answer of the first one. */
export interface Accepted extends StoredMessage {
  /** The customers with new events in their feeds. */
  readonly notified: readonly string[];
}

/** A message and the trace that it arrived with, which its awards continue. */
export interface Arrived {
  readonly read: ReadMessage;
  readonly trace: string | null;
}

export interface AcceptDeps {
  draws: DrawStore;
  appendMemberEvents: AppendMemberEvents;
  timeZone: string;
}

export interface AcceptOptions {
  /** Draws no tickets, because the result of the next ticket must stay secret until it is drawn. */
  isTrial?: boolean;
  budgets: Budgets;
}

/**
 * Processes messages in one transaction, with the same result as one after the other: each message once, by its ticket
 * or digest, and each award once, by its effect key. The keys of the messages (`keyOfMessage`) must differ. Locks, in
 * this order: the messages, their members, the draws, the counters, the budgets, and at the commit the feeds.
 *
 * @throws MessageRefused if one of the messages is refused
 * @throws BudgetExceeded if other transactions have used a budget that was not locked
 */
export type AcceptMessages = (
  tx: Tx,
  arrived: readonly Arrived[],
  now: Date,
  options: AcceptOptions,
) => Promise<Accepted[]>;

export function makeAcceptMessages({ draws, appendMemberEvents, timeZone }: AcceptDeps): AcceptMessages {
  const rulesInForce = makeRulesInForce();
  return async (tx, arrived, now, { isTrial = false, budgets }) => {
    const stored = await insertMessages(
      tx,
      arrived.map(({ read }) => read),
      now,
    );
    const fresh = arrived.flatMap(({ read, trace }, place) => {
      const message = stored[place];
      return message && !message.replayed ? { read, trace, messageId: message.messageId } : [];
    });
    const customersOf = new Map<string, readonly string[]>();
    if (fresh.length > 0) {
      const participants = await participantsOf(
        tx,
        fresh.map(({ read }) => read),
        now,
      );
      const messages = await withFacts(
        tx,
        fresh.map((message, place) => ({ ...message, participants: participants[place] ?? noParticipants })),
        { now, timeZone },
      );
      const memberIds = [...new Set(participants.flatMap(presentMembers).map(({ id }) => id))];
      const input = { messages, memberIds, now, budgets };
      const { messages: lines, ...evaluated } = await evaluateMessages(tx, { draws, rulesInForce }, input);
      const notified = await writeEffects(
        tx,
        { draws, appendMemberEvents },
        messages.map((message, place) => ({ ...message, lines: lines[place] ?? [] })),
        { ...evaluated, timeZone, now, isTrial, budgets },
      );
      messages.forEach(({ messageId }, place) => {
        customersOf.set(messageId, notified[place] ?? []);
      });
    }
    return stored.map((message) => ({
      ...message,
      notified: message.replayed ? [] : (customersOf.get(message.messageId) ?? []),
    }));
  };
}

const noParticipants: Participants = { member: null, sharer: null, receiver: null };

interface Fresh {
  readonly read: ReadMessage;
  readonly trace: string | null;
  readonly messageId: string;
  readonly participants: Participants;
}

/** Adds the facts that the rules need, and inserts the check-ins. */
async function withFacts(tx: Tx, fresh: readonly Fresh[], { now, timeZone }: { now: Date; timeZone: string }) {
  const checking = fresh.flatMap(({ read, participants }) =>
    read.message.action === "dailycheckin" ? (participants.member?.id ?? []) : [],
  );
  const days = await readCheckInDays(tx, [...new Set(checking)]);
  const newCheckIns: (NewCheckIn & { memberId: string; messageId: string })[] = [];
  const messages = fresh.map((message) => {
    const { read, participants, messageId } = message;
    const { action } = read.message;
    const memberId = participants.member?.id ?? "";
    const checkInDays = days.get(memberId) ?? [];
    const { facts, checkIns } = lineFactsOf(read.message, participants, { days: checkInDays, now, timeZone });
    if (checkIns.length > 0) {
      newCheckIns.push(...checkIns.map((checkIn) => ({ ...checkIn, memberId, messageId })));
      const counting = checkIns.flatMap(({ date, late }) => (late ? [] : [date]));
      days.set(memberId, [...new Set([...checkInDays, ...counting])]);
    }
    return { ...message, action, facts, checkIns, checkInDays };
  });
  await insertCheckIns(tx, newCheckIns);
  return messages;
}
