import { randomUUID } from "node:crypto";
import { type DrawnTicket, type DrawStore, type OpenDraw, prizeAward } from "../draws/index.ts";
import { type AppendMemberEvents, awardEvent, type MemberEvent, type NewMemberEvent } from "../feed/index.ts";
import type { Member } from "../members/index.ts";
import type { Tx } from "../platform/db.ts";
import { type LocalDate, localDateOf } from "../platform/time-zone.ts";
import {
  addToCounters,
  type Budgets,
  counterKey,
  type Decision,
  type Explanation,
  isBudget,
  type NewCheckIn,
  nextCheckInAt,
  type Rule,
  streaks,
  useBudgets,
} from "../rules/index.ts";
import type { DecidedLine } from "./evaluate-messages.ts";
import { insertDecisions, type NewAward, type NewDecision } from "./insert-decisions.ts";
import { type Participants, presentMembers } from "./participants.ts";

/** The decisions about a message. */
export interface Effects {
  readonly messageId: string;
  readonly trace: string | null;
  readonly lines: readonly DecidedLine[];
  readonly participants: Participants;
  readonly checkIns: readonly NewCheckIn[];
  /** The member's check-in days before this message. */
  readonly checkInDays: readonly LocalDate[];
}

/** The facts that the messages of a transaction share. */
export interface Common {
  readonly rules: readonly Rule[];
  readonly draws: ReadonlyMap<string, OpenDraw>;
  /** The number of consecutive missed days that a streak survives now. */
  readonly freezes: number;
  readonly timeZone: string;
  readonly now: Date;
  readonly isTrial: boolean;
  readonly budgets: Budgets;
}

interface MadeAward {
  readonly row: NewAward;
  readonly member: Member;
  readonly explanation: Explanation;
}

/**
 * Writes all effects of the decisions. Tickets are drawn in the order of the messages.
 *
 * @returns for each message, the customers with new events in their feeds
 * @throws BudgetExceeded if other transactions have used a budget that was not locked
 */
export async function writeEffects(
  tx: Tx,
  { draws, appendMemberEvents }: { draws: DrawStore; appendMemberEvents: AppendMemberEvents },
  messages: readonly Effects[],
  common: Common,
): Promise<string[][]> {
  const { now } = common;
  const written = messages.map((effects) => effectsOf(draws, effects, common));
  const tickets = written.flatMap(({ tickets }) => tickets);
  const awarded = messages.flatMap(({ messageId, lines }) =>
    lines.flatMap(({ decisions }) =>
      decisions.flatMap((decision) => (decision.outcome === "AWARD" ? { messageId, ...decision } : [])),
    ),
  );
  await insertDecisions(tx, {
    decisions: written.flatMap(({ decisions }) => decisions),
    awards: written.flatMap(({ made }) => made.map(({ row }) => row)),
    at: now,
  });
  await draws.save(tx, tickets);
  await insertReferrals(
    tx,
    awarded.flatMap(({ messageId, referral }) => (referral ? { messageId, ...referral } : [])),
    now,
  );
  const events = written.map(({ events }) => events);
  await appendMemberEvents(tx, events.flat());
  await count(tx, awarded, common);
  return events.map((each) => [...new Set(each.flatMap(({ customerId }) => customerId ?? []))]);
}

type Awarded = Extract<Decision, { outcome: "AWARD" }>;

/** Runs last in the transaction, because every message of a rule updates its budget. */
async function count(tx: Tx, awarded: readonly Awarded[], { rules, budgets }: Common): Promise<void> {
  const counts = awarded.flatMap((decision) => decision.counts);
  if (budgets === "locked") return addToCounters(tx, counts);
  await addToCounters(
    tx,
    counts.filter(({ key }) => !isBudget(key)),
  );
  const limits = new Map<string, number>();
  for (const { rule } of awarded) {
    const asked = rules.find(({ id, version }) => id === rule.id && version === rule.version);
    const key = counterKey.budget(rule.id);
    const limit = asked?.definition.caps.budget ?? null;
    if (limit !== null) limits.set(key, Math.min(limit, limits.get(key) ?? limit));
  }
  await useBudgets(
    tx,
    counts.filter(({ key }) => isBudget(key)),
    limits,
  );
}

