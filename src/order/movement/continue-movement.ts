import { customerTopic } from "../../domain/topics.ts";
import type { ReadingAfter, Verdict } from "../../ledger/evidence.ts";
import { pauseAfter, type RetryPolicies } from "../../ledger/retry-policies.ts";
import type { MovementKind } from "../../platform/generated/prisma/enums.ts";
import type { Job, Next } from "../../platform/jobs/job.ts";
import { changeOrder, type OrderStore } from "../order.store.ts";
import type { RecordMovementOutcome } from "./record-movement-outcome.ts";
import type { MarkedMovement, SendMovement } from "./send-movement.ts";

export interface ContinueMovementDeps {
  sendMovement: SendMovement;
  recordOutcome: RecordMovementOutcome;
  orders: OrderStore;
  retries: RetryPolicies;
  /** The delay in ms between a lost answer and the balance reading. */
  settleMs: number;
  redeemRepeatable: boolean;
  reverseRepeatable: boolean;
}

/** The state that one run of the job passes to the next. */
export interface MoveMemory {
  tries: number;
  /** The number of pauses because another movement of the customer was in flight. */
  waits: number;
  /** The balance readings since the outcome is inferred from evidence; null before that. */
  looks: ReadingAfter[] | null;
}

export type Moved = { outcome: Settled | "unsent"; toIssue?: string[] | undefined } | { pause: Pause };
type Settled = "confirmed" | "refused" | "needs-attention";
type Pause = Exclude<Next<MoveMemory>, "done">;

/**
 * Continues a movement until its outcome is recorded: from the answer, from a repetition if the ledger permits it, else
 * from evidence.
 *
 * @param marked set on the first run in the process that marked the movement
 */
export async function continueMovement(
  { sendMovement, recordOutcome, orders, retries, settleMs, redeemRepeatable, reverseRepeatable }: ContinueMovementDeps,
  { id, orderId, kind }: { id: string; orderId: string; kind: MovementKind },
  job: Job,
  { tries, waits, looks }: MoveMemory = { tries: 0, waits: 0, looks: null },
  marked?: MarkedMovement,
): Promise<Moved> {
  if (looks) return byEvidence(looks);
  const sent = marked ? await sendMovement.sendMarked(marked, job) : await sendMovement.send(id, job);
  if (sent.outcome === "not-its-turn") {
    const inMs = pauseAfter(waits + 1, retries.customerLock);
    const wakeOn = customerTopic(sent.customerId);
    return { pause: { inMs, wakeOn, memory: { tries, waits: waits + 1, looks: null } } };
  }
  const { outcome, toIssue } = sent;
  if (outcome !== "uncertain" && outcome !== "not-sent") return { outcome, toIssue };
  const isRepeatable = kind === "TAKEN" ? redeemRepeatable : reverseRepeatable;
  const unsent = kind === "TAKEN" ? retries.deduction : retries.return;
  const policy = outcome === "uncertain" ? retries.repetition : unsent;
  const failed = tries + 1;
  if (outcome === "uncertain" && !(isRepeatable && failed < policy.tries)) return readLater([]);
  if (outcome === "not-sent" && failed >= policy.tries) return { outcome: "unsent" };
  return { pause: { inMs: pauseAfter(failed, policy), memory: { tries: failed, waits: 0, looks: null } } };

  function readLater(looks: ReadingAfter[]): Moved {
    return { pause: { inMs: settleMs, memory: { tries, waits, looks } } };
  }

  async function byEvidence(earlier: ReadingAfter[]): Promise<Moved> {
    const { reading, verdict } = await sendMovement.reading(id, earlier);
    return verdict === "look-again" ? readLater([...earlier, reading]) : settle(reading, verdict);
  }

  function settle(reading: ReadingAfter, verdict: Exclude<Verdict, "look-again">): Promise<Moved> {
    return changeOrder(orders, orderId, async (change): Promise<Moved> => {
      // An operator may have resolved the movement since the reading.
      const current = change.order.movements.find((movement) => movement.id === id);
      if (current?.state === "CONFIRMED") return { outcome: "confirmed" };
      if (current?.state === "REFUSED") return { outcome: "refused" };
      if (current?.state === "NEEDS_ATTENTION") return { outcome: "needs-attention" };
      await job.hold(change.tx);
      change.bumpLedgerVersion();
      if (verdict === "happened") return { outcome: "confirmed", toIssue: await recordOutcome.confirmed(change, id) };
      if (verdict === "did-not-happen")
        return { outcome: (await recordOutcome.didNotHappen(change, id, reading)) as Settled };
      const message = "the answer was lost, and the balance does not tell what happened";
      await recordOutcome.needsAttention(change, id, message);
      return { outcome: "needs-attention" };
    });
  }
}
