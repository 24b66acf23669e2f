import type { Metrics } from "../observability/metrics.ts";
import { UpstreamError } from "./upstream-error.ts";

/** Counts the outcome of an upstream call, after the body of the answer has been read. */
export async function countOutcome<T>(
  metrics: Pick<Metrics, "upstreamOutcome"> | undefined,
  call: { service: string; operation: string },
  work: () => Promise<T>,
): Promise<T> {
  if (!metrics) return work();
  const count = (outcome: "confirmed" | UpstreamError["outcome"]) =>
    metrics.upstreamOutcome({ service: call.service, operation: call.operation, outcome });
  try {
    const answer = await work();
    count("confirmed");
    return answer;
  } catch (error) {
    if (error instanceof UpstreamError) count(error.outcome);
    throw error;
  }
}
