import { randomUUID } from "node:crypto";
import type { Prisma, Tx } from "../../platform/db.ts";
import type { NewCheckIn } from "../check-in/check-in.store.ts";
import type { DrawnTicket, DrawStore, OpenDraw } from "../draw/draw.store.ts";
import type { MemberEvent } from "../feed/member-event.ts";
import type { TellMember } from "../feed/tell-member.ts";
import type { Member } from "../members/resolve-members.ts";
import type { Decision } from "../rules/decision.ts";
import type { LineFacts } from "../rules/facts.ts";
import { keyOf } from "../rules/key.ts";
import { moveCounters } from "../rules/usage.store.ts";
import type { People } from "./line-facts.ts";

export interface DecidedLine {
  /** 1 is the first. */
  readonly line: number;
  readonly facts: LineFacts;
  readonly decisions: readonly Decision[];
}

export interface Effects {
  readonly messageId: string;
  readonly lines: readonly DecidedLine[];
  readonly people: People;
  readonly draws: ReadonlyMap<string, OpenDraw>;
  readonly checkIns: readonly NewCheckIn[];
  readonly now: Date;
  readonly isTrial: boolean;
}

type AwardRow = Prisma.RewardAwardCreateManyInput & { id: string; quantity: number };
/** An award with what its member is told of it. */
interface Given {
  readonly row: AwardRow;
  readonly member: Member;
  readonly action: string;
  readonly ruleName: string;
}

/** Writes what was decided: all of it, since whatever is left out would have to be taken back. @returns whom it told */
export async function writeEffects(
  tx: Tx,
  { draws, tellMember }: { draws: DrawStore; tellMember: TellMember },
  effects: Effects,
): Promise<string[]> {
  const { messageId, lines, now, isTrial } = effects;
  const decisions: Prisma.RewardDecisionCreateManyInput[] = [];
  const given: Given[] = [];
  for (const { line, decision } of lines.flatMap(({ line, decisions }) =>
    decisions.map((decision) => ({ line, decision })),
  )) {
    const id = randomUUID();
    decisions.push(toRow(id, messageId, line, decision, now));
    given.push(...awardsOf(id, decision, effects));
  }
  const awarded = lines.flatMap(({ decisions }) => decisions.filter((decision) => decision.outcome === "AWARD"));
  await tx.rewardDecision.createMany({ data: decisions });
  await tx.rewardAward.createMany({ data: given.map(({ row }) => row) });
  await moveCounters(
    tx,
    awarded.flatMap(({ counts }) => counts),
  );
  for (const { referral } of awarded) {
    if (referral) await tx.referral.create({ data: { ...referral, messageId, at: now } });
  }

  const drawn: { member: Member; drawId: string; ticket: DrawnTicket }[] = [];
  for (const tickets of isTrial ? [] : given.filter(({ row }) => row.unit === "TICKETS")) {
    const draw = effects.draws.get(tickets.row.drawId ?? "");
    if (!draw) throw new Error("tickets were given for a draw that is not open");
    for (const ticket of await draws.drawFor(tx, draw, tickets.row, now)) {
      drawn.push({ member: tickets.member, drawId: draw.campaign.id, ticket });
      const prize = prizeAward(tickets, draw.campaign.id, ticket, now);
      if (prize) given.push(prize);
    }
  }
  const prizes = given.filter(({ row }) => row.unit === "POINTS" && row.drawId != null);
  if (prizes.length > 0) await tx.rewardAward.createMany({ data: prizes.map(({ row }) => row) });

  const events = [
    ...checkInEvents(effects),
    ...given.map((award) => ({ member: award.member, event: awardEvent(award, now) })),
    ...drawn.map(({ member, drawId, ticket }) => ({ member, event: ticketEvent(drawId, ticket, now) })),
  ];
  return tellAll(tx, tellMember, events);
}

