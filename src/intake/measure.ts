import type { MessageOutcome, Metrics } from "../observability/metrics.ts";
import type { ProcessMessage } from "./process-message.ts";

/** Wraps the processing of messages with metrics. */
export function measure(
  process: ProcessMessage["process"],
  metrics: Pick<Metrics, "rewardMessage">,
): ProcessMessage["process"] {
  return async (incoming) => {
    const startedAt = performance.now();
    const end = (outcome: MessageOutcome) =>
      metrics.rewardMessage({ source: incoming.source, outcome, seconds: (performance.now() - startedAt) / 1_000 });
    try {
      const processed = await process(incoming);
      end(!processed.accepted ? "refused" : processed.replayed ? "repeated" : "accepted");
      return processed;
    } catch (error) {
      end("failed");
      throw error;
    }
  };
}
