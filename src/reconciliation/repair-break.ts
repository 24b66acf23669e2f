import { randomUUID } from "node:crypto";
import type { ResolveAward } from "../awards/index.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { type Attempt, type Outcome, outcomeOf } from "../ledger/attempt.ts";
import { isLedgerFree, raiseLedgerVersions } from "../ledger/customer-ledger.sql.ts";
import {
  type FindIssued,
  find,
  insertReturns,
  type OrderChange,
  type OrderStore,
  type RecomputeAndRefund,
  type RecordMovementOutcome,
  type RecordRevokeOutcome,
  type ResolveOrder,
} from "../order/index.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, Prisma, type Tx } from "../platform/db.ts";
import type { BreakRepair } from "../platform/generated/prisma/enums.ts";
import type { Logger } from "../platform/logger.ts";
import type { Capillary } from "../upstream/capillary/capillary.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { repairReason } from "./break.ts";
import type { Break, ReconciliationStore } from "./reconciliation.store.ts";

export interface RepairRequest {
  breakId: string;
  /** Closes the break without a repair. */
  writeOff: boolean;
  note: string;
  operatorId: string;
}

/** Repairs a break, or writes it off. @returns the break after the change */
export type RepairBreak = (request: RepairRequest) => Promise<Break | Refused>;

export interface RepairBreakDeps {
  db: Db;
  store: ReconciliationStore;
  orders: OrderStore;
  client: ClientPoints;
  capillary: Capillary | undefined;
  findIssued: FindIssued | undefined;
  recordOutcome: RecordMovementOutcome;
  recordRevokeOutcome: RecordRevokeOutcome;
  recomputeAndRefund: RecomputeAndRefund;
  resolveOrder: ResolveOrder;
  resolveAward: ResolveAward;
  attempt: Attempt;
  /** The maximum duration of a call in ms. */
  timeoutMs: number;
  settleMs: number;
  clock: Clock;
  log: Logger;
}

/** The result of a repair. `untouched`: no call was made, and the break is unchanged. */
type Repaired = { is: "repaired" } | { is: "open" | "in-doubt" | "untouched"; why: string };
const repaired: Repaired = { is: "repaired" };
const stillOpen = (why: string): Repaired => ({ is: "open", why });

