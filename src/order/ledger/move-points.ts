import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../platform/clock.ts";
import type { AtCrashPoint } from "../../platform/crash-point.ts";
import { type Db, Prisma } from "../../platform/db.ts";
import type { Job } from "../../platform/jobs/job.ts";
import type { Logger } from "../../platform/logger.ts";
import type { ClientPoints } from "../../upstream/client-points/client-points.ts";
import { hasOutcome, type UpstreamError } from "../../upstream/upstream-error.ts";
import { wordsFor } from "../event-words.ts";
import { changeOrder, type OrderChange, type OrderStore } from "../order.store.ts";
import { changeOf, type Movement, readingBefore, toMovement } from "../order.ts";
import { withMovement } from "../order-aggregate.ts";
import type { ConcludeMovement } from "./conclude-movement.ts";
import { changeBetween, judge, judgeRefusal, type Look, tookEffectTwice, type Verdict } from "./evidence.ts";
import { markDeduction, nothingElseInFlight, type SeenBalance } from "./mark-deduction.sql.ts";
import type { ReadBalance } from "./read-balance.ts";

/** Where a movement stands after an attempt to send it. */
export type Sent =
  /** Recorded for good, as done or as refused. */
  | "confirmed"
  | "refused"
  /** People have to look at it. */
  | "needs-attention"
  /** It certainly did not reach the ledger: it may be sent again. */
  | "not-sent"
  /** It may have reached the ledger. */
  | "uncertain";

export interface Attempted {
  outcome: Sent;
  /** For a deduction confirmed by this attempt: the ids of the units that Capillary has to issue. */
  toIssue?: string[] | undefined;
}

export interface MovePoints {
  /**
   * Sends a movement to the ledger once and records what came of it; sends nothing while something else of the customer's is
   * under way. Safe to run again after a crash at any point.
   */
  send(movementId: string, job: Job): Promise<Attempted | { outcome: "not-its-turn"; customerId: string }>;
  /**
   * The same for the deduction of a new order, with the balance reading that the order was judged by. @returns null, with
   * nothing sent, if the balance must be read again
   */
  sendPlaced(deduction: { id: string; orderId: string }, seen: SeenBalance, job: Job): Promise<Attempted | null>;
  /** Reads the balance for evidence of an uncertain movement. */
  look(movementId: string, earlier: readonly Look[]): Promise<{ look: Look; verdict: Verdict }>;
}

export interface MovePointsDeps {
  db: Db;
  orders: OrderStore;
  client: ClientPoints;
  readBalance: ReadBalance;
  clock: Clock;
  conclude: ConcludeMovement;
  atCrashPoint: AtCrashPoint;
  log: Logger;
  redeemRepeatable: boolean;
  reverseRepeatable: boolean;
}

/** A process that was paused for longer than this between marking and sending no longer sends: it may have been taken for dead. */
const FENCE_MS = 2_000;
/** The longest age of a balance reading that counts as the balance just before the call. */
const FRESH_MS = 2_000;
/** The longest wait for the wallet after an answer: the answer counts without that evidence, too. */
const READ_AFTER_MS = 2_000;

type SendableMovement = Pick<
  Movement,
  "id" | "orderId" | "customerId" | "kind" | "points" | "requestedAt" | "reasonText" | "balanceBefore" | "earnedBefore"
>;

/**
 * The protocol of one movement with a ledger that has no idempotency keys and no look-up.
 *
 * Before the call the row is marked as sent, with the balance just before. From then on silence, a crash included, means
 * *unknown*: only a call known not to have left takes the mark back. A customer's movements are sent one at a time, and
 * the next waits while one is in doubt, because the balance is the only evidence there is. Points on their way to the
 * customer are waited for as well; they wait for movements likewise.
 */
