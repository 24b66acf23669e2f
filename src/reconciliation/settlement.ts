import type { Db } from "../platform/db.ts";
import { type LocalDate, startOfDay } from "../platform/time-zone.ts";

/** A line of a settlement: the points of one reward, or of one rule, for one kind of wallet. */
export interface SettlementLine {
  /** `INDIVIDUAL`, or `GROUP` with the group. */
  wallet: "INDIVIDUAL" | "GROUP";
  groupId: string | null;
  /** The ledger that holds the points. */
  ledger: "CLIENT" | "CAPILLARY";
  /** The SKU, `rule:<id>` of awards, or `reconciliation` of repairs. */
  item: string;
  name: string;
  taken: number;
  returned: number;
  credited: number;
}

export interface Settlement {
  day: LocalDate;
  timeZone: string;
  from: Date;
  to: Date;
  lines: SettlementLine[];
  /** Summed from the records independently, and equal to the sum of the lines. */
  totals: { taken: number; returned: number; credited: number };
}

/** The lines of a day do not add up to its records. */
export class SettlementUnbalanced extends Error {
  readonly settlement: Settlement;
  constructor(message: string, settlement: Settlement) {
    super(message);
    this.settlement = settlement;
  }
}

interface MovementRow {
  id: string;
  orderId: string;
  kind: "TAKEN" | "RETURNED";
  ledger: "CLIENT" | "CAPILLARY";
  wallet: "INDIVIDUAL" | "GROUP";
  groupId: string | null;
  points: bigint;
  lineIds: string[];
}

/** The cost of an order's line, and the points returned for it so far. */
interface LineRow {
  id: string;
  sku: string;
  name: string;
  points: bigint;
}

const BATCH = 2_000;
const UNASSIGNED = { item: "order", name: "Not of one reward" };

/**
 * The points that were taken, returned and credited on one day of the programme, by wallet and reward. A movement
 * belongs to the day on which its outcome was recorded.
 *
 * @throws SettlementUnbalanced if the lines do not add up to the records, which would be a bug
 */
