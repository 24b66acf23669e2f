import { setTimeout as delay } from "node:timers/promises";
import { type Attempt, type MarkedEffect, type Outcome, outcomeOf } from "../../ledger/attempt.ts";
import { lockLedger, readFreeLedgerVersion } from "../../ledger/customer-ledger.sql.ts";
import {
  changeBetween,
  inferFromRefusal,
  inferOutcome,
  type ReadingAfter,
  tookEffectTwice,
  type Verdict,
} from "../../ledger/evidence.ts";
import type { ReadBalance } from "../../ledger/read-balance.ts";
import type { AtCrashPoint } from "../../platform/crash-point.ts";
import type { Db } from "../../platform/db.ts";
import type { Job } from "../../platform/jobs/job.ts";
import type { Logger } from "../../platform/logger.ts";
import type { ClientPoints } from "../../upstream/client-points/client-points.ts";
import { hasOutcome } from "../../upstream/upstream-error.ts";
import { changeOrder, type OrderChange, type OrderStore } from "../order.store.ts";
import { changeOf, type Movement, readingBefore, toMovement } from "../order.ts";
import { withMovement } from "../order-aggregate.ts";
import type { RecordMovementOutcome, Sent } from "./record-movement-outcome.ts";

export interface Attempted {
  outcome: Sent;
  /** For a deduction confirmed by this attempt: the ids of the units that Capillary has to issue. */
  toIssue?: string[] | undefined;
}

/** A movement that is marked as sent, to be sent by this process. */
export interface MarkedMovement extends MarkedEffect {
  movement: SendableMovement;
  orderNumber: string;
  /** The customer's token that the order stores, encrypted, if it was read already. */
  clientToken?: Uint8Array | null;
}

export interface SendMovement {
  /**
   * Marks a movement, sends it to the ledger once, and records the outcome. Waits while another movement of the
   * customer is in flight. Safe to run again after a crash at any point.
   */
  send(movementId: string, job: Job): Promise<Attempted | { outcome: "not-its-turn"; customerId: string }>;
  /** The same for a movement that this process has just marked. */
  sendMarked(marked: MarkedMovement, job: Job): Promise<Attempted>;
  /** Reads the wallet for evidence of an uncertain movement. */
  reading(movementId: string, earlier: readonly ReadingAfter[]): Promise<{ reading: ReadingAfter; verdict: Verdict }>;
}

export interface SendMovementDeps {
  db: Db;
  orders: OrderStore;
  client: ClientPoints;
  readBalance: ReadBalance;
  recordOutcome: RecordMovementOutcome;
  attempt: Attempt;
  atCrashPoint: AtCrashPoint;
  log: Logger;
  redeemRepeatable: boolean;
  reverseRepeatable: boolean;
}

/** The longest wait in ms for the balance after an answer. Without that evidence the answer alone counts. */
const READ_AFTER_MS = 2_000;

type SendableMovement = Pick<
  Movement,
  "id" | "orderId" | "customerId" | "kind" | "points" | "requestedAt" | "reasonText" | "balanceBefore" | "earnedBefore"
>;

/**
 * Adapts deductions and returns of the points provider's points to an attempt. That ledger has neither idempotency keys
 * nor a query for a movement.
 */
