import { randomUUID } from "node:crypto";
import type { Prisma, Tx } from "../../platform/db.ts";
import { checkInDays, keepCheckIns } from "../check-in/check-in.store.ts";
import type { DrawStore } from "../draw/draw.store.ts";
import type { TellMember } from "../feed/tell-member.ts";
import { type Person, personOf, userId } from "../members/identity.ts";
import { resolveMembers } from "../members/resolve-members.ts";
import { formatAnswer, makeTicketId, type ServiceAnswer } from "../message/answer.ts";
import { digestOf } from "../message/digest.ts";
import type { RewardMessage } from "../message/message.ts";
import { MessageRefused } from "../message/message-refused.ts";
import type { Normalisation } from "../message/notes.ts";
import { type Decision, skipped } from "../rules/decision.ts";
import { evaluateLines } from "../rules/evaluate.ts";
import { factsOfIncomplete } from "../rules/explanation.ts";
import type { LineFacts } from "../rules/facts.ts";
import { markUsed, rulesInForce } from "../rules/rule.store.ts";
import { lockUsage } from "../rules/usage.store.ts";
import { usageNeeded } from "../rules/usage.ts";
import { lineFactsOf, type People } from "./line-facts.ts";
import { withOurIds } from "./named-audience.ts";
import { type DecidedLine, writeEffects } from "./write-effects.ts";

export type MessageSource = "HTTP" | "GRAPHQL" | "REDIS" | "REDRIVE";

/** A message that has been read, with whatever of it is kept. */
export interface ReadMessage {
  readonly message: RewardMessage;
  readonly normalisations: readonly Normalisation[];
  /** Without national ids. */
  readonly payload: string;
  readonly nikHash: string | null;
  readonly source: MessageSource;
  readonly actor: string;
  /** Whom it is about, where that is not said by the message itself: a customer who is signed in. */
  readonly customerId?: string;
  /** What it is known by, where that is not what it means. */
  readonly digest?: string;
}

export interface Accepted {
  readonly messageId: string;
  readonly answer: ServiceAnswer;
  /** It had been accepted before: nothing happened, and the answer is the one given then. */
  readonly replayed: boolean;
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
 * Locked are, in this order: the message, its members, the draw, the counters, the feeds.
 *
 * @param isTrial nothing is drawn, since the outcome of the next ticket is nobody's to know before it is out
 * @throws MessageRefused
 */
export type AcceptMessage = (tx: Tx, read: ReadMessage, now: Date, isTrial?: boolean) => Promise<Accepted>;

export function makeAcceptMessage(deps: AcceptDeps): AcceptMessage {
  return async (tx, read, now, isTrial = false) => {
    const { message } = read;
    const kept = await keepMessage(tx, read, now);
    if ("first" in kept) return { ...kept.first, replayed: true, told: [] };
    const { messageId, answer } = kept;

    const people = await peopleOf(tx, read, now);
    const days =
      message.action === "dailycheckin" && people.member ? await checkInDays(tx, people.member.id) : undefined;
    const { facts, checkIns } = lineFactsOf(message, people, { days: days ?? [], now, timeZone: deps.timeZone });
    if (people.member && checkIns.length > 0) {
      await keepCheckIns(tx, { memberId: people.member.id, messageId }, checkIns);
    }
    await keepSince(tx, message, people);

    const { rules, unused } = await rulesInForce(tx, message.action);
    const drawIds = rules.flatMap(({ definition }) => ("drawId" in definition ? definition.drawId : []));
    const draws = drawIds.length === 0 ? new Map() : await deps.draws.lockOpen(tx, drawIds);
    const isPlayable = ({ definition }: (typeof rules)[number]) =>
      !("drawId" in definition) || draws.has(definition.drawId);
    const named = await withOurIds(
      tx,
      rules.filter(isPlayable),
      Object.values(people).flatMap((member) => member?.id ?? []),
    );
    const usage = await lockUsage(tx, usageNeeded(named, facts));
    const closed = rules.filter((rule) => !isPlayable(rule));
    const lines: DecidedLine[] = evaluateLines({ rules: named, lines: facts, usage }).map(
      ({ line, decisions }, place) => ({
        line: place + 1,
        facts: line,
        decisions: [...decisions, ...closed.flatMap((rule) => notOpen(rule, line))],
      }),
    );
    await markUsed(tx, unused, now);
    const told = await writeEffects(tx, deps, { messageId, lines, people, draws, checkIns, now, isTrial });
    return { messageId, answer, replayed: false, told };
  };
}

/** The message, or the one it repeats. Twins wait here for each other. */
async function keepMessage(
  tx: Tx,
  read: ReadMessage,
  now: Date,
): Promise<{ messageId: string; answer: ServiceAnswer } | { first: { messageId: string; answer: ServiceAnswer } }> {
  const { message, normalisations, payload, nikHash, source, actor } = read;
  const ticketGiven = message.ticketId !== null;
  const ticketId = message.ticketId ?? makeTicketId(message.action);
  const digest = read.digest ?? digestOf(message, nikHash);
  const answer = formatAnswer({ ticketId, normalisations });
  const [row] = await tx.rewardMessage.createManyAndReturn({
    data: {
      id: randomUUID(),
      ticketId,
      ticketGiven,
      digest,
      source,
      actor,
      action: message.action,
      payload,
      normalisations: normalisations as unknown as Prisma.InputJsonArray,
      answer: answer as unknown as Prisma.InputJsonObject,
      receivedAt: now,
    },
    skipDuplicates: true,
    select: { id: true },
  });
  if (row) return { messageId: row.id, answer };
  const first = await tx.rewardMessage.findFirst({
    where: ticketGiven ? { ticketId } : { digest, ticketGiven: false },
    select: { id: true, digest: true, answer: true },
  });
  if (first?.digest !== digest) {
    throw new MessageRefused([
      { path: "TicketId", code: "TICKET_REUSED", message: "was used for a message that says something else" },
    ]);
  }
  return { first: { messageId: first.id, answer: first.answer as unknown as ServiceAnswer } };
}

async function peopleOf(tx: Tx, { message, nikHash, customerId }: ReadMessage, now: Date): Promise<People> {
  const isReferral = message.action === "registerreferral" || message.action === "transactionreferral";
  const own = customerId === undefined ? personOf(message.member, nikHash) : { customerId };
  const receiver = isReferral ? (message.receiverId === null ? own : userId(message.receiverId)) : null;
  const sharer = isReferral && message.sharerId !== null ? userId(message.sharerId) : null;
  const wanted = [isReferral ? null : own, sharer, receiver];
  const present = wanted.filter((person): person is Person => person !== null);
  const members = await resolveMembers(tx, present, now);
  const [member = null, sharing = null, receiving = null] = wanted.map((person) =>
    person === null ? null : (members[present.indexOf(person)] ?? null),
  );
  return { member, sharer: sharing, receiver: receiving };
}

/** Whoever registers has been a member since, as far as we know. */
async function keepSince(tx: Tx, { action, lines: [first] }: RewardMessage, { member, receiver }: People) {
  const joining = action === "register" ? member : action === "registerreferral" ? receiver : null;
  if (!joining || joining.since !== null) return;
  await tx.rewardMember.update({ where: { id: joining.id }, data: { since: first.at } });
}

function notOpen(rule: Parameters<typeof skipped>[0], facts: LineFacts): Decision[] {
  const { definition } = rule;
  if (!("drawId" in definition)) return [];
  return [skipped(rule, factsOfIncomplete(facts), { reason: "DRAW_NOT_OPEN", drawId: definition.drawId })];
}
