import { type AnnouncedDraw, announcedDraws } from "../../draws/index.ts";
import { MAX_COUNT, type PageBounds } from "../../graphql/connection.ts";
import type { RewardAction } from "../../messages/message.ts";
import { type Db, Prisma, planEachTime } from "../../platform/db.ts";
import type { AwardRole, AwardState, AwardUnit } from "../../platform/generated/prisma/client.ts";
import type { LocalDate } from "../../platform/time-zone.ts";
import { type Explanation, leadingRule, toRule } from "../../rules/index.ts";
import type { CheckInRule } from "./check-in-status.ts";

/** An award in the customer's view. */
export interface EarnedReward {
  id: string;
  effectKey: string;
  customerId: string;
  role: AwardRole;
  unit: AwardUnit;
  quantity: number;
  drawId: string | null;
  /** The SKU of a won reward. */
  sku: string | null;
  state: AwardState;
  availableAt: Date;
  expiresAt: Date | null;
  createdAt: Date;
  settledAt: Date | null;
  explanation: Explanation;
}

export interface HeldTicket {
  customerId: string;
  drawId: string;
  number: number;
  holder: string;
  holderId: string;
  ticketSecret: string;
  issuedAt: Date;
  prize: string;
  hash: string;
  draw: AnnouncedDraw;
}

/** The sum of awards for the same reason. */
export interface EarnedTotal {
  customerId: string;
  action: RewardAction;
  role: AwardRole;
  unit: AwardUnit;
  awards: number;
  credited: number;
  onTheWay: number;
}

export type EarnedCursor = readonly [createdAt: string, id: string];
export type TicketCursor = readonly [issuedAt: string, drawId: string, number: number];
/** Each method reads for many customers at once; pages are the same for all. */
export interface HistoryStore {
  byIds(awardIds: readonly string[]): Promise<EarnedReward[]>;
  byEffectKeys(effectKeys: readonly string[]): Promise<EarnedReward[]>;
  earned(customerIds: readonly string[], page: PageBounds<EarnedCursor>): Promise<EarnedReward[]>;
  /** Counts up to `MAX_COUNT + 1` for each customer. */
  countEarned(customerIds: readonly string[]): Promise<Map<string, number>>;
  totals(customerIds: readonly string[]): Promise<EarnedTotal[]>;
  tickets(customerIds: readonly string[], page: PageBounds<TicketCursor>): Promise<HeldTicket[]>;
  countTickets(customerIds: readonly string[]): Promise<Map<string, number>>;
  /** The check-in days that count for a streak. */
  checkIns(customerIds: readonly string[]): Promise<Map<string, LocalDate[]>>;
  /** The check-in rule with the highest priority at this moment. */
  checkInRule(now: Date): Promise<CheckInRule | null>;
}

type EarnedRow = Omit<EarnedReward, "quantity"> & { quantity: bigint };
const toEarned = (row: EarnedRow): EarnedReward => ({ ...row, quantity: Number(row.quantity) });
const earnedColumns = Prisma.sql`
  a.id, a.effect_key as "effectKey", a.customer_id as "customerId", a.role, a.unit, a.quantity, a.draw_id as "drawId", a.sku, a.state,
  a.available_at as "availableAt", a.expires_at as "expiresAt", a.created_at as "createdAt", a.settled_at as "settledAt",
  d.explanation`;

/**
 * Awards with the same beginning of the effect key, which is their action. A prize begins with `draw`, and its decision has the action.
 */
interface SummedRow extends Omit<EarnedTotal, "action" | "credited" | "onTheWay"> {
  source: string;
  decisionId: string | null;
  credited: bigint;
  onTheWay: bigint;
}

/** A statement for each customer, so that the planner sees the id. Otherwise it would read all awards of a customer. */
const ofEach = (customerIds: readonly string[], statement: (id: Prisma.Sql) => Prisma.Sql): Prisma.Sql =>
  Prisma.join(
    [...new Set(customerIds)].map((id) => statement(Prisma.sql`${id}::text`)),
    " union all ",
  );

const [LESS, GREATER] = [Prisma.sql`<`, Prisma.sql`>`];