export function makeRepairBreak(deps: RepairBreakDeps): RepairBreak {
  const { db, store, orders, client, capillary, clock, log } = deps;

  const repairs: Record<
    Exclude<BreakRepair, "WRITE_OFF">,
    (found: Break, request: RepairRequest) => Promise<Repaired>
  > = {
    RETURN_POINTS: (found) => returnPoints(found, Number(found.points), repairReason(found.id)),

    async SEND_RETURN_AGAIN(found) {
      const movement = await db.pointsMovement.findUniqueOrThrow({ where: { id: found.movementId ?? "" } });
      // The reason is the original one, so that the provider recognises a repetition if the first call took effect.
      return returnPoints(found, Number(movement.points), movement.reasonText ?? "");
    },

    async CREDIT_AWARD(found) {
      const award = await db.rewardAward.findUniqueOrThrow({ where: { id: found.awardId ?? "" } });
      const isWhole = found.class === "AWARD_NOT_IN_LEDGER";
      const reference = isWhole ? (award.creditReference ?? "") : `${award.creditReference}/D1`;
      const points = isWhole ? Number(award.quantity) : Number(found.points);
      // A reference takes effect once, so the call can be repeated after a lost answer.
      const outcome = await outcomeOf(
        client.credit({ reference, customerId: award.customerId ?? "", points, at: award.createdAt }),
      );
      return outcome.is === "confirmed" ? repaired : stillOpen(outcome.why);
    },

    async RESOLVE_MOVEMENT(found, request) {
      const { orderId, movementId } = found;
      if (orderId === null || movementId === null) return stillOpen("the order is not known");
      const happened = (found.evidence as { happened?: boolean }).happened === true;
      await orders.changing(orderId, async (change) => {
        const movement = change.order.movements.find(({ id }) => id === movementId);
        if (movement?.state !== "REFUSED" || !happened) return;
        await deps.recordOutcome.needsAttention(
          change,
          movementId,
          "the provider's ledger shows that it was carried out",
        );
      });
      return resolved(orderId, { movementId }, happened, request);
    },

    async RESOLVE_ISSUE(found, request) {
      const { orderId, unitId } = found;
      if (orderId === null || unitId === null) return stillOpen("the unit is not known");
      const open = await db.discrepancy.findFirst({ where: { unitId, resolvedAt: null } });
      const { transaction } = (found.evidence as { theirs: { transaction: string } }).theirs;
      return resolved(orderId, { discrepancyId: open?.id ?? null, transactionId: transaction }, true, request);
    },

    async RESOLVE_AWARD({ awardId }, { note, operatorId }) {
      const award = await db.rewardAward.findUnique({ where: { id: awardId ?? "" } });
      // A refused award is sent again with its reference. The provider has carried it out already, so it confirms.
      const resolution = award?.state === "REFUSED" ? "TRY_AGAIN" : "HAPPENED";
      const answer = await deps.resolveAward({ awardId: awardId ?? "", resolution, note, operatorId });
      return answer || award?.state === "CREDITED"
        ? repaired
        : stillOpen("the award does not need a resolution any more");
    },

    REVOKE_ISSUAL: revokeIssual,

    async TAKE_BACK_UNIT({ orderId, unitId }) {
      if (orderId === null || unitId === null) return stillOpen("the unit is not known");
      await orders.changing(orderId, (change) => markReversed(change, unitId));
      await orders.changing(orderId, (change) => deps.recordRevokeOutcome.revoked(change, unitId, { seenBack: true }));
      return repaired;
    },

    async GIVE_CODE({ orderId, unitId, rewardId }) {
      const issued = await orders.changing(orderId ?? "", async ({ tx, now, order }) => {
        const count = await tx.$executeRaw`
          with code as (
            select id from voucher_codes where reward_id = ${rewardId}::uuid and state = 'AVAILABLE'
              and (valid_until is null or valid_until >= ${now}::date)
              and not exists (select from voucher_codes where unit_id = ${unitId}::uuid)
            order by valid_until nulls last, id limit 1 for update skip locked
          ), given as (
            update voucher_codes set state = 'ALLOCATED', unit_id = ${unitId}::uuid, customer_id = ${order.customerId},
              allocated_at = ${now}
            from code where voucher_codes.id = code.id returning reward_id
          )
          update rewards set stock = stock - 1, updated_at = ${now} from given where rewards.id = given.reward_id`;
        return count === 1;
      });
      return issued
        ? repaired
        : stillOpen("the pool has no code left: import codes, or take the line back with reverseOrder");
    },

    async VOID_CODE({ key }) {
      await db.voucherCode.updateMany({ where: { id: key, state: "ALLOCATED" }, data: { state: "VOID" } });
      return repaired;
    },

    async RECOUNT_STOCK({ rewardId }) {
      await inTransaction(db, async (tx) => {
        await tx.$queryRaw`select from rewards where id = ${rewardId}::uuid for no key update`;
        await tx.$executeRaw`
          update rewards set stock = (select count(*) from voucher_codes c where c.reward_id = rewards.id and c.state = 'AVAILABLE'),
            updated_at = ${clock.now()}
          where id = ${rewardId}::uuid`;
      });
      return repaired;
    },

    async SETTLE_ORDER({ orderId }) {
      await orders.changing(orderId ?? "", (change) =>
        deps.recomputeAndRefund(change, { reason: "FULFILMENT_FAILURE" }),
      );
      return repaired;
    },
  };

  async function resolved(
    orderId: string,
    which: { movementId?: string | null; discrepancyId?: string | null; transactionId?: string | null },
    happened: boolean,
    { note, operatorId }: RepairRequest,
  ): Promise<Repaired> {
    const answer = await deps.resolveOrder({
      orderId,
      movementId: null,
      discrepancyId: null,
      transactionId: null,
      ...which,
      outcome: happened ? "HAPPENED" : "DID_NOT_HAPPEN",
      note,
      operatorId,
      idempotencyKey: randomUUID(),
    });
    return isRefused(answer) ? stillOpen(answer.refusals.map(({ message }) => message).join(" ")) : repaired;
  }

  /** Sets the state that `takenBack` requires, and inserts the return of Capillary's points. */
  async function markReversed(change: OrderChange, unitId: string): Promise<void> {
    const { line, unit } = find(change, unitId);
    if (unit.issue.revokeState === "NEEDS_ATTENTION") return;
    const data = { revokeState: "NEEDS_ATTENTION", revokeReason: "FULFILMENT_FAILURE" } as const;
    await change.tx.unitIssue.update({ where: { unitId }, data });
    if (unit.issue.points === 0) return;
    await insertReturns(change, change.order, "FULFILMENT_FAILURE", [
      {
        ledger: "CAPILLARY",
        payWith: line.payWith,
        groupId: line.groupId,
        unitId,
        points: unit.issue.points,
        lineIds: [line.id],
        transactionNumber: unit.issue.transactionNumber,
      },
    ]);
  }

  async function returnPoints(found: Break, points: number, reason: string): Promise<Repaired> {
    const { orderNumber, customerId } = found;
    if (orderNumber === null || customerId === null) return stillOpen("the order is not known");
    return send(found, customerId, () => client.reverse({ orderNumber, customerId, points, reason }));
  }

  async function revokeIssual(found: Break, { note }: RepairRequest): Promise<Repaired> {
    const { customerId, key: transactionId } = found;
    if (!capillary || customerId === null) return stillOpen("Capillary is not configured");
    const revoke = {
      transactionId,
      customer: { externalId: customerId },
      by: "tessera",
      reason: note,
      at: clock.now(),
    };
    return send(found, null, () => capillary.issuing.revoke(revoke));
  }

  /**
   * Sends the call of a repair once: marked before, recorded afterwards.
   *
   * @param moves the customer whose points at the points provider the call moves, which requires that no other call for
   * the customer is in flight; null if it moves none
   */
  async function send(found: Break, moves: string | null, call: () => Promise<unknown>): Promise<Repaired> {
    const mark = await inTransaction(db, async (tx) => {
      if (moves !== null && !(await claimLedger(tx, moves))) return null;
      const marked = await tx.$executeRaw`
        update reconciliation_breaks set state = 'REPAIRING', sent_at = ${clock.now()}, attempts = attempts + 1,
          in_flight_until = now() + ${deps.timeoutMs + deps.settleMs} * interval '1 ms'
        where id = ${found.id}::uuid and ${isSendable}`;
      return marked === 1 ? { isRepetition: found.state === "REPAIRING", markedAt: performance.now() } : null;
    });
    if (!mark) {
      const isSent = found.state === "REPAIRING";
      const why = isSent
        ? "it was sent, and its answer was lost. A run over the period of the call determines its outcome"
        : "points of this customer are being moved. Try again in a minute";
      return { is: "untouched", why };
    }
    return deps.attempt(mark, {
      name: "repair",
      call: () => outcomeOf(call()),
      record: async (outcome: Outcome<unknown>): Promise<Repaired> => {
        if (moves !== null) await inTransaction(db, (tx) => raiseLedgerVersions(tx, [moves]));
        if (outcome.is === "confirmed") return repaired;
        return { is: outcome.is === "unknown" ? "in-doubt" : "open", why: outcome.why };
      },
    });
  }

  async function recordOutcome(
    found: Break,
    answer: Repaired,
    { note, operatorId, writeOff }: RepairRequest,
  ): Promise<void> {
    const now = clock.now();
    if (answer.is === "untouched") return;
    await inTransaction(db, async (tx) => {
      const closed = { resolvedAt: now, resolvedBy: operatorId, note, lastError: null, inFlightUntil: null };
      const data: Prisma.ReconciliationBreakUncheckedUpdateInput =
        answer.is === "repaired"
          ? { state: writeOff ? "WRITTEN_OFF" : "REPAIRED", ...closed }
          : answer.is === "open"
            ? { state: "OPEN", lastError: answer.why, inFlightUntil: null }
            : { lastError: answer.why }; // in flight until `in_flight_until`
      await tx.reconciliationBreak.update({ where: { id: found.id }, data });
      await auditRepair(tx, found, answer, { note, operatorId, writeOff }, now);
    });
    if (answer.is !== "repaired") log.warn({ break: found.id, reason: answer.why }, "A break was not repaired");
  }

  return async (request) => {
    const found = await store.breakById(request.breakId);
    if (!found) return refused(refusal("BREAK_NOT_FOUND", "Break not found.", ["input", "breakId"]));
    if (found.state !== "OPEN" && found.state !== "REPAIRING") return found; // a repetition
    if (request.writeOff || found.repair === "WRITE_OFF") {
      if (!request.writeOff) {
        const message = "This break needs no call. Check its evidence, and write it off.";
        return refused(refusal("BREAK_NOT_REPAIRABLE", message, ["input", "action"]));
      }
      if (found.inFlightUntil && found.inFlightUntil > clock.now()) return notRepaired("a repair is in flight");
      await recordOutcome(found, repaired, request);
    } else {
      const answer = await repairs[found.repair](found, request);
      await recordOutcome(found, answer, request);
      if (answer.is !== "repaired") return notRepaired(answer.why);
    }
    return (await store.breakById(found.id)) as Break;
  };
}

