import type { Db } from "../platform/db.ts";
import type { AwardState, MovementKind, MovementState } from "../platform/generated/prisma/enums.ts";
import {
  type Comparison,
  type FoundBreak,
  isWithin,
  ORDER_NUMBER,
  ORDER_NUMBER_SQL,
  type Period,
  REPAIR_REASON,
} from "./break.ts";
import type { StatementEntry } from "./ledger-file.ts";

/** Our record of a movement at the points provider. */
interface OurMovement {
  id: string;
  orderId: string;
  orderNumber: string;
  customerId: string;
  kind: MovementKind;
  state: MovementState;
  points: number;
  reasonText: string | null;
  sentAt: Date | null;
  settledAt: Date | null;
}

interface OurAward {
  id: string;
  customerId: string;
  state: AwardState;
  points: number;
  reference: string;
  settledAt: Date | null;
}

export interface Coverage extends Period {
  /** The statement is complete from this moment on. */
  coversFrom: Date;
  /** The time in ms after a call, beyond which a missing entry will not appear any more. */
  quietMs: number;
}

const BATCH = 1_000;
const AWARD_REFERENCE = "AWARD-";

/**
 * Compares movements and awards with the provider's entries. The statement was read after `to`, and our rows are read
 * after the statement: it contains the entry of each movement that was confirmed before `to`.
 */
export async function compareLedger(db: Db, coverage: Coverage): Promise<Comparison> {
  const breaks: FoundBreak[] = [];
  let movementCount = 0;
  let entryCount = 0;
  const numbers = await ordersToCompare(db, coverage);
  for (let start = 0; start < numbers.length; start += BATCH) {
    const batch = numbers.slice(start, start + BATCH);
    const [movements, entries] = await Promise.all([readMovements(db, batch), readOrderEntries(db, batch)]);
    movementCount += movements.length;
    entryCount += entries.length;
    const entriesOf = Map.groupBy(await withoutRepairs(db, entries), ({ orderId }) => orderId ?? "");
    const movementsOf = Map.groupBy(movements, ({ orderNumber }) => orderNumber);
    for (const number of batch) {
      breaks.push(...compareOrder(number, movementsOf.get(number) ?? [], entriesOf.get(number) ?? [], coverage));
    }
  }
  const awards = await compareAwards(db, coverage);
  return {
    breaks: [...breaks, ...awards.breaks],
    compared: { movements: movementCount, entries: entryCount + awards.entries, awards: awards.awards },
    classes: [
      "MOVEMENT_NOT_IN_LEDGER",
      "ENTRY_NOT_IN_BOOKS",
      "AMOUNT_DIFFERS",
      "OUTCOME_KNOWN",
      "AWARD_NOT_IN_LEDGER",
      "CREDIT_NOT_IN_BOOKS",
    ],
    skipped: [],
  };
}

/** Leaves out the returns that repaired our breaks. After a restore, a repair since the saved commit is no longer ours. */
async function withoutRepairs(db: Db, entries: readonly StatementEntry[]): Promise<StatementEntry[]> {
  const breakIdOf = ({ reference }: StatementEntry) => REPAIR_REASON.exec(reference ?? "")?.[1];
  const ids = entries.flatMap((entry) => breakIdOf(entry) ?? []);
  const known =
    ids.length > 0 ? await db.reconciliationBreak.findMany({ where: { id: { in: ids } }, select: { id: true } }) : [];
  const ours = new Set(known.map(({ id }) => id));
  return entries.filter((entry) => !ours.has(breakIdOf(entry) ?? ""));
}

/** The numbers of the orders with a movement or an entry in the period, or with an open question for an operator. */
async function ordersToCompare(db: Db, { from, to }: Period): Promise<string[]> {
  const rows = await db.$queryRaw<{ number: string }[]>`
    select order_id as number from ledger_entries
    where at >= ${from} and at < ${to} and type <> 'CREDIT' and order_id ~ ${ORDER_NUMBER_SQL}
    union
    select o.number from points_movements m join orders o on o.id = m.order_id
    where m.ledger = 'CLIENT' and m.settled_at >= ${from} and m.settled_at < ${to} and m.state in ('CONFIRMED', 'REFUSED')
    union
    select o.number from points_movements m join orders o on o.id = m.order_id
    where m.ledger = 'CLIENT' and m.state = 'NEEDS_ATTENTION' and m.sent_at < ${to}`;
  return rows.map(({ number }) => number);
}