export function makeHistoryStore(db: Db): HistoryStore {
  async function earnedWhere(condition: Prisma.Sql): Promise<EarnedReward[]> {
    const rows = await db.$queryRaw<EarnedRow[]>`
      select ${earnedColumns} from reward_awards a join reward_decisions d on d.id = a.decision_id where ${condition}`;
    return rows.map(toEarned);
  }

  async function actionsOf(decisionIds: readonly string[]): Promise<Map<string, string>> {
    if (decisionIds.length === 0) return new Map();
    const rows = await db.$queryRaw<{ id: string; action: string }[]>`
      select id, explanation #>> '{facts,action}' as action from reward_decisions where id = any(${[...decisionIds]}::uuid[])`;
    return new Map(rows.map(({ id, action }) => [id, action]));
  }

  return {
    async earned(customerIds, { limit, after, before, backwards }) {
      const beyond = (cursor: EarnedCursor | null, than: Prisma.Sql) =>
        cursor ? Prisma.sql`and (created_at, id) ${than} (${new Date(cursor[0])}, ${cursor[1]}::uuid)` : Prisma.empty;
      const direction = backwards ? Prisma.sql`asc` : Prisma.sql`desc`;
      const rows = await db.$queryRaw<EarnedRow[]>(
        planEachTime(Prisma.sql`
        select ${earnedColumns} from (${ofEach(
          customerIds,
          (id) => Prisma.sql`(
          select * from reward_awards where customer_id = ${id} ${beyond(after, LESS)} ${beyond(before, GREATER)}
          order by created_at ${direction}, id ${direction} limit ${limit})`,
        )}) a
        join reward_decisions d on d.id = a.decision_id
        order by a.created_at ${direction}, a.id ${direction}`),
      );
      return rows.map(toEarned);
    },
    byIds: (awardIds) => earnedWhere(Prisma.sql`a.id = any(${[...awardIds]}::uuid[])`),
    byEffectKeys: (keys) => earnedWhere(Prisma.sql`a.effect_key = any(${[...keys]}::text[])`),
    countEarned: async (customerIds) =>
      counts(
        await db.$queryRaw(
          planEachTime(
            ofEach(
              customerIds,
              (id) => Prisma.sql`
          select ${id} as "customerId", count(*)::int as n from (
            select from reward_awards where customer_id = ${id}
            order by created_at desc, id desc limit ${MAX_COUNT + 1}) as counted`,
            ),
          ),
        ),
      ),

    async totals(customerIds) {
      const rows = await db.$queryRaw<SummedRow[]>`
        select customer_id as "customerId", split_part(effect_key, '/', 1) as source, role, unit,
               case when effect_key like 'draw/%' then decision_id end as "decisionId",
               count(*)::int as awards,
               coalesce(sum(quantity) filter (where state = 'CREDITED'), 0)::bigint as credited,
               coalesce(sum(quantity) filter (where state in ('PENDING', 'UNCERTAIN')), 0)::bigint as "onTheWay"
        from reward_awards where customer_id = any(${[...customerIds]}) group by 1, 2, 3, 4, 5`;
      const actions = await actionsOf(rows.flatMap(({ decisionId }) => decisionId ?? []));
      const totals = new Map<string, EarnedTotal>();
      for (const { source, decisionId, credited, onTheWay, ...row } of rows) {
        const action = (decisionId === null ? source : actions.get(decisionId)) as RewardAction;
        const key = [row.customerId, action, row.role, row.unit].join("/");
        const total = totals.get(key) ?? { ...row, action, awards: 0, credited: 0, onTheWay: 0 };
        total.awards += row.awards;
        total.credited += Number(credited);
        total.onTheWay += Number(onTheWay);
        totals.set(key, total);
      }
      return [...totals.values()];
    },

    async tickets(customerIds, { limit, after, before, backwards }) {
      const beyond = (cursor: TicketCursor | null, than: Prisma.Sql) =>
        cursor
          ? Prisma.sql`and (t.issued_at, t.draw_id, t.number) ${than} (${new Date(cursor[0])}, ${cursor[1]}, ${cursor[2]})`
          : Prisma.empty;
      const direction = backwards ? Prisma.sql`asc` : Prisma.sql`desc`;
      const order = Prisma.sql`t.issued_at ${direction}, t.draw_id ${direction}, t.number ${direction}`;
      const rows = await db.$queryRaw<Omit<HeldTicket, "draw">[]>`
        select c.id as "customerId", t.draw_id as "drawId", t.number, t.holder, t.holder_id as "holderId",
               t.ticket_secret as "ticketSecret", t.issued_at as "issuedAt", t.prize, t.hash
        from unnest(${[...customerIds]}::text[]) c(id) cross join lateral (
          select t.* from draw_tickets t join reward_members m on m.id = t.member_id
          where m.customer_id = c.id ${beyond(after, LESS)} ${beyond(before, GREATER)}
          order by ${order} limit ${limit}) t
        order by ${order}`;
      const draws = await announcedDraws(db, [...new Set(rows.map(({ drawId }) => drawId))]);
      return rows.flatMap((row) => {
        const draw = draws.get(row.drawId);
        return draw ? { ...row, draw } : [];
      });
    },
    countTickets: async (customerIds) =>
      counts(
        await db.$queryRaw`select m.customer_id as "customerId", count(*)::int as n
          from draw_tickets t join reward_members m on m.id = t.member_id
          where m.customer_id = any(${[...customerIds]}) group by m.customer_id`,
      ),

    async checkIns(customerIds) {
      const rows = await db.$queryRaw<{ customerId: string; dates: LocalDate[] }[]>`
        select m.customer_id as "customerId", array_agg(c.date::text) as dates
        from check_ins c join reward_members m on m.id = c.member_id
        where m.customer_id = any(${[...customerIds]}) and not c.late group by m.customer_id`;
      return new Map(rows.map(({ customerId, dates }) => [customerId, dates]));
    },

    async checkInRule(now) {
      const rows = await db.rewardRule.findMany({ where: { action: "dailycheckin", retiredAt: null } });
      return leadingRule(rows.map(toRule), "dailycheckin", now);
    },
  };
}

const counts = (rows: { customerId: string; n: number }[]) =>
  new Map(rows.map(({ customerId, n }) => [customerId, n] as const));
