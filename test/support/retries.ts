import { type RetryPolicies, retryPolicies } from "../../src/ledger/retry-policies.ts";

type Change = { firstPauseMs: number; tries?: number };

/** The product's retry policies, with short pauses between the attempts of movements, and with these changes. */
export function retriesOfTests({ issue, credit }: { issue?: Change; credit?: Change } = {}): RetryPolicies {
  const { deduction, repetition, return: returned, unknownIssue, revoke, revokedPoints } = retryPolicies;
  const soon = { firstPauseMs: 5 };
  return {
    ...retryPolicies,
    deduction: { ...deduction, ...soon },
    repetition: { ...repetition, ...soon },
    return: { ...returned, ...soon },
    issue: { ...retryPolicies.issue, ...issue },
    unknownIssue: { ...unknownIssue, ...(issue && { firstPauseMs: issue.firstPauseMs }) },
    revoke: { ...revoke, ...issue },
    revokedPoints: { ...revokedPoints, ...(issue && { firstPauseMs: issue.firstPauseMs }) },
    credit: { ...retryPolicies.credit, ...credit },
  };
}