const readMovements = async (db: Db, numbers: readonly string[]): Promise<OurMovement[]> =>
  (
    await db.$queryRaw<(Omit<OurMovement, "points"> & { points: bigint })[]>`
      select m.id, m.order_id as "orderId", o.number as "orderNumber", m.customer_id as "customerId", m.kind, m.state, m.points,
        m.reason_text as "reasonText", m.sent_at as "sentAt", m.settled_at as "settledAt"
      from orders o join points_movements m on m.order_id = o.id
      where o.number = any(${[...numbers]}) and m.ledger = 'CLIENT' order by m.requested_at, m.number`
  ).map((row) => ({ ...row, points: Number(row.points) }));

const readOrderEntries = async (db: Db, numbers: readonly string[]): Promise<StatementEntry[]> =>
  (
    await db.ledgerEntry.findMany({
      where: { orderId: { in: [...numbers] }, type: { not: "CREDIT" } },
      orderBy: [{ at: "asc" }, { entryId: "asc" }],
    })
  ).map((row) => ({ ...row, points: Number(row.points) }));

/**
 * Compares all records of one order. Records are paired by the provider's identification of a call: the order, and the
 * reason of a return.
 */
export function compareOrder(
  orderNumber: string,
  movements: readonly OurMovement[],
  entries: readonly StatementEntry[],
  coverage: Coverage,
): FoundBreak[] {
  const left = new Set(entries);
  const breaks: FoundBreak[] = [];
  const take = (fits: (entry: StatementEntry) => boolean): StatementEntry | undefined => {
    const found = [...left].find(fits);
    if (found) left.delete(found);
    return found;
  };
  const takeEntryFor = (movement: OurMovement): StatementEntry | undefined => {
    if (movement.kind === "TAKEN") {
      const isRedeem = ({ type }: StatementEntry) => type === "REDEEM";
      return take((entry) => isRedeem(entry) && entry.points === movement.points) ?? take(isRedeem);
    }
    const isReverse = ({ type }: StatementEntry) => type === "REVERSE";
    return (
      take((entry) => isReverse(entry) && entry.reference === movement.reasonText) ??
      take((entry) => isReverse(entry) && entry.reference === null && entry.points === movement.points)
    );
  };
  // Movements with a certain outcome are paired first, before refused ones.
  const certainty = ({ state }: OurMovement) =>
    ["CONFIRMED", "NEEDS_ATTENTION", "UNCERTAIN", "PENDING", "REFUSED"].indexOf(state);
  for (const movement of [...movements].sort((a, b) => certainty(a) - certainty(b))) {
    const entry = takeEntryFor(movement);
    const found = entry ? compareMovement(movement, entry) : missing(movement, coverage);
    if (found) breaks.push(found);
  }
  const unknown = unknownEntries(orderNumber, movements[0], [...left], coverage);
  return [...breaks, ...unknown];
}

/**
 * Finds entries of an order that belong to none of its movements. The customer is owed the points taken, less those
 * returned already, because the provider returns at most the points taken.
 */