async function insertReferrals(
  tx: Tx,
  referrals: readonly { messageId: string; sharerId: string; receiverId: string }[],
  at: Date,
): Promise<void> {
  if (referrals.length === 0) return;
  const all = (column: "receiverId" | "sharerId" | "messageId") => referrals.map((row) => row[column]);
  await tx.$executeRaw`
    insert into referrals (receiver_id, sharer_id, message_id, at)
    select receiver_id, sharer_id, message_id, ${at}
    from unnest(${all("receiverId")}::uuid[], ${all("sharerId")}::uuid[], ${all("messageId")}::uuid[])
      as new (receiver_id, sharer_id, message_id)`;
}

interface Written {
  readonly decisions: readonly NewDecision[];
  readonly made: readonly MadeAward[];
  readonly tickets: readonly DrawnTicket[];
  readonly events: readonly NewMemberEvent[];
}

/** Builds the rows of a message and the events for its members. */
function effectsOf(store: DrawStore, effects: Effects, common: Common): Written {
  const decided = effects.lines.flatMap(({ line, decisions }) =>
    decisions.map((decision) => ({ id: randomUUID(), line, decision })),
  );
  const made = decided.flatMap(({ id, decision }) => awardsOf(id, decision, effects, common));
  const drawn = common.isTrial ? [] : drawTickets(store, made, common);
  const prizes = drawn.flatMap(({ prize }) => prize ?? []);
  return {
    decisions: decided.map(({ id, line, decision }) => decisionRow(id, effects.messageId, line, decision)),
    made: [...made, ...prizes],
    tickets: drawn.map(({ ticket }) => ticket),
    events: [
      ...checkInEvent(effects, common),
      ...made.map(awardEvents),
      ...drawn.flatMap(({ events }) => events),
      ...prizes.map(awardEvents),
    ],
  };
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

function awardsOf(decisionId: string, decision: Decision, effects: Effects, { now }: Common): MadeAward[] {
  if (decision.outcome === "SKIP") return [];
  const { participants, trace } = effects;
  const members = presentMembers(participants);
  return decision.awards.map((award) => {
    const member = members.find(({ id }) => id === award.memberId);
    if (!member) throw new Error("an award has a member whom the message does not name");
    const receiverId = participants.receiver?.id ?? null;
    const row = { ...awardRow(award, now), decisionId, customerId: member.customerId, receiverId, trace };
    return { member, explanation: decision.explanation, row };
  });
}

function awardRow({ cutBy: _, ...award }: Awarded["awards"][number], now: Date) {
  // The validity of an award counts from its processing, even if its event was reported late.
  const { availableAt, expiresAt } = award;
  const late = Math.max(0, now.getTime() - availableAt.getTime());
  // Tickets are drawn immediately, also for members without a customer.
  const isDrawn = award.unit === "TICKETS";
  return {
    ...award,
    sku: null,
    expiresAt: expiresAt && new Date(expiresAt.getTime() + late),
    id: randomUUID(),
    state: isDrawn ? ("CREDITED" as const) : ("PENDING" as const),
    settledAt: isDrawn ? now : null,
  };
}

function drawTickets(
  store: DrawStore,
  made: readonly MadeAward[],
  { draws, now }: Common,
): { ticket: DrawnTicket; events: NewMemberEvent[]; prize: MadeAward | null }[] {
  return made
    .filter(({ row }) => row.unit === "TICKETS")
    .flatMap(({ row, member, explanation }) => {
      const draw = draws.get(row.drawId ?? "");
      if (!draw) throw new Error("tickets were awarded for a draw that is not open");
      const { campaign } = draw;
      return store.drawFor(draw, row, now).map((ticket) => {
        const won = prizeAward(row, campaign.id, ticket, now);
        return {
          ticket,
          events: ticketEvents(campaign, ticket).map((event) => ({ customerId: member.customerId, event })),
          prize: won && { row: { ...won, trace: row.trace }, member, explanation },
        };
      });
    });
}

const awardEvents = ({ row, member, explanation }: MadeAward): NewMemberEvent => ({
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

function checkInEvent({ checkIns, checkInDays, participants }: Effects, common: Common): NewMemberEvent[] {
  const { freezes, now, timeZone } = common;
  const { customerId = null } = participants.member ?? {};
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
