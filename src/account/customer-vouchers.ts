import type { GivenVoucherState } from "../domain/generated/words.ts";
import { MAX_COUNT, type PageBounds } from "../graphql/connection.ts";
import type { IssuedVoucherRow } from "../order/index.ts";
import type { Clock } from "../platform/clock.ts";
import { columnsOf } from "../platform/columns.ts";
import { type Db, Prisma, planEachTime } from "../platform/db.ts";
import { localDateOf } from "../platform/time-zone.ts";

export type VoucherCursor = readonly [issuedAt: string, id: string];

export interface VoucherQuery {
  customerId: string;
  states: readonly GivenVoucherState[] | null;
}

export interface CustomerVouchers {
  stateOf(voucher: Pick<IssuedVoucherRow, "usedAt" | "validUntil">): GivenVoucherState;
  /** The newest first. */
  page(query: VoucherQuery, bounds: PageBounds<VoucherCursor>): Promise<IssuedVoucherRow[]>;
  /** Up to 1 more than `MAX_COUNT`. */
  count(query: VoucherQuery): Promise<number>;
  /** @returns the voucher as it is now; null if the customer has no such voucher */
  mark(customerId: string, voucherId: string, isUsed: boolean): Promise<IssuedVoucherRow | null>;
}

const columns = columnsOf(Prisma.VoucherCodeScalarFieldEnum, { of: "v" });

/** A plan for all customers would sort every voucher of a state. */
const planned = ({ states }: VoucherQuery, statement: Prisma.Sql): Prisma.Sql =>
  states ? planEachTime(statement) : statement;

/** @param deps.timeZone the programme's: a voucher is valid until its last day ends there */
export function makeCustomerVouchers(deps: { db: Db; clock: Clock; timeZone: string }): CustomerVouchers {
  const { db, clock, timeZone } = deps;
  const today = () => localDateOf(clock.now(), timeZone);

  const conditionsOf = ({ customerId, states }: VoucherQuery): Prisma.Sql[] => {
    const isOver = Prisma.sql`coalesce(v.valid_until < ${today()}::date, false)`;
    const inState: Record<GivenVoucherState, Prisma.Sql> = {
      READY: Prisma.sql`(v.used_at is null and not ${isOver})`,
      USED: Prisma.sql`v.used_at is not null`,
      EXPIRED: Prisma.sql`(v.used_at is null and ${isOver})`,
    };
    return [
      Prisma.sql`v.customer_id = ${customerId}`,
      Prisma.sql`v.state = 'ALLOCATED'`,
      ...(states
        ? [Prisma.sql`(${Prisma.join([Prisma.sql`false`, ...states.map((state) => inState[state])], " or ")})`]
        : []),
    ];
  };

  return {
    stateOf({ usedAt, validUntil }) {
      if (usedAt) return "USED";
      return validUntil !== null && validUntil.toISOString().slice(0, 10) < today() ? "EXPIRED" : "READY";
    },

    page(query, { limit, after, before, backwards }) {
      const conditions = conditionsOf(query);
      const within = ([at, id]: VoucherCursor, than: Prisma.Sql) =>
        conditions.push(Prisma.sql`(v.allocated_at, v.id) ${than} (${at}::timestamptz, ${id}::uuid)`);
      if (after) within(after, Prisma.sql`<`);
      if (before) within(before, Prisma.sql`>`);
      const direction = backwards ? Prisma.sql`asc` : Prisma.sql`desc`;
      return db.$queryRaw<IssuedVoucherRow[]>(
        planned(
          query,
          Prisma.sql`
        select ${columns}, u.line_id as "lineId" from voucher_codes v join order_units u on u.id = v.unit_id
        where ${Prisma.join(conditions, " and ")}
        order by v.allocated_at ${direction}, v.id ${direction} limit ${limit}`,
        ),
      );
    },

    async count(query) {
      const [row] = await db.$queryRaw<{ count: number }[]>(
        planned(
          query,
          Prisma.sql`
        select count(*)::int as count from (
          select from voucher_codes v where ${Prisma.join(conditionsOf(query), " and ")}
          order by v.allocated_at desc, v.id desc limit ${MAX_COUNT + 1}) as counted`,
        ),
      );
      return row?.count ?? 0;
    },

    async mark(customerId, voucherId, isUsed) {
      const usedAt = isUsed ? clock.now() : null;
      const [marked] = await db.$queryRaw<IssuedVoucherRow[]>`
        update voucher_codes v set used_at = case when ${isUsed} then coalesce(v.used_at, ${usedAt}::timestamptz) end
        from order_units u
        where v.id = ${voucherId}::uuid and u.id = v.unit_id and v.state = 'ALLOCATED' and v.customer_id = ${customerId}
        returning ${columns}, u.line_id as "lineId"`;
      return marked ?? null;
    },
  };
}