function unknownEntries(
  orderNumber: string,
  order: Pick<OurMovement, "orderId"> | undefined,
  left: readonly StatementEntry[],
  coverage: Coverage,
): FoundBreak[] {
  if (!ORDER_NUMBER.test(orderNumber) || !left.some(({ at }) => isWithin(at, coverage))) return [];
  const ours = order ? "the order has no movement for it" : "there is no such order";
  const facts = { class: "ENTRY_NOT_IN_BOOKS" as const, orderNumber, orderId: order?.orderId };
  const taken = left.filter(({ type }) => type === "REDEEM");
  const returned = left.filter(({ type }) => type === "REVERSE");
  const sum = (entries: readonly StatementEntry[]) => entries.reduce((total, { points }) => total + points, 0);
  const [first] = taken;
  if (first) {
    const points = sum(taken) - sum(returned);
    if (points === 0) return [];
    const { entryId: key, at: since, customerId } = first;
    const evidence = { ours, theirs: left.map(shown) };
    return [{ ...facts, key, repair: points > 0 ? "RETURN_POINTS" : "WRITE_OFF", since, points, customerId, evidence }];
  }
  return returned.map((entry) => ({
    ...facts,
    key: entry.entryId,
    repair: "WRITE_OFF",
    since: entry.at,
    points: -entry.points,
    customerId: entry.customerId,
    evidence: { ours, theirs: [shown(entry)] },
  }));
}

function compareMovement(movement: OurMovement, entry: StatementEntry): FoundBreak | null {
  const { state, kind } = movement;
  const facts = {
    customerId: entry.customerId,
    orderNumber: movement.orderNumber,
    orderId: movement.orderId,
    movementId: movement.id,
    evidence: { ours: ourRecord(movement), theirs: shown(entry) },
  };
  if (state === "PENDING" || state === "UNCERTAIN") return null; // in flight: its job determines the outcome
  if (entry.points !== movement.points) {
    const less = kind === "TAKEN" ? entry.points - movement.points : movement.points - entry.points;
    const repair = less > 0 ? "RETURN_POINTS" : "WRITE_OFF";
    return { class: "AMOUNT_DIFFERS", key: entry.entryId, repair, since: entry.at, points: less, ...facts };
  }
  if (state === "NEEDS_ATTENTION") {
    const evidence = { ...facts.evidence, happened: true };
    const since = movement.sentAt ?? entry.at;
    return { class: "OUTCOME_KNOWN", key: movement.id, repair: "RESOLVE_MOVEMENT", since, ...facts, evidence };
  }
  if (state === "CONFIRMED") return null;
  const isTaken = kind === "TAKEN";
  return {
    class: "ENTRY_NOT_IN_BOOKS",
    key: entry.entryId,
    repair: isTaken ? "RESOLVE_MOVEMENT" : "WRITE_OFF",
    since: entry.at,
    points: isTaken ? entry.points : -entry.points,
    ...facts,
    evidence: { ...facts.evidence, happened: true },
  };
}

/** A movement without an entry. */
function missing(movement: OurMovement, { from, to, coversFrom, quietMs }: Coverage): FoundBreak | null {
  const { state, kind, sentAt, settledAt } = movement;
  const facts = {
    customerId: movement.customerId,
    orderNumber: movement.orderNumber,
    orderId: movement.orderId,
    movementId: movement.id,
    evidence: { ours: ourRecord(movement), theirs: null },
  };
  // An entry before the start of the statement would be missing.
  if (sentAt === null || sentAt < coversFrom) return null;
  if (state === "CONFIRMED" && settledAt && isWithin(settledAt, { from, to })) {
    return {
      class: "MOVEMENT_NOT_IN_LEDGER",
      key: movement.id,
      // A missing deduction is never repeated: the customer has the rewards, so it is written off.
      repair: kind === "RETURNED" ? "SEND_RETURN_AGAIN" : "WRITE_OFF",
      since: settledAt,
      points: kind === "RETURNED" ? movement.points : -movement.points,
      ...facts,
    };
  }
  if (state !== "NEEDS_ATTENTION" || sentAt.getTime() + quietMs > to.getTime()) return null;
  const evidence = { ...facts.evidence, happened: false };
  return { class: "OUTCOME_KNOWN", key: movement.id, repair: "RESOLVE_MOVEMENT", since: sentAt, ...facts, evidence };
}

