import { isFromPool, isShipped } from "../catalog/reward.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import type { Logger } from "../platform/logger.ts";
import type { OrderChange, OrderStore } from "./order.store.ts";
import type { SettleLines } from "./settle-lines.ts";

/**
 * Gives our own rewards of an order whose points are taken. Running it again finds nothing left to give. Answers the units
 * that are left for Capillary to give.
 */
export type GiveRewards = (orderId: string) => Promise<string[]>;

export interface GiveRewardsDeps {
  orders: OrderStore;
  settleLines: SettleLines;
  atCrashPoint: AtCrashPoint;
  log: Logger;
}

type Line = OrderChange["order"]["lines"][number];

export function makeGiveRewards({ orders, settleLines, atCrashPoint, log }: GiveRewardsDeps): GiveRewards {
  return async (orderId) => {
    const toIssue = await orders.changing(orderId, async (change) => {
      const needsNoDeduction = !change.order.movements.some(({ ledger }) => ledger === "CLIENT");
      if (change.order.status === "PENDING" && needsNoDeduction) await change.advance({ status: "PROCESSING" });
      else if (change.order.status !== "PROCESSING") return [];
      // Rewards are locked in the same order by everybody, so that two orders cannot wait for each other.
      const ours = change.order.lines.filter(({ source }) => source === "BIGCITY");
      const lines = ours.toSorted((a, b) => (a.rewardId < b.rewardId ? -1 : 1));
      for (const line of lines) {
        const pending = line.units.filter((unit) => unit.state === "PENDING").map((unit) => unit.id);
        if (pending.length === 0) continue;
        const given = await giveUnits(change, line, pending);
        if (given < pending.length) {
          log.warn(
            { order: change.order.number, line: line.position, wanted: pending.length, given },
            "Not all units could be given",
          );
        }
      }
      const isShipping = lines.some(isShipped);
      await settleLines(change, {
        reason: "INVENTORY_UNAVAILABLE",
        ...(isShipping && { message: "The warehouse is preparing your parcel." }),
      });
      atCrashPoint("fulfil:before-commit");
      return change.order.lines.flatMap((line) =>
        line.units.filter(({ issue, state }) => issue && state === "PENDING").map(({ id }) => id),
      );
    });
    atCrashPoint("fulfil:after-commit");
    return toIssue ?? [];
  };
}

/** Gives as many of the units as there are, and fails the others. Answers how many were given. */
async function giveUnits(change: OrderChange, line: Line, unitIds: string[]): Promise<number> {
  const { tx, now } = change;
  const [reward] = await tx.$queryRaw<{ stock: number | null }[]>`
    select stock from rewards where id = ${line.rewardId}::uuid for update`;
  const expired = isFromPool(line) ? await expireCodes(change, line.rewardId) : 0;
  const stock = reward?.stock == null ? null : reward.stock - expired;
  const count = Math.min(unitIds.length, stock ?? unitIds.length);
  const [given, missing] = [unitIds.slice(0, count), unitIds.slice(count)];

  if (given.length > 0) {
    if (isFromPool(line)) await allocateCodes(change, line.rewardId, given);
    await tx.orderUnit.updateMany({
      where: { id: { in: given } },
      data: { state: isShipped(line) ? "PREPARING" : "FULFILLED" },
    });
    if (isShipped(line)) await tx.shipment.create({ data: { lineId: line.id, reportedAt: null } });
    await tx.reward.update({
      where: { id: line.rewardId },
      data: {
        popularity: { increment: count },
        ...(stock !== null && { stock: { decrement: count } }),
        updatedAt: now,
      },
    });
  }
  if (missing.length > 0) {
    await tx.orderUnit.updateMany({ where: { id: { in: missing } }, data: { state: "FAILED" } });
    const failureMessage =
      count === 0 ? `${line.name} sold out before it could be given.` : `Only ${count} of ${line.name} could be given.`;
    await tx.orderLine.update({ where: { id: line.id }, data: { failureReason: "SOLD_OUT", failureMessage } });
  }
  return count;
}

/** Takes codes out of the pool whose last day has passed. Answers how many. */
export async function expireCodes({ tx, now }: Pick<OrderChange, "tx" | "now">, rewardId: string): Promise<number> {
  const today = new Date(now.toISOString().slice(0, 10));
  const { count } = await tx.voucherCode.updateMany({
    where: { rewardId, state: "AVAILABLE", validUntil: { lt: today } },
    data: { state: "EXPIRED" },
  });
  if (count > 0) await tx.reward.update({ where: { id: rewardId }, data: { stock: { decrement: count } } });
  return count;
}

/** One code for each unit, those that expire first before the others. The reward's lock keeps two orders from one code. */
async function allocateCodes({ tx, now }: OrderChange, rewardId: string, unitIds: readonly string[]): Promise<void> {
  const allocated = await tx.$executeRaw`
    with chosen as (
      select id, row_number() over (order by valid_until nulls last, id) as place from (
        select id, valid_until from voucher_codes where reward_id = ${rewardId}::uuid and state = 'AVAILABLE'
        order by valid_until nulls last, id limit ${unitIds.length}) as available
    ), wanted as (
      select unit_id, place from unnest(${[...unitIds]}::uuid[]) with ordinality as units (unit_id, place)
    )
    update voucher_codes set state = 'ALLOCATED', unit_id = wanted.unit_id, allocated_at = ${now}
    from chosen join wanted using (place) where voucher_codes.id = chosen.id and voucher_codes.state = 'AVAILABLE'`;
  if (allocated !== unitIds.length) throw new Error(`reward ${rewardId} counts more codes than it has`);
}
