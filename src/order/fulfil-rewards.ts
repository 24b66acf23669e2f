import { expireCodes, isFromPool, isShipped } from "../catalog/index.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import { Prisma, type Tx } from "../platform/db.ts";
import type { UnitState } from "../platform/generated/prisma/enums.ts";
import type { Logger } from "../platform/logger.ts";
import { type LocalDate, localDateOf } from "../platform/time-zone.ts";
import type { OrderChange } from "./order.store.ts";
import type { OrderAggregate } from "./order-aggregate.ts";
import type { RecomputeAndRefund } from "./recompute-and-refund.ts";

/**
 * Fulfils the units of our own rewards, in the transaction that made the order PROCESSING or in a later one. Running it again
 * changes nothing.
 *
 * @param order the present state
 * @returns the ids of the units that Capillary has to issue
 */
export type FulfilRewards = (change: OrderChange, order: OrderAggregate) => Promise<string[]>;

export interface FulfilRewardsDeps {
  recomputeAndRefund: RecomputeAndRefund;
  atCrashPoint: AtCrashPoint;
  /** The programme's time zone: a code is valid until the end of its last day there. */
  timeZone: string;
  log: Logger;
}

type Line = OrderAggregate["lines"][number];

export function makeFulfilRewards({
  recomputeAndRefund,
  atCrashPoint,
  timeZone,
  log,
}: FulfilRewardsDeps): FulfilRewards {
  return async (change, order) => {
    const ours = order.lines.filter(({ source }) => source === "BIGCITY");
    // All orders lock rewards in the same sequence, which prevents deadlocks.
    const lines = ours.toSorted((a, b) => (a.rewardId < b.rewardId ? -1 : 1));
    const states = new Map<string, UnitState>();
    const taken = new Map<string, number>();
    for (const line of lines) {
      const pending = line.units.filter((unit) => unit.state === "PENDING").map((unit) => unit.id);
      if (pending.length === 0) continue;
      const fulfilled = isFromPool(line)
        ? await allocateToUnits(change, line, pending, localDateOf(change.now, timeZone))
        : await setAside(change, line, pending);
      if (isFromPool(line) && fulfilled > 0) taken.set(line.rewardId, (taken.get(line.rewardId) ?? 0) + fulfilled);
      if (fulfilled < pending.length) {
        const facts = { order: order.number, line: line.position, wanted: pending.length, fulfilled };
        log.warn(facts, "Not all units could be fulfilled");
      }
      for (const [index, id] of pending.entries()) states.set(id, index < fulfilled ? fulfilledState(line) : "FAILED");
    }
    await recomputeAndRefund(
      change,
      {
        reason: "INVENTORY_UNAVAILABLE",
        ...(lines.some(isShipped) && { message: "The warehouse is preparing your parcel." }),
      },
      withStates(order, states),
    );
    // The lock of a reward's row is held until the commit and blocks all orders of that reward, so these statements
    // come last. Each statement updates a single reward without locking it first: locking and then updating the row can
    // deadlock with a new order that refers to the reward.
    for (const [rewardId, count] of taken) {
      await change.defer(
        "stock",
        Prisma.sql`update rewards set stock = stock - ${count}, updated_at = ${change.now} where id = ${rewardId}::uuid`,
      );
    }
    atCrashPoint("fulfil:before-commit");
    return order.lines.flatMap((line) =>
      line.units.filter(({ issue, state }) => issue && state === "PENDING").map(({ id }) => id),
    );
  };
}

const fulfilledState = (line: Line) => (isShipped(line) ? "PREPARING" : "FULFILLED");

const withStates = (order: OrderAggregate, states: ReadonlyMap<string, UnitState>): OrderAggregate => ({
  ...order,
  lines: order.lines.map((line) => ({
    ...line,
    units: line.units.map((unit) => ({ ...unit, state: states.get(unit.id) ?? unit.state })),
  })),
});

