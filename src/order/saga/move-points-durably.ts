import type { SagaContext } from "../../platform/saga/saga.ts";
import type { ConcludeMovement } from "../ledger/conclude-movement.ts";
import type { Look } from "../ledger/evidence.ts";
import { bumpLedgerVersion, type MovePoints, type Sent } from "../ledger/move-points.ts";
import type { OrderStore } from "../order.store.ts";

export interface MoveDurablyDeps {
  movePoints: MovePoints;
  conclude: ConcludeMovement;
  orders: OrderStore;
  /** How long after a lost answer the balance is looked at. */
  settleMs: number;
  /** How long after the first call the movement is sent again, where it may be; twice as long after each further one. */
  resendAfterMs?: number | undefined;
}

export interface Persistence {
  /** Whether the upstream promises that a repetition of the same call has no second effect. */
  isRepeatable: boolean;
  /** How often a call that never left is tried. */
  maxUnsent: number;
}

const MAX_REPETITIONS = 5;
const LONGEST_PAUSE_MS = 5 * 60 * 1_000;

/** Sends one movement until its outcome is on record: by answer, by repetition where that is safe, else by evidence. */
export async function moveDurably(
  saga: SagaContext,
  { movePoints, conclude, orders, settleMs, resendAfterMs = 400 }: MoveDurablyDeps,
  movement: { id: string; orderId: string },
  { isRepeatable, maxUnsent }: Persistence,
): Promise<Exclude<Sent, "not-sent" | "uncertain"> | "unsent"> {
  for (let tries = 1; ; tries += 1) {
    const sent = await saga.step("send", () => movePoints.send(movement.id));
    if (sent === "uncertain" && !(isRepeatable && tries < MAX_REPETITIONS)) return byEvidence();
    if (sent === "not-sent" && tries >= maxUnsent) return "unsent";
    if (sent !== "uncertain" && sent !== "not-sent") return sent;
    await saga.sleep(Math.min(resendAfterMs * 2 ** Math.min(tries - 1, 20), LONGEST_PAUSE_MS));
  }

  async function byEvidence() {
    const looks: Look[] = [];
    for (;;) {
      await saga.sleep(settleMs);
      const { look, verdict } = await saga.step("look", () => movePoints.look(movement.id, looks));
      looks.push(look);
      if (verdict === "look-again") continue;
      return saga.step("conclude", async () => {
        const sent = await orders.changing(movement.orderId, async (change) => {
          // An operator may have settled it meanwhile.
          const current = change.order.movements.find(({ id }) => id === movement.id);
          if (current?.state === "CONFIRMED") return "confirmed";
          if (current?.state === "REFUSED") return "refused";
          if (current?.state === "NEEDS_ATTENTION") return "needs-attention";
          await bumpLedgerVersion(change);
          if (verdict === "happened") return conclude.confirmed(change, movement.id);
          if (verdict === "did-not-happen") return conclude.didNotHappen(change, movement.id, look ?? 0);
          return conclude.needsAttention(
            change,
            movement.id,
            "the answer was lost, and the balance does not tell what happened",
          );
        });
        return sent as "confirmed" | "refused" | "needs-attention";
      });
    }
  }
}