export async function readSettlement(db: Db, day: LocalDate, timeZone: string): Promise<Settlement> {
  const from = startOfDay(day, timeZone);
  const to = startOfDay(nextDay(day), timeZone);
  const lines = new Map<string, SettlementLine>();
  const add = (
    of: Pick<SettlementLine, "wallet" | "groupId" | "ledger" | "item" | "name">,
    column: "taken" | "returned" | "credited",
    points: number,
  ) => {
    const key = JSON.stringify([of.ledger, of.wallet, of.groupId, of.item]);
    const line = lines.get(key) ?? { ...of, taken: 0, returned: 0, credited: 0 };
    line[column] += points;
    lines.set(key, line);
  };

  const settled = await db.$queryRaw<{ orderId: string }[]>`
    select distinct order_id as "orderId" from points_movements
    where state = 'CONFIRMED' and settled_at >= ${from} and settled_at < ${to} order by 1`;
  for (let start = 0; start < settled.length; start += BATCH) {
    const orderIds = settled.slice(start, start + BATCH).map(({ orderId }) => orderId);
    for (const { movement, item, points } of await assign(db, orderIds, to)) {
      if (movement.settledAt < from) continue;
      add({ ...walletOf(movement), ...item }, movement.kind === "TAKEN" ? "taken" : "returned", points);
    }
  }
  const awards = await db.$queryRaw<{ ledger: "CLIENT" | "CAPILLARY"; ruleId: string; points: bigint }[]>`
    select a.ledger, d.rule_id as "ruleId", sum(a.quantity)::bigint as points
    from reward_awards a join reward_decisions d on d.id = a.decision_id
    where a.unit = 'POINTS' and a.state = 'CREDITED' and a.settled_at >= ${from} and a.settled_at < ${to} and a.ledger is not null
    group by 1, 2`;
  for (const { ledger, ruleId, points } of awards) {
    add(
      { wallet: "INDIVIDUAL", groupId: null, ledger, item: `rule:${ruleId}`, name: `Awards of ${ruleId}` },
      "credited",
      Number(points),
    );
  }
  const [repairs] = await db.$queryRaw<{ returned: bigint; credited: bigint }[]>`
    select coalesce(sum(points) filter (where repair = 'RETURN_POINTS'), 0)::bigint as returned,
      coalesce(sum(points) filter (where repair = 'CREDIT_AWARD' and class = 'AMOUNT_DIFFERS'), 0)::bigint as credited
    from reconciliation_breaks where state = 'REPAIRED' and resolved_at >= ${from} and resolved_at < ${to}`;
  const ofRepairs = {
    wallet: "INDIVIDUAL",
    groupId: null,
    ledger: "CLIENT",
    item: "reconciliation",
    name: "Repairs",
  } as const;
  if (repairs && repairs.returned > 0n) add(ofRepairs, "returned", Number(repairs.returned));
  if (repairs && repairs.credited > 0n) add(ofRepairs, "credited", Number(repairs.credited));

  const totals = await readTotals(db, { from, to });
  totals.returned += Number(repairs?.returned ?? 0n);
  totals.credited += Number(repairs?.credited ?? 0n);
  const sorted = [...lines.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  for (const column of ["taken", "returned", "credited"] as const) {
    const sum = sorted.reduce((total, line) => total + line[column], 0);
    if (sum !== totals[column]) {
      const message = `the settlement of ${day} does not balance: ${column} ${sum} of ${totals[column]}`;
      throw new SettlementUnbalanced(message, { day, timeZone, from, to, lines: sorted, totals });
    }
  }
  return { day, timeZone, from, to, lines: sorted, totals };
}

const walletOf = ({ wallet, groupId, ledger }: MovementRow) => ({ wallet, groupId, ledger });
const sortKey = ({ ledger, wallet, groupId, item }: SettlementLine) =>
  JSON.stringify([ledger, wallet, groupId ?? "", item]);

function nextDay(day: LocalDate): LocalDate {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/**
 * Assigns the points of movements to lines of the order. A deduction pays for its lines in full. A return names its
 * lines, and returns at most its cost to each, in the order of the lines.
 */
async function assign(db: Db, orderIds: readonly string[], to: Date) {
  const [movements, lineRows] = await Promise.all([
    db.$queryRaw<(MovementRow & { settledAt: Date })[]>`
      select id, order_id as "orderId", kind, ledger, pay_with as wallet, group_id as "groupId", points, line_ids as "lineIds",
        settled_at as "settledAt"
      from points_movements
      where order_id = any(${[...orderIds]}::uuid[]) and state = 'CONFIRMED' and settled_at < ${to}
      order by settled_at, kind, number`,
    db.$queryRaw<LineRow[]>`
      select l.id, r.sku, l.name, l.unit_points * l.quantity as points
      from order_lines l join rewards r on r.id = l.reward_id
      where l.order_id = any(${[...orderIds]}::uuid[]) order by l.order_id, l.position`,
  ]);
  const lineOf = new Map(lineRows.map((line) => [line.id, line]));
  const left = { TAKEN: new Map<string, number>(), RETURNED: new Map<string, number>() };
  const assigned: {
    movement: MovementRow & { settledAt: Date };
    item: { item: string; name: string };
    points: number;
  }[] = [];
  for (const movement of movements) {
    let rest = Number(movement.points);
    const named = lineRows.filter(({ id }) => movement.lineIds.includes(id));
    for (const { id, points, sku, name } of named) {
      const room = left[movement.kind].get(id) ?? Number(points);
      const part = Math.min(room, rest);
      if (part <= 0) continue;
      left[movement.kind].set(id, room - part);
      assigned.push({ movement, item: { item: sku, name: lineOf.get(id)?.name ?? name }, points: part });
      rest -= part;
    }
    if (rest > 0) assigned.push({ movement, item: UNASSIGNED, points: rest });
  }
  return assigned;
}

/** The points of a period, summed from the records independently. */
export async function readTotals(db: Db, { from, to }: { from: Date; to: Date }): Promise<Settlement["totals"]> {
  const [row] = await db.$queryRaw<{ taken: bigint; returned: bigint; credited: bigint }[]>`
    select
      (select coalesce(sum(points) filter (where kind = 'TAKEN'), 0) from points_movements
        where state = 'CONFIRMED' and settled_at >= ${from} and settled_at < ${to})::bigint as taken,
      (select coalesce(sum(points) filter (where kind = 'RETURNED'), 0) from points_movements
        where state = 'CONFIRMED' and settled_at >= ${from} and settled_at < ${to})::bigint as returned,
      (select coalesce(sum(quantity), 0) from reward_awards
        where unit = 'POINTS' and state = 'CREDITED' and settled_at >= ${from} and settled_at < ${to} and ledger is not null)::bigint as credited`;
  return {
    taken: Number(row?.taken ?? 0n),
    returned: Number(row?.returned ?? 0n),
    credited: Number(row?.credited ?? 0n),
  };
}

const COLUMNS = ["day", "ledger", "wallet", "group", "item", "name", "taken", "returned", "credited", "net"];

/** The settlement as CSV (RFC 4180). Its last line has the totals; `net` is taken less returned less credited. */
export function settlementCsv({ day, lines, totals }: Settlement): string {
  const row = (cells: readonly (string | number)[]) => cells.map(cell).join(",");
  const amounts = ({ taken, returned, credited }: Settlement["totals"]) => [
    taken,
    returned,
    credited,
    taken - returned - credited,
  ];
  return `${[
    COLUMNS.join(","),
    ...lines.map((line) =>
      row([day, line.ledger, line.wallet, line.groupId ?? "", line.item, line.name, ...amounts(line)]),
    ),
    row([day, "TOTAL", "", "", "", "", ...amounts(totals)]),
  ].join("\r\n")}\r\n`;
}

/** Quotes a cell if needed. A text that a spreadsheet would take for a formula begins with an apostrophe. */
function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