/** Allocates a code to each unit, and fails the units without one. @returns the number of allocated codes */
async function allocateToUnits(change: OrderChange, line: Line, unitIds: string[], today: LocalDate): Promise<number> {
  const { tx } = change;
  let fulfilled = await allocateCodes(change, line.rewardId, unitIds, today);
  if (fulfilled < unitIds.length) {
    // Codes locked by another transaction were skipped. That transaction ends before this one gets the lock of the
    // reward.
    await expireCodes(tx, line.rewardId, today, change.now);
    fulfilled += await allocateCodes(change, line.rewardId, unitIds.slice(fulfilled), today);
  }
  await recordFailed(tx, line, unitIds, fulfilled);
  return fulfilled;
}

/** Reserves stock of merchandise for each unit, and fails the units without stock. @returns the number of reserved units */
async function setAside({ tx, now }: OrderChange, line: Line, unitIds: string[]): Promise<number> {
  const [reward] = await tx.$queryRaw<{ stock: number | null }[]>`
    select stock from rewards where id = ${line.rewardId}::uuid for no key update`;
  const stock = reward?.stock ?? null;
  const fulfilled = Math.min(unitIds.length, stock ?? unitIds.length);
  if (fulfilled > 0) {
    await tx.orderUnit.updateMany({ where: { id: { in: unitIds.slice(0, fulfilled) } }, data: { state: "PREPARING" } });
    await tx.shipment.create({ data: { lineId: line.id, reportedAt: null } });
    await tx.$executeRaw`
      with counted as (insert into redemptions_to_count (reward_id, units) values (${line.rewardId}::uuid, ${fulfilled}))
      update rewards set stock = stock - ${fulfilled}, updated_at = ${now} where id = ${line.rewardId}::uuid`;
  }
  await recordFailed(tx, line, unitIds, fulfilled);
  return fulfilled;
}

/** Records the failure, with its reason, of the line's units after the first `fulfilled`. */
async function recordFailed(tx: Tx, line: Line, unitIds: readonly string[], fulfilled: number): Promise<void> {
  if (fulfilled === unitIds.length) return;
  await tx.orderUnit.updateMany({ where: { id: { in: unitIds.slice(fulfilled) } }, data: { state: "FAILED" } });
  const failureMessage =
    fulfilled === 0
      ? `${line.name} sold out before it could be given.`
      : `Only ${fulfilled} of ${line.name} could be given.`;
  await tx.orderLine.update({ where: { id: line.id }, data: { failureReason: "SOLD_OUT", failureMessage } });
}

/**
 * Allocates unlocked codes, the earliest to expire first, marks the units as fulfilled, and counts them for the
 * reward's popularity.
 *
 * @returns the number of codes; they belong to the first units
 */
async function allocateCodes(
  { tx, now, order }: OrderChange,
  rewardId: string,
  unitIds: readonly string[],
  today: LocalDate,
): Promise<number> {
  // A literal, because with a parameter PostgreSQL estimates a tenth of the table and plans every execution anew.
  const limit = Prisma.raw(String(unitIds.length));
  return tx.$executeRaw`
    with available as (
      select id, valid_until from voucher_codes
      where reward_id = ${rewardId}::uuid and state = 'AVAILABLE' and (valid_until is null or valid_until >= ${today}::date)
      order by valid_until nulls last, id limit ${limit} for update skip locked
    ), chosen as (
      select id, row_number() over (order by valid_until nulls last, id) as place from available
    ), wanted as (
      select unit_id, place from unnest(${[...unitIds]}::uuid[]) with ordinality as units (unit_id, place)
    ), allocated as (
      update voucher_codes set state = 'ALLOCATED', unit_id = wanted.unit_id, customer_id = ${order.customerId}, allocated_at = ${now}
      from chosen join wanted using (place) where voucher_codes.id = chosen.id returning wanted.unit_id
    ), counted as (
      insert into redemptions_to_count (reward_id, units) select ${rewardId}::uuid, count(*) from allocated having count(*) > 0
    )
    update order_units set state = 'FULFILLED' from allocated where order_units.id = allocated.unit_id`;
}