/** Locks the customer and outdates earlier balance readings. @returns whether no call for the customer is in flight */
async function claimLedger(tx: Tx, customerId: string): Promise<boolean> {
  await raiseLedgerVersions(tx, [customerId]);
  const [row] = await tx.$queryRaw<
    { isFree: boolean }[]
  >`select ${isLedgerFree(Prisma.sql`${customerId}`)} as "isFree"`;
  return row?.isFree === true;
}

/** A return with unknown outcome waits for the next statement; a revoke may be repeated. */
const isSendable = Prisma.sql`(state = 'OPEN'
  or state = 'REPAIRING' and repair = 'REVOKE_ISSUAL' and (in_flight_until is null or in_flight_until < now()))`;

const notRepaired = (why: string) =>
  refused(refusal("BREAK_NOT_REPAIRED", `The break was not repaired: ${why}.`, ["input", "breakId"]));

function auditRepair(
  tx: Tx,
  found: Break,
  answer: Repaired,
  { note, operatorId, writeOff }: Omit<RepairRequest, "breakId">,
  at: Date,
): Promise<void> {
  const details = {
    class: found.class,
    repair: found.repair,
    key: found.key,
    points: found.points === null ? null : Number(found.points),
    note,
    outcome: answer.is,
    ...(answer.is !== "repaired" && { why: answer.why }),
  };
  const action = writeOff ? "break.write-off" : "break.repair";
  return audit(tx, { at, actor: operatorId, action, subject: found.id, details });
}