async function compareAwards(db: Db, { from, to, coversFrom }: Coverage) {
  const rows = await db.$queryRaw<
    (Omit<OurAward, "points"> & {
      points: bigint;
      sentAt: Date | null;
      entry: (Omit<StatementEntry, "at"> & { at: string }) | null;
    })[]
  >`
    select a.id, a.customer_id as "customerId", a.state, a.quantity as points, a.credit_reference as reference,
      a.settled_at as "settledAt", a.sent_at as "sentAt",
      (select jsonb_build_object('entryId', e.entry_id, 'at', e.at, 'customerId', e.customer_id, 'type', e.type,
          'orderId', e.order_id, 'reference', e.reference, 'points', e.points)
        from ledger_entries e where e.reference = a.credit_reference and e.type = 'CREDIT' order by e.at limit 1) as entry
    from reward_awards a
    where a.ledger = 'CLIENT' and a.unit = 'POINTS' and a.credit_reference is not null and (
      a.settled_at >= ${from} and a.settled_at < ${to}
      or a.credit_reference in (select reference from ledger_entries where type = 'CREDIT' and at >= ${from} and at < ${to})
      or a.state = 'NEEDS_ATTENTION' and a.sent_at < ${to})`;
  const breaks: FoundBreak[] = [];
  for (const { entry: found, ...row } of rows) {
    const award = { ...row, points: Number(row.points) };
    const entry = found && { ...found, at: new Date(found.at) };
    const ours = { award: award.id, state: award.state, points: award.points, reference: award.reference };
    const facts = {
      customerId: award.customerId,
      awardId: award.id,
      evidence: { ours, theirs: entry && shown(entry) },
    };
    if (!entry) {
      const isCovered = award.sentAt !== null && award.sentAt >= coversFrom;
      if (award.state !== "CREDITED" || !isCovered || !award.settledAt || !isWithin(award.settledAt, { from, to }))
        continue;
      const { settledAt: since, points, id: key } = award;
      breaks.push({ class: "AWARD_NOT_IN_LEDGER", key, repair: "CREDIT_AWARD", since, points, ...facts });
    } else if (entry.points !== award.points) {
      const points = award.points - entry.points;
      const repair = points > 0 ? "CREDIT_AWARD" : "WRITE_OFF";
      breaks.push({ class: "AMOUNT_DIFFERS", key: entry.entryId, repair, since: entry.at, points, ...facts });
    } else if (award.state !== "CREDITED" && award.state !== "PENDING" && award.state !== "UNCERTAIN") {
      const repair = award.state === "NEEDS_ATTENTION" || award.state === "REFUSED" ? "RESOLVE_AWARD" : "WRITE_OFF";
      const evidence = { ...facts.evidence, happened: true };
      const { entryId: key, at: since } = entry;
      breaks.push({ class: "CREDIT_NOT_IN_BOOKS", key, repair, since, points: -entry.points, ...facts, evidence });
    }
  }
  const unknown = await db.$queryRaw<(Omit<StatementEntry, "points"> & { points: bigint })[]>`
    select e.entry_id as "entryId", e.at, e.customer_id as "customerId", e.type, e.order_id as "orderId", e.reference, e.points
    from ledger_entries e
    where e.type = 'CREDIT' and e.at >= ${from} and e.at < ${to} and starts_with(e.reference, ${AWARD_REFERENCE})
      and not exists (select from reward_awards a where a.credit_reference = e.reference)
      and e.reference !~ '/D1$'`;
  for (const row of unknown) {
    const entry = { ...row, points: Number(row.points) };
    breaks.push({
      class: "CREDIT_NOT_IN_BOOKS",
      key: entry.entryId,
      repair: "WRITE_OFF",
      since: entry.at,
      points: -entry.points,
      customerId: entry.customerId,
      evidence: { ours: "there is no such award", theirs: shown(entry) },
    });
  }
  return { breaks, awards: rows.length, entries: unknown.length + rows.filter(({ entry }) => entry).length };
}

const shown = ({ entryId, at, type, orderId, reference, points, customerId }: StatementEntry) => ({
  entry: entryId,
  at: at.toISOString(),
  type,
  customer: customerId,
  order: orderId,
  reference,
  points,
});

const ourRecord = ({ kind, state, points, reasonText, sentAt, settledAt }: OurMovement) => ({
  movement: kind,
  state,
  points,
  reason: reasonText,
  sentAt: sentAt?.toISOString() ?? null,
  settledAt: settledAt?.toISOString() ?? null,
});