export function makeMovePoints(deps: MovePointsDeps): MovePoints {
  const { db, orders, client, readBalance, clock, conclude, atCrashPoint, log } = deps;

  const find = async (movementId: string) =>
    toMovement(await db.pointsMovement.findUniqueOrThrow({ where: { id: movementId } }));
  const crashPointAt = (movement: Pick<Movement, "kind">, when: "marked" | "answered" | "recorded") =>
    atCrashPoint(`${movement.kind === "TAKEN" ? "redeem" : "return"}:${when}`);
  const isRepeatable = ({ kind }: Pick<Movement, "kind">) =>
    kind === "TAKEN" ? deps.redeemRepeatable : deps.reverseRepeatable;

  const call = (movement: SendableMovement, orderNumber: string) => {
    const { customerId, points } = movement;
    return movement.kind === "TAKEN"
      ? client.redeem({ orderNumber, customerId, points, at: movement.requestedAt })
      : client.reverse({ orderNumber, customerId, points, reason: movement.reasonText ?? "" });
  };

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
            return conclude.inDoubt(change, movementId, "the answer was never recorded");
          }),
        };
      }
      const version = await freeTurn(movement);
      if (version === null) return { outcome: "not-its-turn", customerId };
      const before = movement.sentAt ? readingBefore(movement) : await readBefore(movement);
      if (before instanceof Error) {
        return { outcome: await changing(movement, (change) => conclude.notSent(change, movementId, before.message)) };
      }
      const turn = await changing(movement, (change) => takeTurn(change, movementId, version, before));
      return turn ? attempt(turn, job) : { outcome: "not-its-turn", customerId };
    },

    async sendPlaced({ id, orderId }, seen, job) {
      const now = clock.now();
      if (now.getTime() - seen.at.getTime() > FRESH_MS) return null;
      const message = wordsFor("PENDING", "TAKING");
      const marked = await markDeduction(db, { movementId: id, orderId, seen, now, message });
      if (!marked) return null;
      const { orderNumber, clientToken, ...deduction } = marked;
      orders.tell(deduction);
      const before = { balanceBefore: seen.balance, earnedBefore: seen.earned };
      const movement = { ...deduction, ...before, kind: "TAKEN" as const, reasonText: null };
      return attempt({ movement, orderNumber, clientToken, wasInDoubt: false, markedAt: performance.now() }, job);
    },

    async look(movementId, earlier) {
      const movement = await find(movementId);
      const look = await readEvidence(movement);
      return { look, verdict: judge(readingBefore(movement), changeOf(movement), [...earlier, look]) };
    },
  };

  /** The customer's ledger version when nothing else of theirs is under way; null when something is. */
  async function freeTurn({ id, customerId }: Movement): Promise<number | null> {
    const [row] = await db.$queryRaw<{ version: number; isFree: boolean }[]>`
      select ledger_version as version, ${nothingElseInFlight(Prisma.sql`${customerId}`, id)} as "isFree"
      from customers where customer_id = ${customerId}`;
    return row?.isFree ? row.version : null;
  }

  /** Reads the wallet for evidence; null if it cannot be read. */
  function readEvidence({ id, orderId, customerId }: SendableMovement, clientToken?: Uint8Array | null): Promise<Look> {
    return readBalance(orderId, customerId, clientToken).catch((error: unknown) => {
      if (!hasOutcome(error, "transient", "refused", "unknown")) throw error;
      log.warn({ err: error, movement: id }, "No evidence of a movement: the balance cannot be read");
      return null;
    });
  }

  /** Reads the wallet just after the ledger's answer; null if that fails or takes too long. */
  async function readAfter({ movement, clientToken }: Turn): Promise<Look> {
    const isRead = new AbortController();
    const tooLong = delay(READ_AFTER_MS, null, { signal: isRead.signal }).catch(() => null);
    return Promise.race([readEvidence(movement, clientToken), tooLong]).finally(() => isRead.abort());
  }

  /** The wallet just before the call; null where it may be missing, an Error where the call must not be sent without it. */
  async function readBefore({ orderId, customerId, kind }: Movement): Promise<Look | Error> {
    try {
      const reading = await readBalance(orderId, customerId);
      // Points we owe are returned also when there is no token left to read with: then a lost answer has no evidence.
      return reading === null && kind === "TAKEN"
        ? new Error("the balance cannot be read: the sign-in has run out")
        : reading;
    } catch (error) {
      if (!hasOutcome(error, "transient", "refused", "unknown")) throw error;
      return error;
    }
  }

  /** Marks the movement as sent. Null when the turn is no longer free, or the balance was read before another's was settled. */
  async function takeTurn(
    change: OrderChange,
    movementId: string,
    version: number,
    before: Look,
  ): Promise<Turn | null> {
    const { tx, order, now } = change;
    const movement = order.movements.find(({ id }) => id === movementId);
    if (!movement || sentOf(movement)) return null;
    // Each marking and each settling raises the version: where it is unchanged, the turn is as free as it was.
    const [customer] = await tx.$queryRaw<{ version: number }[]>`
      select ledger_version as version from customers where customer_id = ${order.customerId} for update`;
    if (customer?.version !== version) return null;

    const wasInDoubt = movement.sentAt !== null;
    const mark = {
      attempts: movement.attempts + 1,
      ...(!wasInDoubt && { sentAt: now, balanceBefore: before?.balance ?? null, earnedBefore: before?.earned ?? null }),
    };
    await tx.pointsMovement.updateMany({ where: { id: movementId }, data: mark });
    change.bumpLedgerVersion();
    const marked = withMovement(order, movementId, mark);
    await change.advance({}, marked);
    return { movement: { ...movement, ...mark }, orderNumber: order.number, wasInDoubt, markedAt: performance.now() };
  }

  async function attempt(turn: Turn, job: Job): Promise<Attempted> {
    const { movement, orderNumber, wasInDoubt, markedAt } = turn;
    crashPointAt(movement, "marked");
    let failure: UpstreamError | null = null;
    const isLate = performance.now() - markedAt > FENCE_MS;
    if (!isLate) {
      try {
        await call(movement, orderNumber);
      } catch (error) {
        if (!hasOutcome(error, "refused", "transient", "unknown")) throw error;
        failure = error;
      }
    }
    const wasSent = !isLate && failure?.outcome !== "transient";
    if (wasSent) crashPointAt(movement, "answered");

    const isAnswered = wasSent && failure?.outcome !== "unknown";
    const after = isAnswered ? await readAfter(turn) : null;
    const [before, effect] = [readingBefore(movement), changeOf(movement)];
    const refusal = failure?.outcome === "refused" && !wasInDoubt ? judgeRefusal(before, effect, after) : null;
    if (wasSent && (failure === null || refusal === "happened")) {
      const attempted = await recordConfirmation(movement, after, job);
      crashPointAt(movement, "recorded");
      return attempted;
    }
    const outcome = await changing(movement, async (change): Promise<Sent> => {
      await job.hold(change.tx);
      change.bumpLedgerVersion();
      if (failure?.outcome === "unknown") return conclude.inDoubt(change, movement.id, failure.message);
      // A refused repetition says nothing about the first call: it may mean that it is done already.
      if (wasInDoubt) return conclude.inDoubt(change, movement.id, failure?.message ?? "not repeated in time");
      if (failure?.outcome !== "refused")
        return conclude.notSent(change, movement.id, failure?.message ?? "not sent in time");
      if (refusal === "unclear") {
        const message = `the ledger refused it (${failure.message}), and the balance changed as by the movement or more`;
        return conclude.needsAttention(change, movement.id, message);
      }
      return refusal === "unreadable" && movement.kind === "TAKEN"
        ? conclude.inDoubt(change, movement.id, `refused, and the balance cannot be read: ${failure.message}`)
        : conclude.refused(change, movement.id, failure, after);
    });
    if (wasSent) crashPointAt(movement, "recorded");
    return { outcome };
  }

  /**
   * Records a confirmed movement together with everything that follows, and ends the job if nothing is left to do. If that
   * fails, the confirmation is recorded alone, so that a fault in a later step cannot lose it.
   */
  async function recordConfirmation(movement: SendableMovement, after: Look, job: Job): Promise<Attempted> {
    const { id, orderId, kind } = movement;
    const attempted = await changing({ orderId }, async (change) => {
      const { lines } = change.order;
      const isTheLastStep = kind === "RETURNED" || lines.every(({ units }) => units.every(({ issue }) => !issue));
      if (isTheLastStep) await job.end(change.tx);
      return confirmed(change, movement, after);
    }).catch((error: unknown) => {
      log.error({ err: error, movement: id }, "The step after a confirmed movement failed, and will be tried again");
      return changing({ orderId }, (change) => confirmed(change, movement, after, { giveLater: true }));
    });
    if (kind === "TAKEN" && attempted.toIssue) atCrashPoint("fulfil:after-commit");
    return attempted;
  }

  /** A confirmation holds also in a process that has lost its lease meanwhile. */
  async function confirmed(
    change: OrderChange,
    movement: SendableMovement,
    after: Look,
    options?: { giveLater: boolean },
  ): Promise<Attempted> {
    const { id } = movement;
    const current = change.order.movements.find((each) => each.id === id);
    if (current?.state === "CONFIRMED") return { outcome: "confirmed" };
    change.bumpLedgerVersion();
    if (current?.state === "REFUSED") {
      const message = "the ledger confirmed the movement after the evidence had said that it did not happen";
      return { outcome: await conclude.needsAttention(change, id, message) };
    }
    const [before, effect] = [readingBefore(movement), changeOf(movement)];
    const isToWatch = changeBetween(before, after) === 0;
    const toIssue = await conclude.confirmed(change, id, { ...options, isToWatch });
    if (tookEffectTwice(before, effect, after)) {
      const verb = movement.kind === "TAKEN" ? "took" : "returned";
      await conclude.contradicted(change, id, `the ledger ${verb} the points twice, by its balance before and after`);
    }
    return { outcome: "confirmed", toIssue };
  }
}

interface Turn {
  movement: SendableMovement;
  orderNumber: string;
  /** The customer's token that is kept with the order, encrypted, where it was read with the mark. */
  clientToken?: Uint8Array | null;
  /** An earlier call of this movement may have reached the ledger. */
  wasInDoubt: boolean;
  markedAt: number;
}

/** How a movement stands that needs no sending any more; null when it does. */
function sentOf({ state }: Pick<Movement, "state">): Sent | null {
  if (state === "CONFIRMED") return "confirmed";
  if (state === "REFUSED") return "refused";
  return state === "NEEDS_ATTENTION" ? "needs-attention" : null;
}
