import type { DrawStore } from "../draws/index.ts";
import type { TellMember } from "../feed/index.ts";
import type { Tx } from "../platform/db.ts";
import { checkInDays, keepCheckIns } from "../rules/index.ts";
import { judgeLines } from "./judge-lines.ts";
import { type KeptMessage, keepMessage } from "./keep-message.ts";
import { lineFactsOf } from "./line-facts.ts";
import { eachOf, keepSince, peopleOf } from "./people-of.ts";
import type { ReadMessage } from "./read-message.ts";
import { writeEffects } from "./write-effects.ts";

/** What has become of a message. Of one that repeats another nothing has, and the answer is the one given then. */
export interface Accepted extends KeptMessage {
  /** Whose feed has got longer. */
  readonly told: readonly string[];
}

export interface AcceptDeps {
  draws: DrawStore;
  tellMember: TellMember;
  timeZone: string;
}

/**
 * Everything that comes of a message, in one transaction: once by its ticket or digest, and each award once by its effect key.
 * Locked are, in this order: the message, its members, the draws, the counters, the feeds.
 *
 * @param isTrial nothing is drawn, since the outcome of the next ticket is nobody's to know before it is out
 * @throws MessageRefused
 */
export type AcceptMessage = (tx: Tx, read: ReadMessage, now: Date, isTrial?: boolean) => Promise<Accepted>;

export function makeAcceptMessage({ draws: store, tellMember, timeZone }: AcceptDeps): AcceptMessage {
  return async (tx, read, now, isTrial = false) => {
    const kept = await keepMessage(tx, read, now);
    if (kept.replayed) return { ...kept, told: [] };
    const { messageId } = kept;
    const { message } = read;

    const people = await peopleOf(tx, read, now);
    await keepSince(tx, read, people);
    const checking = message.action === "dailycheckin" ? people.member : null;
    const days = checking ? await checkInDays(tx, checking.id) : [];
    const { facts, checkIns } = lineFactsOf(message, people, { days, now, timeZone });
    if (checking) await keepCheckIns(tx, { memberId: checking.id, messageId }, checkIns);

    const memberIds = eachOf(people).map(({ id }) => id);
    const { lines, draws, freezes } = await judgeLines(tx, store, { action: message.action, facts, memberIds, now });
    const checked = { checkIns, checkInDays: days, freezes };
    const effects = { messageId, lines, people, draws, ...checked, timeZone, now, isTrial };
    const told = await writeEffects(tx, { draws: store, tellMember }, effects);
    return { ...kept, told };
  };
}