function toRow(
  id: string,
  messageId: string,
  line: number,
  decision: Decision,
  at: Date,
): Prisma.RewardDecisionCreateManyInput {
  const { rule, outcome, explanation } = decision;
  return {
    id,
    messageId,
    line,
    ruleId: rule.id,
    ruleVersion: rule.version,
    outcome,
    reason: decision.outcome === "SKIP" ? decision.skip.reason : null,
    explanation: explanation as unknown as Prisma.InputJsonObject,
    at,
  };
}

function awardsOf(decisionId: string, decision: Decision, { people, now }: Effects): Given[] {
  if (decision.outcome === "SKIP") return [];
  const { explanation } = decision;
  const members = Object.values(people).filter((member): member is Member => member !== null);
  return decision.awards.map(({ memberId, cutBy: _, ...award }): Given => {
    const member = members.find(({ id }) => id === memberId);
    if (!member) throw new Error("an award went to somebody the message does not name");
    const isDrawn = award.unit === "TICKETS";
    return {
      member,
      action: explanation.facts.action,
      ruleName: explanation.rule.name,
      row: {
        ...award,
        id: randomUUID(),
        decisionId,
        memberId,
        customerId: member.customerId,
        receiverId: people.receiver?.id ?? null,
        // Tickets are drawn here and now, by whoever they are held.
        state: isDrawn ? "CREDITED" : "PENDING",
        settledAt: isDrawn ? now : null,
        createdAt: now,
      },
    };
  });
}

/** Points that a ticket has won are an award like any other. */
function prizeAward(tickets: Given, drawId: string, { number, prize }: DrawnTicket, now: Date): Given | null {
  if (prize.kind !== "points") return null;
  const { decisionId, memberId, customerId = null } = tickets.row;
  return {
    ...tickets,
    ruleName: prize.name,
    row: {
      id: randomUUID(),
      effectKey: keyOf("draw", drawId, number),
      decisionId,
      memberId,
      customerId,
      role: "MEMBER",
      unit: "POINTS",
      quantity: prize.points,
      drawId,
      availableAt: now,
      createdAt: now,
    },
  };
}

const checkInEvents = ({ lines, checkIns, people: { member }, now: at }: Effects) =>
  checkIns.flatMap(({ date }, place) => {
    const streak = lines[place]?.facts.checkIn?.streak;
    if (!member || streak === undefined) return [];
    return [{ member, event: { type: "CHECK_IN", at, data: { date, streak } } as const }];
  });

export function awardEvent(
  { row, action, ruleName }: Pick<Given, "action" | "ruleName"> & { row: AwardFacts },
  at: Date,
): MemberEvent {
  const { id, unit, quantity, state = "PENDING", availableAt, expiresAt } = row;
  return {
    type: "AWARD",
    at,
    data: {
      awardId: id,
      action,
      name: ruleName,
      unit,
      quantity: Number(quantity),
      state,
      availableAt: new Date(availableAt).toISOString(),
      expiresAt: expiresAt ? new Date(expiresAt).toISOString() : null,
    },
  };
}
type AwardFacts = Pick<AwardRow, "id" | "unit" | "state" | "availableAt" | "expiresAt"> & { quantity: number | bigint };

export const ticketEvent = (drawId: string, { number, hash, prize }: DrawnTicket, at: Date): MemberEvent => ({
  type: "TICKET",
  at,
  data: { drawId, number, hash, prize: { id: prize.id, name: prize.name, kind: prize.kind } },
});

/** In the order of the customers, and each customer's in the order in which they happened. */
async function tellAll(
  tx: Tx,
  tellMember: TellMember,
  events: readonly { member: Member; event: MemberEvent }[],
): Promise<string[]> {
  const customerIds = [...new Set(events.flatMap(({ member }) => member.customerId ?? []))].sort();
  for (const customerId of customerIds) {
    for (const { member, event } of events) {
      if (member.customerId === customerId) await tellMember(tx, customerId, event);
    }
  }
  return customerIds;
}