export function makeSendMovement(deps: SendMovementDeps): SendMovement {
  const { db, orders, client, readBalance, recordOutcome, attempt, atCrashPoint, log } = deps;

  const find = async (movementId: string) =>
    toMovement(await db.pointsMovement.findUniqueOrThrow({ where: { id: movementId } }));
  const isRepeatable = ({ kind }: Pick<Movement, "kind">) =>
    kind === "TAKEN" ? deps.redeemRepeatable : deps.reverseRepeatable;
  const changing = <T>({ orderId }: { orderId: string }, work: (change: OrderChange) => Promise<T>) =>
    changeOrder(orders, orderId, work);

  return {
    async send(movementId, job) {
      const movement = await find(movementId);
      const { customerId } = movement;
      const settled = sentOf(movement);
      if (settled) return { outcome: settled };
      if (movement.sentAt && !isRepeatable(movement)) {
        return {
          outcome: await changing(movement, async (change) => {
            await job.hold(change.tx);
            return recordOutcome.unknown(change, movementId, "the outcome was never recorded");
          }),
        };
      }
      const version = await readFreeLedgerVersion(db, customerId, movementId);
      if (version === null) return { outcome: "not-its-turn", customerId };
      const before = movement.sentAt ? readingBefore(movement) : await readBefore(movement);
      if (before instanceof Error) {
        return {
          outcome: await changing(movement, (change) => recordOutcome.notSent(change, movementId, before.message)),
        };
      }
      const marked = await changing(movement, (change) => mark(change, movementId, version, before));
      return marked ? sendMarked(marked, job) : { outcome: "not-its-turn", customerId };
    },

    sendMarked,

    async reading(movementId, earlier) {
      const movement = await find(movementId);
      const reading = await readEvidence(movement);
      return { reading, verdict: inferOutcome(readingBefore(movement), changeOf(movement), [...earlier, reading]) };
    },
  };

  /** Null if another movement was marked or settled since the balance was read. */
  async function mark(
    change: OrderChange,
    movementId: string,
    version: number,
    before: ReadingAfter,
  ): Promise<MarkedMovement | null> {
    const { tx, order, now } = change;
    const movement = order.movements.find(({ id }) => id === movementId);
    if (!movement || sentOf(movement)) return null;
    // Each mark and each outcome raises the version. An unchanged version proves that no movement started or ended.
    if ((await lockLedger(tx, order.customerId)) !== version) return null;

    const isRepetition = movement.sentAt !== null;
    const mark = {
      attempts: movement.attempts + 1,
      ...(!isRepetition && {
        sentAt: now,
        balanceBefore: before?.balance ?? null,
        earnedBefore: before?.earned ?? null,
      }),
    };
    await tx.pointsMovement.updateMany({ where: { id: movementId }, data: mark });
    change.bumpLedgerVersion();
    const marked = withMovement(order, movementId, mark);
    await change.appendEvent({}, marked);
    return { movement: { ...movement, ...mark }, orderNumber: order.number, isRepetition, markedAt: performance.now() };
  }

  function sendMarked(marked: MarkedMovement, job: Job): Promise<Attempted> {
    const { movement, orderNumber } = marked;
    const { customerId, kind, points } = movement;
    return attempt(marked, {
      name: kind === "TAKEN" ? "redeem" : "return",
      call: () =>
        outcomeOf<unknown>(
          kind === "TAKEN"
            ? client.redeem({ orderNumber, customerId, points, at: movement.requestedAt })
            : client.reverse({ orderNumber, customerId, points, reason: movement.reasonText ?? "" }),
        ),
      record: (outcome) => record(marked, outcome, job),
    });
  }

  async function record(marked: MarkedMovement, outcome: Outcome<unknown>, job: Job): Promise<Attempted> {
    const { movement } = marked;
    const isAnswered = outcome.is === "confirmed" || outcome.is === "refused";
    const after = isAnswered ? await readAfter(marked) : null;
    const refusal =
      outcome.is === "refused" ? inferFromRefusal(readingBefore(movement), changeOf(movement), after) : null;
    if (outcome.is === "confirmed" || refusal === "happened") return recordConfirmation(movement, after, job);
    const sent = await changing(movement, async (change): Promise<Sent> => {
      await job.hold(change.tx);
      change.bumpLedgerVersion();
      if (outcome.is === "unknown") return recordOutcome.unknown(change, movement.id, outcome.why);
      if (outcome.is === "not-sent") return recordOutcome.notSent(change, movement.id, outcome.why);
      if (refusal === "unclear") {
        const message = `the ledger refused it (${outcome.why}), and the balance changed by the points of the movement or more`;
        return recordOutcome.needsAttention(change, movement.id, message);
      }
      return refusal === "unreadable" && movement.kind === "TAKEN"
        ? recordOutcome.unknown(change, movement.id, `refused, and the balance cannot be read: ${outcome.why}`)
        : recordOutcome.refused(change, movement.id, outcome.why, after);
    });
    return { outcome: sent };
  }

  /**
   * Records a confirmed movement with all consequences, and ends the job if no step is left. If that fails, the
   * confirmation is recorded alone, so that a fault in a later step cannot lose it.
   */
  async function recordConfirmation(movement: SendableMovement, after: ReadingAfter, job: Job): Promise<Attempted> {
    const { id, orderId, kind } = movement;
    const attempted = await changing({ orderId }, async (change) => {
      const { lines } = change.order;
      const isTheLastStep = kind === "RETURNED" || lines.every(({ units }) => units.every(({ issue }) => !issue));
      if (isTheLastStep) await job.end(change);
      return confirmed(change, movement, after);
    }).catch((error: unknown) => {
      log.error({ err: error, movement: id }, "The step after a confirmed movement failed and will be retried");
      return changing({ orderId }, (change) => confirmed(change, movement, after, { fulfilLater: true }));
    });
    if (kind === "TAKEN" && attempted.toIssue) atCrashPoint("fulfil:after-commit");
    return attempted;
  }

  /** Records the confirmation even if the process has lost its lease in the meantime. */
  async function confirmed(
    change: OrderChange,
    movement: SendableMovement,
    after: ReadingAfter,
    options?: { fulfilLater: boolean },
  ): Promise<Attempted> {
    const { id } = movement;
    const current = change.order.movements.find((each) => each.id === id);
    if (current?.state === "CONFIRMED") return { outcome: "confirmed" };
    change.bumpLedgerVersion();
    if (current?.state === "REFUSED") {
      const message = "the ledger confirmed the movement, although the evidence had shown that it did not happen";
      return { outcome: await recordOutcome.needsAttention(change, id, message) };
    }
    const [before, effect] = [readingBefore(movement), changeOf(movement)];
    const shouldWatch = changeBetween(before, after) === 0;
    const toIssue = await recordOutcome.confirmed(change, id, { ...options, shouldWatch });
    if (tookEffectTwice(before, effect, after)) {
      const verb = movement.kind === "TAKEN" ? "took" : "returned";
      await recordOutcome.contradicted(
        change,
        id,
        `the ledger ${verb} the points twice, by its balance before and after`,
      );
    }
    return { outcome: "confirmed", toIssue };
  }

  /** Reads the wallet for evidence; null if it cannot be read. */
  function readEvidence(
    { id, orderId, customerId }: SendableMovement,
    clientToken?: Uint8Array | null,
  ): Promise<ReadingAfter> {
    return readBalance(orderId, customerId, clientToken).catch((error: unknown) => {
      if (!hasOutcome(error, "transient", "refused", "unknown")) throw error;
      log.warn({ err: error, movement: id }, "No evidence of a movement: the balance cannot be read");
      return null;
    });
  }

  /** Reads the wallet just after the ledger's answer; null if that fails or takes too long. */
  async function readAfter({ movement, clientToken }: MarkedMovement): Promise<ReadingAfter> {
    const isRead = new AbortController();
    const tooLong = delay(READ_AFTER_MS, null, { signal: isRead.signal }).catch(() => null);
    return Promise.race([readEvidence(movement, clientToken), tooLong]).finally(() => isRead.abort());
  }

  /**
   * Reads the wallet just before the call. @returns null if the call may be sent without a reading, an Error if it must
   * not
   */
  async function readBefore({ orderId, customerId, kind }: Movement): Promise<ReadingAfter | Error> {
    try {
      const reading = await readBalance(orderId, customerId);
      // Owed points are returned even without a token to read the balance with. A lost answer then has no evidence.
      return reading === null && kind === "TAKEN"
        ? new Error("the balance cannot be read: the sign-in has expired")
        : reading;
    } catch (error) {
      if (!hasOutcome(error, "transient", "refused", "unknown")) throw error;
      return error;
    }
  }
}

/** The final state of a movement; null if it still has to be sent. */
function sentOf({ state }: Pick<Movement, "state">): Sent | null {
  if (state === "CONFIRMED") return "confirmed";
  if (state === "REFUSED") return "refused";
  return state === "NEEDS_ATTENTION" ? "needs-attention" : null;
}
