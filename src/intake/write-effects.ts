import { randomUUID } from "node:crypto";
import { type DrawnTicket, type DrawStore, type OpenDraw, prizeAward } from "../draws/index.ts";
import { awardEvent, type MemberEvent, type MemberNews, type TellMember, tellAll } from "../feed/index.ts";
import type { Member } from "../members/index.ts";
import type { Tx } from "../platform/db.ts";
import { type LocalDate, localDateOf } from "../platform/time-zone.ts";
import {
  type Decision,
  type Explanation,
  moveCounters,
  type NewCheckIn,
  nextCheckInAt,
  streaks,
} from "../rules/index.ts";
import { insertDecisions, type NewAward, type NewDecision } from "./insert-decisions.ts";
import type { DecidedLine } from "./judge-lines.ts";
import { eachOf, type People } from "./people-of.ts";

export interface Effects {
  readonly messageId: string;
  readonly lines: readonly DecidedLine[];
  readonly people: People;
  readonly draws: ReadonlyMap<string, OpenDraw>;
  readonly checkIns: readonly NewCheckIn[];
  /** The member's days before these. */
  readonly checkInDays: readonly LocalDate[];
  /** How many missed days in a row a streak survives now. */
  readonly freezes: number;
  readonly timeZone: string;
  readonly now: Date;
  readonly isTrial: boolean;
}

interface Given {
  readonly row: NewAward;
  readonly member: Member;
  readonly explanation: Explanation;
}

/** Writes what was decided: all of it, since whatever is left out would have to be taken back. @returns whom it told */
export async function writeEffects(
  tx: Tx,
  { draws, tellMember }: { draws: DrawStore; tellMember: TellMember },
  effects: Effects,
): Promise<string[]> {
  const { messageId, lines, now, isTrial } = effects;
  const decided = lines.flatMap(({ line, decisions }) =>
    decisions.map((decision) => ({ id: randomUUID(), line, decision })),
  );
  const awarded = decided.flatMap(({ decision }) => (decision.outcome === "AWARD" ? [decision] : []));
  const given = decided.flatMap(({ id, decision }) => awardsOf(id, decision, effects));
  await insertDecisions(tx, {
    decisions: decided.map(({ id, line, decision }) => decisionRow(id, messageId, line, decision)),
    awards: given.map(({ row }) => row),
    at: now,
  });
  await moveCounters(
    tx,
    awarded.flatMap(({ counts }) => counts),
  );
  for (const { referral } of awarded) {
    if (referral) await tx.referral.create({ data: { ...referral, messageId, at: now } });
  }
  const drawn = isTrial ? [] : await drawTickets(tx, draws, given, effects);
  const prizes = drawn.flatMap(({ prize }) => prize ?? []);
  if (prizes.length > 0) await insertDecisions(tx, { awards: prizes.map(({ row }) => row), at: now });

  return tellAll(tx, tellMember, [
    ...checkInNews(effects),
    ...given.map(awardNews),
    ...drawn.flatMap(({ news }) => news),
    ...prizes.map(awardNews),
  ]);
}

const decisionRow = (id: string, messageId: string, line: number, decision: Decision): NewDecision => ({
  id,
  messageId,
  line,
  ruleId: decision.rule.id,
  ruleVersion: decision.rule.version,
  outcome: decision.outcome,
  reason: decision.outcome === "SKIP" ? decision.skip.reason : null,
  explanation: decision.explanation,
});

function awardsOf(decisionId: string, decision: Decision, effects: Effects): Given[] {
  if (decision.outcome === "SKIP") return [];
  const members = eachOf(effects.people);
  return decision.awards.map((award) => {
    const member = members.find(({ id }) => id === award.memberId);
    if (!member) throw new Error("an award went to somebody the message does not name");
    return { member, explanation: decision.explanation, row: awardRow(decisionId, award, member, effects) };
  });
}

function awardRow(
  decisionId: string,
  { cutBy: _, ...award }: Extract<Decision, { outcome: "AWARD" }>["awards"][number],
  { customerId }: Member,
  { people, now }: Effects,
): NewAward {
  // However late we hear of an event, what it gives lasts as long as if we had heard at once.
  const { availableAt, expiresAt } = award;
  const late = Math.max(0, now.getTime() - availableAt.getTime());
  // Tickets are drawn here and now, by whoever they are held.
  const isDrawn = award.unit === "TICKETS";
  return {
    ...award,
    sku: null,
    expiresAt: expiresAt && new Date(expiresAt.getTime() + late),
    id: randomUUID(),
    decisionId,
    customerId,
    receiverId: people.receiver?.id ?? null,
    state: isDrawn ? ("CREDITED" as const) : ("PENDING" as const),
    settledAt: isDrawn ? now : null,
  };
}

async function drawTickets(
  tx: Tx,
  store: DrawStore,
  given: readonly Given[],
  { draws, now }: Effects,
): Promise<{ news: MemberNews[]; prize: Given | null }[]> {
  const drawn: { news: MemberNews[]; prize: Given | null }[] = [];
  for (const { row, member, explanation } of given.filter(({ row }) => row.unit === "TICKETS")) {
    const draw = draws.get(row.drawId ?? "");
    if (!draw) throw new Error("tickets were given for a draw that is not open");
    const { campaign } = draw;
    for (const ticket of await store.drawFor(tx, draw, row, now)) {
      const won = prizeAward(row, campaign.id, ticket, now);
      drawn.push({
        news: ticketEvents(campaign, ticket).map((event) => ({ customerId: member.customerId, event })),
        prize: won && { row: won, member, explanation },
      });
    }
  }
  return drawn;
}

const awardNews = ({ row, member, explanation }: Given): MemberNews => ({
  customerId: member.customerId,
  event: awardEvent(row, explanation),
});

function ticketEvents(
  { id: drawId, name: drawName }: OpenDraw["campaign"],
  { number, hash, prize }: DrawnTicket,
): MemberEvent[] {
  const ticket = { drawId, drawName, number };
  const points = prize.kind === "points" ? prize.points : null;
  return [
    { type: "TICKET_DRAWN", ...ticket, hash },
    { type: "DRAW_RESULT", ...ticket, prizeId: prize.id, prizeName: prize.name, won: prize.kind !== "none", points },
  ];
}

function checkInNews(effects: Effects): MemberNews[] {
  const { checkIns, checkInDays, freezes, people, now, timeZone } = effects;
  const { customerId = null } = people.member ?? {};
  if (checkIns.length === 0 || customerId === null) return [];
  const counting = checkIns.flatMap(({ date, late }) => (late ? [] : [date]));
  const known = streaks([...checkInDays, ...counting], { today: localDateOf(now, timeZone), freezes });
  const streakOf = new Map(known.days.map(({ date, streak }) => [date, streak]));
  const next = nextCheckInAt(now, timeZone, known.checkedInToday).toISOString();
  return checkIns.map(({ date, late }) => {
    const streak = late ? 1 : (streakOf.get(date) ?? 1);
    const event = { type: "CHECK_IN_RECORDED", date, streak, longest: known.longest, nextCheckInAt: next } as const;
    return { customerId, event };
  });
}
