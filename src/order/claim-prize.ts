import { addressRequired } from "../cart/index.ts";
import { isShipped, toReward } from "../catalog/index.ts";
import { isRefused, type Refusal, type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Clock } from "../platform/clock.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import { readAddress } from "./address.ts";
import type { ChangedOrder } from "./cancel-order.ts";
import type { CreateOrder } from "./create-order.ts";
import type { OrderStore } from "./order.store.ts";
import { withoutEffect } from "./order-status.ts";

export interface ClaimPrizeInput {
  awardId: string;
  customerId: string;
  shippingAddress?: unknown;
}

export type ClaimPrize = (input: ClaimPrizeInput) => Promise<ChangedOrder | Refused>;

export interface ClaimPrizeDeps {
  db: Db;
  createOrder: CreateOrder;
  orders: Pick<OrderStore, "notifyWatchers">;
  clock: Clock;
  atCrashPoint: AtCrashPoint;
}

/**
 * Orders a won reward for 0 points. The award's row is the lock: among concurrent claims the first makes the order and
 * the others find it. The award is credited by the event FULFILLED of the order; a failed or cancelled order leaves the
 * award unchanged.
 *
 * Price, offer and limits of the reward apply to purchases; a prize only needs stock.
 */
export function makeClaimPrize({ db, createOrder, orders, clock, atCrashPoint }: ClaimPrizeDeps): ClaimPrize {
  return async ({ awardId, customerId, shippingAddress }) => {
    const read = shippingAddress == null ? null : readAddress(shippingAddress);
    const inOwnLane = { db, lane: `customer ${customerId}` };
    const claimed = await inTransaction(inOwnLane, async (tx): Promise<ChangedOrder | Refused> => {
      const [award] = await tx.$queryRaw<{ sku: string }[]>`
        select sku from reward_awards
        where id = ${awardId}::uuid and customer_id = ${customerId} and unit = 'REWARD' for update`;
      if (!award) return prizeNotFound();
      const before = await tx.order.findFirst({
        where: { awardId, status: { notIn: [...withoutEffect] } },
        select: { id: true },
      });
      if (before) return { orderId: before.id, replayed: true };

      if (read && "refusals" in read) return refused(...(read.refusals as [Refusal, ...Refusal[]]));
      const row = await tx.reward.findUnique({ where: { sku: award.sku } });
      // The prizes of today's draws are checked when a draw opens; older draws were not checked.
      if (row?.source !== "BIGCITY") return cannotBeFulfilled(award.sku);
      const reward = toReward(row);
      if (reward.stock === 0) return soldOut(reward.name);
      const address = read?.address ?? null;
      if (isShipped(reward) && address === null) return refused(addressRequired());

      const order = await createOrder(tx, {
        request: null,
        origin: { awardId },
        lines: [{ reward: { ...reward, points: 0 }, quantity: 1, payWith: "INDIVIDUAL", groupId: null }],
        customerId,
        clientToken: null,
        total: 0,
        before: null,
        address,
        now: clock.now(),
      });
      atCrashPoint("claim:before-commit");
      return { orderId: order.id, replayed: false, order };
    });
    if (!isRefused(claimed) && !claimed.replayed) {
      atCrashPoint("claim:after-commit");
      orders.notifyWatchers({ orderId: claimed.orderId, customerId });
    }
    return claimed;
  };
}

const prizeNotFound = () => refused(refusal("PRIZE_NOT_FOUND", "Prize not found.", ["input", "awardId"]));

function cannotBeFulfilled(sku: string): Refused {
  const message = `The reward ${sku} cannot be given at the moment. The prize stays yours.`;
  return refused(refusal("NOT_REDEEMABLE", message, ["input", "awardId"]));
}

function soldOut(name: string): Refused {
  const message = `${name} is out of stock at the moment. The prize stays yours: claim it again later.`;
  return refused({ __typename: "SoldOut", code: "SOLD_OUT", message, available: 0, availableQuantity: 0 });
}
