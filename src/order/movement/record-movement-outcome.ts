import type { ReadingAfter, WalletReading } from "../../ledger/evidence.ts";
import { Prisma } from "../../platform/db.ts";
import type { Logger } from "../../platform/logger.ts";
import type { FulfilRewards } from "../fulfil-rewards.ts";
import type { OrderChange } from "../order.store.ts";
import { type Movement, readingBefore } from "../order.ts";
import { withMovement } from "../order-aggregate.ts";
import { failOpenUnits, type RecomputeAndRefund } from "../recompute-and-refund.ts";

/** The state of a movement after an attempt to send it. */
export type Sent =
  /** The ledger carried it out; recorded as final. */
  | "confirmed"
  | "refused"
  /** Escalated to an operator. */
  | "needs-attention"
  /** The request certainly did not reach the ledger: it may be sent again. */
  | "not-sent"
  /** The request may have reached the ledger. */
  | "uncertain";

/** Records the outcome of a movement, or that it is unknown, with all consequences. */
export interface RecordMovementOutcome {
  /**
   * Records that the ledger carried the movement out. After a deduction, our own rewards are fulfilled, unless `fulfilLater`.
   * @returns the ids of the units that Capillary has to issue; undefined with `fulfilLater`
   */
  confirmed(change: OrderChange, movementId: string, options?: ConfirmedOptions): Promise<string[] | undefined>;
  /** The ledger refused the first attempt, and the balance read afterwards does not contradict or could not be read. */
  refused(change: OrderChange, movementId: string, why: string, after: ReadingAfter): Promise<Sent>;
  /** The first attempt certainly did not reach the ledger. */
  notSent(change: OrderChange, movementId: string, why: string): Promise<Sent>;
  unknown(change: OrderChange, movementId: string, why: string): Promise<Sent>;
  /** The evidence shows that the ledger did not carry the movement out. */
  didNotHappen(change: OrderChange, movementId: string, after: ReadingAfter): Promise<Sent>;
  needsAttention(change: OrderChange, movementId: string, message: string): Promise<Sent>;
  /** Reports to the operators that the balance contradicts the ledger's answer. The order continues. */
  contradicted(change: OrderChange, movementId: string, message: string): Promise<void>;
  /** A deduction could not be sent within the retry policy. */
  gaveUp(change: OrderChange, movementId: string): Promise<Sent>;
}

export interface ConfirmedOptions {
  fulfilLater?: boolean;
  /** The balance does not show the effect yet: reconciliation checks it again. */
  shouldWatch?: boolean;
}

const WATCH_MS = 24 * 60 * 60 * 1_000;

