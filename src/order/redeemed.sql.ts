import { Prisma } from "../platform/db.ts";

/** The condition on `points_movements` for deductions of open orders from a customer's own wallet. */
export const isHeldFromOwnWallet = Prisma.sql`
  kind = 'TAKEN' and pay_with = 'INDIVIDUAL' and state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION')`;

/** Aggregates `points_movements` to HeldDeduction[], as JSON; null without rows. */
export const heldDeductions = Prisma.sql`
  jsonb_agg(jsonb_build_object('points', points, 'before', case when balance_before is not null then
    jsonb_build_object('balance', balance_before, 'earned', earned_before) end))`;

/**
 * Selects `reward_id` and `units`: the units that a customer has redeemed or is about to redeem, without prizes.
 * @param which a condition on the order lines `l`
 */
export const redeemedUnits = (customerId: string, which: Prisma.Sql): Prisma.Sql => Prisma.sql`
  select l.reward_id, count(*)::int as units
  from orders o join order_lines l on l.order_id = o.id join order_units u on u.line_id = l.id
  where o.customer_id = ${customerId} and o.award_id is null and u.state in ('PENDING', 'PREPARING', 'FULFILLED') and ${which}
  group by l.reward_id`;
