import { backoffMs } from "../../platform/backoff.ts";
import type { Job, Next } from "../../platform/jobs/job.ts";
import type { ConcludeMovement } from "../ledger/conclude-movement.ts";
import type { Look, Verdict } from "../ledger/evidence.ts";
import type { SeenBalance } from "../ledger/mark-deduction.sql.ts";
import type { MovePoints } from "../ledger/move-points.ts";
import { changeOrder, customerTopic, type OrderStore } from "../order.store.ts";

export interface MovePointsDeps {
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

/** The state that one run of the job passes to the next. */
export interface MoveMemory {
  tries: number;
  /** The number of pauses because another movement of the customer was in flight. */
  waits: number;
  /** The balance readings since the outcome is to be inferred from evidence; null before that. */
  looks: Look[] | null;
}

export type Moved = { outcome: Settled | "unsent"; toIssue?: string[] | undefined } | { pause: Pause };
type Settled = "confirmed" | "refused" | "needs-attention";
type Pause = Exclude<Next<MoveMemory>, "done">;

const MAX_REPETITIONS = 5;
const LONGEST_PAUSE_MS = 5 * 60 * 1_000;
const TURN_PAUSE_MS = { first: 20, most: 500 };

/** Continues a movement until its outcome is recorded: by the answer, by a repetition where that is safe, else by evidence. */
export async function moveOn(
  { movePoints, conclude, orders, settleMs, resendAfterMs = 400 }: MovePointsDeps,
  movement: { id: string; orderId: string },
  { isRepeatable, maxUnsent }: Persistence,
  job: Job,
  { tries, waits, looks }: MoveMemory = { tries: 0, waits: 0, looks: null },
  seen: SeenBalance | null = null,
): Promise<Moved> {
  if (looks) return byEvidence(looks);
  const placed = seen && (await movePoints.sendPlaced(movement, seen, job));
  const sent = placed || (await movePoints.send(movement.id, job));
  if (sent.outcome === "not-its-turn") {
    const inMs = backoffMs(TURN_PAUSE_MS.first, waits, TURN_PAUSE_MS.most);
    const wakeOn = customerTopic(sent.customerId);
    return { pause: { inMs, wakeOn, memory: { tries, waits: waits + 1, looks: null } } };
  }
  const { outcome, toIssue } = sent;
  if (outcome !== "uncertain" && outcome !== "not-sent") return { outcome, toIssue };
  if (outcome === "uncertain" && !(isRepeatable && tries + 1 < MAX_REPETITIONS)) return lookLater([]);
  if (outcome === "not-sent" && tries + 1 >= maxUnsent) return { outcome: "unsent" };
  const inMs = backoffMs(resendAfterMs, tries, LONGEST_PAUSE_MS);
  return { pause: { inMs, memory: { tries: tries + 1, waits: 0, looks: null } } };

  function lookLater(looks: Look[]): Moved {
    return { pause: { inMs: settleMs, memory: { tries, waits, looks } } };
  }

  async function byEvidence(earlier: Look[]): Promise<Moved> {
    const { look, verdict } = await movePoints.look(movement.id, earlier);
    return verdict === "look-again" ? lookLater([...earlier, look]) : settle(look, verdict);
  }

  function settle(look: Look, verdict: Exclude<Verdict, "look-again">): Promise<Moved> {
    return changeOrder(orders, movement.orderId, async (change): Promise<Moved> => {
      // An operator may have resolved the movement meanwhile.
      const current = change.order.movements.find(({ id }) => id === movement.id);
      if (current?.state === "CONFIRMED") return { outcome: "confirmed" };
      if (current?.state === "REFUSED") return { outcome: "refused" };
      if (current?.state === "NEEDS_ATTENTION") return { outcome: "needs-attention" };
      await job.hold(change.tx);
      change.bumpLedgerVersion();
      if (verdict === "happened") {
        return { outcome: "confirmed", toIssue: await conclude.confirmed(change, movement.id) };
      }
      if (verdict === "did-not-happen") {
        return { outcome: (await conclude.didNotHappen(change, movement.id, look)) as Settled };
      }
      const message = "the answer was lost, and the balance does not tell what happened";
      await conclude.needsAttention(change, movement.id, message);
      return { outcome: "needs-attention" };
    });
  }
}
