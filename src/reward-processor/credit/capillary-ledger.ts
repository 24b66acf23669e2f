import type { Capillary } from "../../upstream/capillary/capillary.ts";
import { CapillaryError, type CapillaryReason } from "../../upstream/capillary/capillary-error.ts";
import { reasonOf } from "../../upstream/capillary/codes.ts";
import type { AllocationOutcome } from "../../upstream/capillary/wire/points.ts";
import { hasOutcome, type UpstreamError } from "../../upstream/upstream-error.ts";
import type { Credit, CreditAnswer, CreditLedger } from "./credit-ledger.ts";

const MOST_A_CALL = 10;
/** A write waits for its turn and then for its answer, each three times as long as a read, and a locked customer is tried again. */
const LEASE_PER_TIMEOUT = 15;

/** Capillary's wallets: up to ten customers a call. Its keys are good for one effect, and for one try. */
export function makeCapillaryLedger(
  points: Pick<Capillary["points"], "allocate">,
  strategies: { awardStrategyId: string; expiryStrategyId: string },
  timeoutMs: number,
): CreditLedger {
  async function creditTogether(credits: readonly Credit[]): Promise<CreditAnswer[]> {
    try {
      const outcomes = await points.allocate(
        credits.map(({ reference, customerId, points: amount }) => ({
          customer: { identifierType: "externalId", identifierValue: customerId },
          amount,
          ...strategies,
          uniqueId: reference,
          reference,
        })),
      );
      return credits.map((credit, nth) => answerOf(credit, outcomes[nth]));
    } catch (error) {
      if (!hasOutcome(error, "refused", "transient", "unknown")) throw error;
      // All were refused at once: which of them is to blame is seen when each goes alone.
      if (error.outcome === "refused" && credits.length > 1) {
        return (await Promise.all(credits.map((credit) => creditTogether([credit])))).flat();
      }
      return credits.map((credit) => answerTo(credit, error));
    }
  }

  return {
    name: "CAPILLARY",
    leaseMs: timeoutMs * LEASE_PER_TIMEOUT,
    credit(credits) {
      const answers = new Map<Credit, Promise<CreditAnswer>>();
      for (const together of inCalls(credits)) {
        const all = creditTogether(together);
        together.forEach((credit, nth) => {
          answers.set(
            credit,
            all.then((each) => each[nth] ?? unsaid),
          );
        });
      }
      return credits.map((credit) => answers.get(credit) ?? Promise.resolve(unsaid));
    },
  };
}

const unsaid: CreditAnswer = { outcome: "unknown", why: "nothing was said of it" };

/** No customer twice in a call: an outcome that names its customer alone would speak of both. */
function inCalls(credits: readonly Credit[]): Credit[][] {
  const calls: Credit[][] = [];
  for (const credit of credits) {
    const fits = (call: Credit[]) =>
      call.length < MOST_A_CALL && call.every(({ customerId }) => customerId !== credit.customerId);
    const call = calls.find(fits);
    if (call) call.push(credit);
    else calls.push([credit]);
  }
  return calls;
}

function answerOf(credit: Credit, said: AllocationOutcome | undefined): CreditAnswer {
  if (!said || said.outcome === "unknown") return unsaid;
  if (said.outcome === "done") return { outcome: "credited" };
  const [code = null, ...more] = said.codes;
  const why = `capillary allocate: (${said.codes.join("/") || "no code"}) ${said.message}`.trim();
  return refusedFor(reasonOf("allocate", code, more), credit, why);
}

function answerTo(credit: Credit, error: UpstreamError): CreditAnswer {
  const why = error.message;
  if (error.outcome === "transient") return { outcome: "not-sent", why };
  if (error.outcome === "unknown") return { outcome: "unknown", why };
  return refusedFor(error instanceof CapillaryError ? error.reason : "other", credit, why);
}

function refusedFor(reason: CapillaryReason, { wasSent }: Credit, why: string): CreditAnswer {
  if (reason === "locked" || reason === "try-later") return { outcome: "not-sent", why };
  // That a key is used up has no number of its own. So a no without a known reason may mean: it was given before.
  if (wasSent && (reason === "other" || reason === "duplicate-request" || reason === "changed-payload")) {
    return { outcome: "unclear", why };
  }
  return { outcome: "refused", why };
}
