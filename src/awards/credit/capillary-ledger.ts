import { type Failed, outcomeOf } from "../../ledger/attempt.ts";
import type { Capillary } from "../../upstream/capillary/capillary.ts";
import { CapillaryError, type CapillaryReason } from "../../upstream/capillary/capillary-error.ts";
import { reasonOf } from "../../upstream/capillary/codes.ts";
import type { AllocationOutcome } from "../../upstream/capillary/wire/points.ts";
import type { Credit, CreditLedger, CreditOutcome } from "./credit-ledger.ts";

const MAX_PER_CALL = 10;
/**
 * A write waits for a free slot and then for its answer, each three times as long as a read, and is retried for a
 * locked customer.
 */
const LEASE_PER_TIMEOUT = 15;

/** Capillary's wallets: up to ten customers in a call. Each idempotency key is good for one effect and one try. */
export function makeCapillaryLedger(
  points: Pick<Capillary["points"], "allocate">,
  strategies: { awardStrategyId: string; expiryStrategyId: string },
  timeoutMs: number,
): CreditLedger {
  async function creditBatch(credits: readonly Credit[]): Promise<CreditOutcome[]> {
    const allocated = await outcomeOf(
      points.allocate(
        credits.map(({ reference, customerId, points: amount }) => ({
          customer: { identifierType: "externalId", identifierValue: customerId },
          amount,
          ...strategies,
          uniqueId: reference,
          reference,
        })),
      ),
    );
    if (allocated.is === "confirmed") return credits.map((credit, nth) => creditedBy(credit, allocated.answer[nth]));
    // The refusal of a batch does not identify the refused credit, so each is sent alone.
    if (allocated.is === "refused" && credits.length > 1) {
      return (await Promise.all(credits.map((credit) => creditBatch([credit])))).flat();
    }
    return credits.map((credit) => failedBy(credit, allocated));
  }

  return {
    name: "CAPILLARY",
    leaseMs: timeoutMs * LEASE_PER_TIMEOUT,
    credit(credits) {
      const answers = new Map<Credit, Promise<CreditOutcome>>();
      for (const together of inCalls(credits)) {
        const all = creditBatch(together);
        together.forEach((credit, nth) => {
          answers.set(
            credit,
            all.then((each) => each[nth] ?? missingCredit),
          );
        });
      }
      return credits.map((credit) => answers.get(credit) ?? Promise.resolve(missingCredit));
    },
  };
}

const missingCredit: CreditOutcome = { is: "unknown", failure: null, why: "the answer does not contain the credit" };

/**
 * Splits credits into calls without a customer twice, because an outcome identifies its credit only by the customer.
 */
function inCalls(credits: readonly Credit[]): Credit[][] {
  const calls: Credit[][] = [];
  for (const credit of credits) {
    const fits = (call: Credit[]) =>
      call.length < MAX_PER_CALL && call.every(({ customerId }) => customerId !== credit.customerId);
    const call = calls.find(fits);
    if (call) call.push(credit);
    else calls.push([credit]);
  }
  return calls;
}

function creditedBy(credit: Credit, allocation: AllocationOutcome | undefined): CreditOutcome {
  if (!allocation || allocation.outcome === "unknown") return missingCredit;
  if (allocation.outcome === "done") return { is: "confirmed", answer: undefined };
  const [code = null, ...more] = allocation.codes;
  const why = `capillary allocate: (${allocation.codes.join("/") || "no code"}) ${allocation.message}`.trim();
  return refusedFor(reasonOf("allocate", code, more), credit, { is: "refused", failure: null, why });
}

function failedBy(credit: Credit, failed: Failed): CreditOutcome {
  if (failed.is !== "refused") return failed;
  return refusedFor(failed.failure instanceof CapillaryError ? failed.failure.reason : "other", credit, failed);
}

function refusedFor(reason: CapillaryReason, { wasSent }: Credit, refused: Failed): CreditOutcome {
  if (reason === "locked" || reason === "try-later") return { ...refused, is: "not-sent" };
  // Capillary has no error number for a used key. A refusal without a known reason may mean that the points were
  // credited before.
  if (wasSent && (reason === "other" || reason === "duplicate-request" || reason === "changed-payload")) {
    return { ...refused, is: "unknown", isConclusive: true };
  }
  return refused;
}
