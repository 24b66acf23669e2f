import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import type { ConcludeMovement } from "./ledger/conclude-movement.ts";
import type { ReadBalance } from "./ledger/read-balance.ts";
import type { OrderStore } from "./order.store.ts";

/** Points on their way back for longer than this are reported at every round. */
const OVERDUE_MS = 15 * 60 * 1_000;

export interface ReconcileDeps {
  db: Db;
  orders: OrderStore;
  readBalance: ReadBalance;
  conclude: ConcludeMovement;
  clock: Clock;
  log: Logger;
  settleMs: number;
}

export type Reconcile = () => Promise<void>;

/**
 * One round of comparing what we believe with what the ledger shows. A deduction concluded from the balance not to have
 * happened may still arrive late: when the balance falls by exactly its points, and none of our movements explains it, an
 * operator is told.
 */
export function makeReconcile(deps: ReconcileDeps): Reconcile {
  const { db, orders, readBalance, conclude, clock, log, settleMs } = deps;

  async function lookAt(movementId: string): Promise<void> {
    const movement = await db.pointsMovement.findUniqueOrThrow({ where: { id: movementId } });
    const { orderId, customerId, watchBalance, watchedAt, watchUntil } = movement;
    if (watchBalance === null || watchedAt === null || watchUntil === null) return;

    const { ledgerVersion } = await db.customer.findUniqueOrThrow({ where: { customerId } });
    const balance = await readBalance(orderId, customerId);
    if (balance === null) return stopWatching(movementId);
    const ours = await db.pointsMovement.findMany({
      where: {
        customerId,
        ledger: "CLIENT",
        OR: [{ settledAt: { gt: watchedAt } }, { sentAt: { not: null }, state: { in: ["PENDING", "UNCERTAIN"] } }],
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
    const isUnderWay =
      ours.some((other) => other.state !== "CONFIRMED" && other.state !== "REFUSED") ||
      credits.some(({ state }) => state !== "CREDITED");
    if (isUnderWay) return;
    const explained = ours
      .filter((other) => other.state === "CONFIRMED")
      .reduce((sum, other) => sum + Number(other.kind === "TAKEN" ? -other.points : other.points), 0);
    const credited = credits.reduce((sum, { quantity }) => sum + Number(quantity), 0);
    const unexplained = balance - Number(watchBalance) - explained - credited;

    await orders.changing(orderId, async (change) => {
      const { ledgerVersion: versionNow } = await change.tx.customer.findUniqueOrThrow({ where: { customerId } });
      if (versionNow !== ledgerVersion) return; // moved while we looked: the next round is as good
      if (unexplained === -Number(movement.points)) {
        await change.tx.pointsMovement.update({ where: { id: movementId }, data: { watchUntil: null } });
        await conclude.needsAttention(
          change,
          movementId,
          "the ledger seems to have taken the points after all, later than believed",
        );
        return;
      }
      const isOver = change.now >= watchUntil;
      const data = isOver ? { watchUntil: null } : { watchBalance: balance, watchedAt: change.now };
      await change.tx.pointsMovement.update({ where: { id: movementId }, data });
      if (isOver) await change.tx.order.update({ where: { id: orderId }, data: { clientToken: null } });
    });
  }

  const stopWatching = async (id: string) =>
    void (await db.pointsMovement.update({ where: { id }, data: { watchUntil: null } }));

  return async () => {
    const now = clock.now();
    const watched = await db.pointsMovement.findMany({ where: { watchUntil: { not: null } } });
    for (const { id, settledAt, watchedAt, reference } of watched) {
      // Looks become rarer with age: at twice the time since the conclusion, and so on.
      const age = Number(watchedAt) - Number(settledAt);
      if (now.getTime() - Number(watchedAt) < Math.max(settleMs, age)) continue;
      await lookAt(id).catch((error: unknown) => {
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
      log.error({ movement: reference, attempts, reason: lastError }, "Points are overdue on their way back");
    }
  };
}