export function makeRecordMovementOutcome({
  recomputeAndRefund,
  fulfilRewards,
  log,
}: {
  recomputeAndRefund: RecomputeAndRefund;
  fulfilRewards: FulfilRewards;
  log: Logger;
}): RecordMovementOutcome {
  const find = ({ order }: OrderChange, movementId: string): Movement => {
    const movement = order.movements.find(({ id }) => id === movementId);
    if (!movement) throw new Error(`movement ${movementId} is not of order ${order.id}`);
    return movement;
  };
  /** Writes a change of the movement. @returns the order with the change */
  async function update(change: OrderChange, id: string, data: Partial<Movement & Omit<Watch, "watchUntil">>) {
    await change.tx.pointsMovement.updateMany({ where: { id }, data });
    return withMovement(change.order, id, data);
  }

  /** Fails the order of a deduction that was not carried out. No points have to be returned. */
  async function failOrder(change: OrderChange, failure: { reason: string; message: string }): Promise<void> {
    await failOpenUnits(change, failure);
    await recomputeAndRefund(change, { reason: "FULFILMENT_FAILURE", message: failure.message });
  }

  async function report(change: OrderChange, movementId: string, message: string): Promise<void> {
    const { orderId, reference } = find(change, movementId);
    const found = { orderId, movementId, message, foundAt: change.now };
    // A unique index permits one open discrepancy for each movement.
    await change.tx.discrepancy.createMany({ data: found, skipDuplicates: true });
    log.error(
      { order: change.order.number, movement: reference, reason: message },
      "A points movement needs attention",
    );
  }

  async function attention(change: OrderChange, movementId: string, message: string): Promise<Sent> {
    const order = await update(change, movementId, { state: "NEEDS_ATTENTION", lastError: message });
    await report(change, movementId, message);
    await change.appendEvent({}, order);
    return "needs-attention";
  }

  /** The reading that reconciliation compares the wallet with from now on. */
  const watch = (now: Date, { balance, earned }: WalletReading, at: Date): Watch => ({
    watchUntil: new Date(now.getTime() + WATCH_MS),
    watchBalance: balance,
    watchEarned: earned,
    watchedAt: at,
  });

  return {
    async confirmed(change, movementId, { fulfilLater = false, shouldWatch = false } = {}) {
      const movement = find(change, movementId);
      const before = readingBefore(movement);
      const watched = shouldWatch && before && movement.sentAt ? watch(change.now, before, movement.sentAt) : null;
      await change.defer(
        `movement ${movementId}`,
        Prisma.sql`update points_movements set state = 'CONFIRMED', settled_at = ${change.now}, last_error = null,
            watch_until = ${watched?.watchUntil ?? null}, watch_balance = ${watched?.watchBalance ?? null}::bigint,
            watch_earned = ${watched?.watchEarned ?? null}::bigint, watched_at = ${watched?.watchedAt ?? null}
          where id = ${movementId}::uuid`,
      );
      const order = withMovement(change.order, movementId, {
        state: "CONFIRMED",
        settledAt: change.now,
        lastError: null,
        watchUntil: watched?.watchUntil ?? null,
      });
      if (movement.kind === "RETURNED") {
        await change.appendEvent({}, order);
        return [];
      }
      if (order.status === "PENDING" && !fulfilLater) {
        return fulfilRewards(change, await change.appendEvent({ status: "PROCESSING" }, order));
      }
      await recomputeAndRefund(change, { reason: "FULFILMENT_FAILURE" }, order);
      return fulfilLater ? undefined : [];
    },

    async refused(change, movementId, why, after) {
      const movement = find(change, movementId);
      // The refusal of a return does not release us from the debt.
      if (movement.kind === "RETURNED") return attention(change, movementId, `the ledger refused it: ${why}`);
      const isTooSmall = (after?.balance ?? movement.balanceBefore ?? movement.points) < movement.points;
      await update(change, movementId, {
        state: "REFUSED",
        settledAt: change.now,
        lastError: why,
        ...(after && !isTooSmall && watch(change.now, after, change.now)),
      });
      await failOrder(
        change,
        isTooSmall
          ? { reason: "INSUFFICIENT_POINTS", message: "The wallet did not have enough points." }
          : { reason: "UPSTREAM_REFUSED", message: "The points could not be deducted." },
      );
      return "refused";
    },

    async notSent(change, movementId, why) {
      await change.appendEvent(
        {},
        await update(change, movementId, { lastError: why, sentAt: null, balanceBefore: null, earnedBefore: null }),
      );
      return "not-sent";
    },

    async unknown(change, movementId, why) {
      await change.appendEvent({}, await update(change, movementId, { state: "UNCERTAIN", lastError: why }));
      return "uncertain";
    },

    async didNotHappen(change, movementId, after) {
      const movement = find(change, movementId);
      if (movement.kind === "RETURNED") {
        return attention(change, movementId, "the answer was lost, and the points have not arrived in the ledger");
      }
      const watched = after && watch(change.now, after, change.now);
      await update(change, movementId, { state: "REFUSED", settledAt: change.now, ...watched });
      await failOrder(change, { reason: "UPSTREAM_UNAVAILABLE", message: "The points could not be deducted." });
      return "refused";
    },

    needsAttention: attention,
    contradicted: report,

    async gaveUp(change, movementId) {
      const movement = find(change, movementId);
      if (movement.state !== "PENDING") return "refused";
      await update(change, movementId, { state: "REFUSED", settledAt: change.now });
      await failOrder(change, {
        reason: "UPSTREAM_UNAVAILABLE",
        message: "The points could not be deducted: the ledger is not reachable.",
      });
      return "refused";
    },
  };
}

interface Watch {
  watchUntil: Date;
  watchBalance: number;
  watchEarned: number | null;
  watchedAt: Date;
}
