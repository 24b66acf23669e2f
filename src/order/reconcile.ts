import { changeBetween } from "../ledger/evidence.ts";
import type { ReadBalance } from "../ledger/read-balance.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import type { RecordMovementOutcome } from "./movement/record-movement-outcome.ts";
import type { OrderStore } from "./order.store.ts";
import { changeOf, toMovement } from "./order.ts";
import { isFinal } from "./order-status.ts";
import { hasOpenMovement } from "./points-state.ts";

/** Returns in flight for longer than this are reported in every round. */
const OVERDUE_MS = 15 * 60 * 1_000;

export interface ReconcileDeps {
  db: Db;
  orders: OrderStore;
  readBalance: ReadBalance;
  recordOutcome: RecordMovementOutcome;
  clock: Clock;
  log: Logger;
  settleMs: number;
}

export type Reconcile = () => Promise<void>;

/**
 * Compares our records with the ledger once. A deduction recorded as not carried out may arrive late, and a confirmed
 * one may never appear in the wallet. If the points spent differ from our records by exactly the points of the
 * movement, an operator is notified.
 */
export function makeReconcile(deps: ReconcileDeps): Reconcile {
  const { db, orders, readBalance, recordOutcome, clock, log, settleMs } = deps;

  async function compareMovement(movementId: string): Promise<void> {
    const row = await db.pointsMovement.findUniqueOrThrow({ where: { id: movementId } });
    const { orderId, customerId, state, watchBalance, watchEarned, watchedAt, watchUntil } = row;
    if (watchBalance === null || watchedAt === null || watchUntil === null) return;

    const { ledgerVersion } = await db.customer.findUniqueOrThrow({ where: { customerId } });
    const reading = await readBalance(orderId, customerId);
    if (reading === null) return stopWatching(movementId);
    const before = { balance: Number(watchBalance), earned: watchEarned === null ? null : Number(watchEarned) };
    const ours = await db.pointsMovement.findMany({
      where: {
        customerId,
        ledger: "CLIENT",
        OR: [
          { id: movementId }, // a confirmed movement is compared with the reading before it
          { settledAt: { gt: watchedAt } },
          { sentAt: { not: null }, state: { in: ["PENDING", "UNCERTAIN"] } },
        ],
      },
    });
    const credits = await db.rewardAward.findMany({
      where: {
        customerId,
        ledger: "CLIENT",
        OR: [
          { state: "CREDITED", settledAt: { gt: watchedAt } },
          { sentAt: { not: null }, state: { in: ["PENDING", "UNCERTAIN"] } },
        ],
      },
      select: { state: true, quantity: true },
    });
    const isInFlight =
      ours.some((other) => other.state !== "CONFIRMED" && other.state !== "REFUSED") ||
      credits.some(({ state }) => state !== "CREDITED");
    if (isInFlight) return;
    const explained = ours
      .filter((other) => other.state === "CONFIRMED")
      .reduce((sum, other) => sum + changeOf(toMovement(other)), 0);
    // A credit changes the balance, but not the points spent.
    const credited = before.earned === null ? credits.reduce((sum, { quantity }) => sum + Number(quantity), 0) : 0;
    const unexplained = (changeBetween(before, reading) ?? 0) - explained - credited;
    const effect = changeOf(toMovement(row));

    await orders.changing(orderId, async (change) => {
      const { ledgerVersion: versionNow } = await change.tx.customer.findUniqueOrThrow({ where: { customerId } });
      if (versionNow !== ledgerVersion) return; // a movement changed in the meantime: the next round compares again
      const tookEffectLate = state === "REFUSED" && unexplained === effect;
      const hadNoEffect = state === "CONFIRMED" && unexplained === -effect;
      const isOver = state === "CONFIRMED" || tookEffectLate || change.now >= watchUntil;
      const data = isOver
        ? { watchUntil: null }
        : { watchBalance: reading.balance, watchEarned: reading.earned, watchedAt: change.now };
      await change.tx.pointsMovement.update({ where: { id: movementId }, data });
      if (tookEffectLate) {
        const message = "the ledger seems to have taken the points after all, later than the evidence was read";
        await recordOutcome.needsAttention(change, movementId, message);
        return;
      }
      if (hadNoEffect) {
        const message = "the ledger confirmed the movement, and the balance does not show it";
        await recordOutcome.contradicted(change, movementId, message);
      }
      if (isOver && isFinal(change.order.status) && !hasOpenMovement(change.order.movements))
        await change.tx.order.update({ where: { id: orderId }, data: { clientToken: null } });
    });
  }

  const stopWatching = async (id: string) =>
    void (await db.pointsMovement.update({ where: { id }, data: { watchUntil: null } }));

  return async () => {
    const now = clock.now();
    const watched = await db.pointsMovement.findMany({ where: { watchUntil: { not: null } } });
    for (const { id, settledAt, watchedAt, reference } of watched) {
      // The interval doubles: the next comparison is due at twice the time since the outcome.
      const age = Number(watchedAt) - Number(settledAt);
      if (now.getTime() - Number(watchedAt) < Math.max(settleMs, age)) continue;
      await compareMovement(id).catch((error: unknown) => {
        if (!hasOutcome(error, "transient", "refused", "unknown")) throw error;
        log.warn({ err: error, movement: reference }, "Reconciliation could not read a balance");
      });
    }
    const overdue = await db.pointsMovement.findMany({
      where: {
        kind: "RETURNED",
        state: { in: ["PENDING", "UNCERTAIN"] },
        requestedAt: { lt: new Date(now.getTime() - OVERDUE_MS) },
      },
    });
    for (const { reference, attempts, lastError } of overdue) {
      log.error({ movement: reference, attempts, reason: lastError }, "A refund is overdue");
    }
  };
}
